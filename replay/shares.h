/* SPDX-License-Identifier: BSD-3-Clause */
/* How the crash points of a log are shared out among replays that know nothing of one another (`--shard`).
 *
 * With many crash points for each shard, a shard has whole ones.  With few, each is divided into parts
 * (replay/search/search.h) for several shards, all of them at most.
 */
#ifndef POWERCUT_REPLAY_SHARES_H
#define POWERCUT_REPLAY_SHARES_H

#include <stddef.h>

#define SHARDS_MAX 4096

struct share {
  unsigned number, count;       /* shard NUMBER, from 1, of COUNT; COUNT 0: all is one */
};

/* Read `I/N`; NULL: all is one.  Returns 0, or -1 after a message. */
extern int share_parse (const char *text, struct share *share);

/* Into how many parts each of POINTS crash points is divided, 1 or more. */
extern unsigned share_parts (const struct share *share, size_t points);

/* Which of PARTS of crash point NUMBER, from 0, is SHARE's; -1: none. */
extern int share_part (const struct share *share, size_t number, unsigned parts);

#endif
