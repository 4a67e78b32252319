/* SPDX-License-Identifier: BSD-3-Clause */
/* A recovery that is interrupted: what is known of it, and how states of its aftermath are called. */
#ifndef POWERCUT_REPLAY_LEVEL_H
#define POWERCUT_REPLAY_LEVEL_H

#include "log/tape.h"
#include "replay/search/crash-points.h"
#include "replay/session-config.h"

/* A recovery, and what is known of the states that it stands for. */
struct recovery_done {
  const struct write_log *log;
  const struct crash_points *points;
  const struct crash_point *point;      /* one of these, after which it was */
  struct choice *decided;       /* by its run, forced decisions included; to free */
  size_t decided_count;
  struct log_tape tape;         /* what it did; its bytes are to free */
  char *place;                  /* by which its run sorts among all others; to free */
  bool ended;                   /* it came to its end, and showed a tree */
  unsigned wrong;               /* a bit for each kind of violation that some of the states show already */
};

extern void recovery_done_free (struct recovery_done *done);

struct level {
  const struct level *before;   /* the recovery that was interrupted for this one to be made, or NULL */
  const struct recovery_done *done;
  const struct write_log *aftermath;    /* of it (log/aftermath.h) */
  uint32_t first;               /* position of the first event there that is recovery's */
  unsigned depth;               /* how many were interrupted before it */
};

/* The id of the state of LEVEL's aftermath that CHOICES make at POSITION, after those of the states that were before
 * it: `POINT:...;POINT:...`.  To free; NULL with errno ENOMEM.
 */
extern char *level_state_id (const struct level *level, uint32_t position, const struct choice *choices, size_t count);

/* What was last before a crash of LEVEL's aftermath, in words; likewise. */
extern char *level_after (const struct level *level);

/* The same of a state at POSITION of the log of CONFIG, which may be an aftermath itself. */
extern char *recovered_state_id (const struct session_config *config, uint32_t position, const struct choice *choices,
                                 size_t count);
extern char *recovered_state_after (const struct session_config *config, uint32_t position);

#endif
