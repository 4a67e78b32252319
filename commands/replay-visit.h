/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_REPLAY_VISIT_H
#define POWERCUT_COMMANDS_REPLAY_VISIT_H

#include "commands/replay-plan.h"

/* Visit all states of the logs of PLAN, to which more may be added meanwhile, and report.  Returns the exit status. */
extern int visit_all (struct plan *plan);

/* Visit the state that OPTIONS ask for, as CONFIG says, and tell what was seen.  Returns the exit status. */
extern int visit_state (const struct replay_options *options, const struct session_config *config);

#endif
