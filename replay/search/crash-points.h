/* SPDX-License-Identifier: BSD-3-Clause */
/* The crash points of a log that are worth visiting (replay/search/model.h).
 *
 * What is pending at a point is made when it is visited.  In all this takes memory for each write, flush and crash
 * point, and time about their number.
 */
#ifndef POWERCUT_REPLAY_SEARCH_CRASH_POINTS_H
#define POWERCUT_REPLAY_SEARCH_CRASH_POINTS_H

#include <stddef.h>

#include "replay/search/model.h"
#include "replay/search/moments.h"
#include "replay/search/pending.h"

struct crash_point {
  uint32_t position;
  uint32_t pending_count;       /* writes that are pending there */
  struct moment moment;
};

/* A set of positions; what is in it has a number, in order. */
struct position_set {
  uint64_t *bits;               /* a bit for each position */
  uint32_t *before;             /* by word of bits: how many there are in the words before it */
};

struct crash_points {
  struct crash_point *points;   /* by position */
  size_t count;
  uint32_t pending_max;
  struct pending_index pending;
  struct position_set positions;        /* of the points */
};

/* Which crash points are worth visiting. */
enum point_set {
  POINTS_PREFIXES = 1,          /* instead: the issue of every write, each mark that is one otherwise, and the end */
  POINTS_TOLD = 2,              /* a checker is told the public marks */
};

/* The crash points of WHICH, an `or` of enum point_set, that are worth visiting in LOG, which must outlive them.
 * Returns 0, or -1 with errno ENOMEM.  Free with crash_points_free.
 */
extern int model_crash_points (const struct write_log *log, unsigned which, struct crash_points *points);
extern void crash_points_free (struct crash_points *points);

/* The number of the first of POINTS at POSITION or after it; their count if there is none.  POSITION is one of the
 * log's, or LOG_NEVER.
 */
extern size_t crash_points_from (const struct crash_points *points, uint32_t position);

/* The writes that are pending at POINT, one of POINTS: point->pending_count numbers, ascending, to free; NULL with
 * errno ENOMEM.
 */
extern uint32_t *crash_point_pending (const struct crash_points *points, const struct crash_point *point);

#endif
