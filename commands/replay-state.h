/* SPDX-License-Identifier: BSD-3-Clause */
/* One crash state of a log, and what can be done with it without a guest. */
#ifndef POWERCUT_COMMANDS_REPLAY_STATE_H
#define POWERCUT_COMMANDS_REPLAY_STATE_H

#include "commands/replay-options.h"

/* The state that --state names, whatever its spelling: what is missing in it, as choices_absent gives it; without
 * --state, the one in which everything is there.  *choices is NULL before, and the caller's to free in any case.
 */
extern int named_state (const struct replay_options *options, const struct write_log *log, uint32_t *position,
                        struct choice **choices, size_t *count);

/* Write the state as the image of --export.  Returns the exit status. */
extern int state_export (const struct replay_options *options, const struct write_log *log);

/* Become nbdkit: the state is served on the socket of --serve until it is killed.  Returns the exit status if that
 * fails.
 */
extern int state_serve (const struct replay_options *options, const struct write_log *log);

#endif
