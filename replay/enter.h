/* SPDX-License-Identifier: BSD-3-Clause */
/* What the answer to a run means, and where it is entered: the results of the session. */
#ifndef POWERCUT_REPLAY_ENTER_H
#define POWERCUT_REPLAY_ENTER_H

#include "replay/answer.h"
#include "replay/level.h"

/* A run that a search asks for, and the worker that it was given to. */
struct search_job {
  struct worker *worker;
  struct search *search;
  struct task task;
  const struct crash_points *points;
  const struct crash_point *point;      /* one of these */
  struct point_result *found;   /* there; NULL where a recovery is interrupted */
  const struct level *level;    /* the recovery that is interrupted, or NULL */
  struct choice *choices;       /* the selection's, to free */
};

/* Judge REPLY to JOB, the worker's selection, and enter it into what the workers share.  What is wrong after an
 * interrupted recovery is tried again on a fresh boot first.  With DONE not NULL, all that is needed to interrupt this
 * recovery is put there, to free with recovery_done_free; the tape is taken from REPLY.  Returns 0, or -1 after a
 * message, or silently after a stop.
 */
extern int enter_reply (const struct search_job *job, struct reply *reply, struct recovery_done *done);

/* Give up JOB, the answer to which is unknown.  Returns 0. */
extern int leave_job (const struct search_job *job);

#endif
