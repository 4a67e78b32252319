/* SPDX-License-Identifier: BSD-3-Clause */
/* Which crash points of a log are visited: `--points`. */
#ifndef POWERCUT_REPLAY_CHOSEN_POINTS_H
#define POWERCUT_REPLAY_CHOSEN_POINTS_H

#include "replay/search/crash-points.h"

struct chosen_points {
  enum chosen_kind {
    CHOSEN_ALL,
    CHOSEN_EVERY,               /* the first, and each NUMBER-th after it */
    CHOSEN_NEAR_MARKS,          /* the last one before each public mark, and the first one after it */
    CHOSEN_SAMPLE,              /* NUMBER of them, at random by the seed OTHER */
    CHOSEN_RANGE,               /* those at the positions NUMBER to OTHER of the log */
  } kind;
  uint64_t number, other;
};

/* Read TEXT: `every:N`, `near-marks`, `sample:N:SEED` or `FROM-TO`; NULL: all.  Returns 0, or -1 after a message. */
extern int chosen_points_parse (const char *text, struct chosen_points *chosen);

/* Whether each of POINTS of LOG is chosen: as many as there are, to free.  NULL with errno ENOMEM. */
extern bool *chosen_points_find (const struct chosen_points *chosen, const struct write_log *log,
                                 const struct crash_points *points);

#endif
