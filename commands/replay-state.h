/* SPDX-License-Identifier: BSD-3-Clause */
/* One crash state of a log, and what can be done with it without a guest. */
#ifndef POWERCUT_COMMANDS_REPLAY_STATE_H
#define POWERCUT_COMMANDS_REPLAY_STATE_H

#include <stdbool.h>

#include "commands/replay-options.h"

/* A state as the command line names it. */
struct named_state {
  uint32_t position;
  struct choice *choices;       /* what is missing, as choices_unusual gives it */
  size_t count;
};

/* The state that --state names, whatever its spelling; without --state, the one in which everything is there.  Returns
 * 0, or -1 after a message.  To be freed with named_state_free in any case.
 */
extern int named_state_find (const struct replay_options *options, const struct write_log *log,
                             struct named_state *state);
extern void named_state_free (struct named_state *state);

#define CLEANUP_NAMED_STATE __attribute__ ((cleanup (named_state_free)))

/* Whether STATE, that of --state, is before the update of LOG: then a message says so. */
extern bool named_state_is_before_update (const struct replay_options *options, const struct write_log *log,
                                          const struct named_state *state);

/* Write the state as the image of --export.  Returns the exit status. */
extern int state_export (const struct replay_options *options, const struct write_log *log);

/* Become nbdkit: the state is served on the socket of --serve until it is killed.  Returns the exit status if that
 * fails.
 */
extern int state_serve (const struct replay_options *options, const struct write_log *log);

#endif
