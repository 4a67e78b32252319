/* SPDX-License-Identifier: BSD-3-Clause */
/* A visit of every legal state, which is laid out from the log's records and the words of the model alone: without
 * search, crash_state and model.
 */
#ifndef POWERCUT_TESTS_UNIT_REPLAY_SEARCH_BRUTE_FORCE_H
#define POWERCUT_TESTS_UNIT_REPLAY_SEARCH_BRUTE_FORCE_H

#include "log/reader.h"
#include "tests/unit/replay/search/reader.h"
#include "tests/unit/replay/search/sightings.h"

#define WRITES_MAX 512
#define PAIRS_MAX 12            /* of overlapping writes in flight together */

/* A write or flush as the log's records tell it. */
struct operation {
  unsigned device, first, count;        /* sectors */
  uint32_t issue, completion;   /* positions; LOG_NEVER if it failed or did not complete */
  uint32_t ended;               /* position of its completion, also as a failure, or LOG_NEVER */
  bool fua;
  unsigned kind;
  char letters[SECTORS];
};

struct history {
  struct operation writes[WRITES_MAX], flushes[WRITES_MAX];
  unsigned write_count, flush_count;
};

/* Pairs of overlapping writes in flight together that are issued at POINT. */
extern unsigned count_pairs (const struct history *history, uint32_t point);

extern void read_history (const struct write_log *log, struct history *history);

/* Visit every legal state of a crash at POINT: VISIT is given what is on the devices. */
extern void visit_images (const struct history *history, uint32_t point, const struct tear *tear,
                          void (*visit) (void *opaque, char letters[DEVICES][SECTORS]), void *opaque);

/* What READER sees in every legal state of a crash at POINT.  Free with sightings_free. */
extern struct sightings visit_states (const struct history *history, uint32_t point, const struct tear *tear,
                                  const struct reader *reader);

#endif
