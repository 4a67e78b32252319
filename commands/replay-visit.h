/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_REPLAY_VISIT_H
#define POWERCUT_COMMANDS_REPLAY_VISIT_H

#include "commands/replay-options.h"
#include "replay/session.h"

/* Visit all states of the recordings of one update that the COUNT CONFIGS, 1 or more, are for, and report.  Returns the
 * exit status.
 */
extern int visit_all (const struct replay_options *options, struct session_config *configs, size_t count);

/* Visit the state that OPTIONS ask for, as CONFIG says, and tell what was seen.  Returns the exit status. */
extern int visit_state (const struct replay_options *options, const struct session_config *config);

#endif
