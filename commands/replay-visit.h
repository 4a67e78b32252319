/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_COMMANDS_REPLAY_VISIT_H
#define POWERCUT_COMMANDS_REPLAY_VISIT_H

#include "commands/replay-options.h"
#include "replay/session.h"

/* Visit the states that OPTIONS ask for, all or one, as CONFIG says, and tell what was seen.  Returns the exit status.
 */
extern int visit_states (const struct replay_options *options, struct session_config *config);

#endif
