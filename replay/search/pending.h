/* SPDX-License-Identifier: BSD-3-Clause */
/* Which writes are pending, at any position of a log: found without a look at most of those that are not.
 *
 * A write is pending from its issue to the position from which on it is durable (replay/search/model.h).  That position
 * is kept for each write, and above it the latest one of each 16 writes, of each 16 such groups, and so on: a group of
 * which the latest is durable has nothing pending.
 */
#ifndef POWERCUT_REPLAY_SEARCH_PENDING_H
#define POWERCUT_REPLAY_SEARCH_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "log/reader.h"

#define PENDING_GROUP_BITS 4    /* 2^4 writes, or groups, are a group */
#define PENDING_LEVELS (32 / PENDING_GROUP_BITS)

struct pending_index {
  const struct write_log *log;
  uint32_t *latest[PENDING_LEVELS];     /* at level 0 by write; NULL above the level that has one group */
};

/* Of LOG, which must outlive the index.  Returns 0, or -1 with errno ENOMEM.  Free with pending_index_free. */
extern int pending_index_build (struct pending_index *index, const struct write_log *log);
extern void pending_index_free (struct pending_index *index);

/* The position from which on each write is durable: see model_durable_from. */
static inline const uint32_t *
pending_index_durable (const struct pending_index *index)
{
  return index->latest[0];
}

/* Whether write number WRITE is pending at POSITION. */
extern bool pending_index_has (const struct pending_index *index, uint32_t write, uint32_t position);

/* Step through the writes that are pending at POSITION: the first of number WRITE or above, and *write is its number;
 * false if there is none.
 */
extern bool pending_index_next (const struct pending_index *index, uint32_t position, uint32_t *write);

/* All of them, ascending, in *pending, to free.  Returns their number, or -1 with errno ENOMEM. */
extern int64_t pending_index_list (const struct pending_index *index, uint32_t position, uint32_t **pending);

#endif
