/* SPDX-License-Identifier: BSD-3-Clause */
/* A state that was left when power failed again, `ID;ID`: the log that it is of is made first. */
#ifndef POWERCUT_COMMANDS_REPLAY_AGAIN_H
#define POWERCUT_COMMANDS_REPLAY_AGAIN_H

#include "commands/replay-options.h"
#include "log/reader.h"

/* Whether --state names such a state. */
extern bool state_is_again (const struct replay_options *options);

struct again {
  char *directory;              /* private, for its file */
  char *path;
  struct write_log *log;        /* what goes on after the first crash (log/aftermath.h) */
  uint32_t first;               /* the position from which on that is recovery */
  char *recovered;              /* the canonical id of the state that was recovered from */
  char *state;                  /* there: what is missing since the first crash, and since the second */
};

/* Let a guest recover from the first state that --state names in LOG, and make the log that goes on after that.
 * Returns 0, or -1 after a message.  End with again_end in any case.
 */
extern int again_begin (const struct replay_options *options, const struct write_log *log, struct again *again);
extern void again_end (struct again *again);

#endif
