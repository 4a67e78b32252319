/* SPDX-License-Identifier: BSD-3-Clause */
/* The insides of a session, for the files that it is made of: those who work, and what they share.
 *
 * Workers, each with a guest of its own, take runs from the searches of the crash points, the earliest point first
 * (replay/points.h), answer them (replay/answer.h), and then confirm what was found (replay/confirm.h).  What a search
 * covers depends on its crash point alone, and what was found is sorted in the end: the findings are the same whatever
 * the number of workers.  Only how many answers were runs may differ, where two workers needed the same one at once.
 */
#ifndef POWERCUT_REPLAY_WORKER_H
#define POWERCUT_REPLAY_WORKER_H

#include <pthread.h>

#include "replay/contents.h"
#include "replay/estimate.h"
#include "replay/ledger.h"
#include "replay/located.h"
#include "replay/results.h"
#include "replay/search/read-sets.h"
#include "replay/search/search.h"
#include "replay/session.h"

struct session {
  const struct session_config *config;
  struct read_sets *read_sets;  /* locks for itself */
  struct worker *alone;         /* the worker that looks at single states, or NULL */
  bool locates;                 /* where the moment allows it, runs locate data */
  struct located_trees located; /* locks for itself */
  struct contents contents;     /* likewise */
  struct ledger_part *ledger;   /* what is kept of it in a file, or NULL */

  /* Shared by the workers, under the lock. */
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct results results;       /* its oracle locks for itself */
  struct search **searches;     /* of each crash point while it is being searched, else NULL */
  uint64_t *behaviours;         /* of every run, unsorted */
  size_t behaviour_count;
  size_t first_point;           /* all points before it are done */
  size_t points_done;
  size_t turn;                  /* with a time for all, the crash point that is next */
  double deadline;              /* of that time (CLOCK_MONOTONIC), or 0 */
  bool timed_out;               /* it is over */
  struct estimate estimate;
  unsigned workers_left;
  uint64_t violations;          /* answers that are one, so far */
  struct crew *crew;            /* who works for it, or NULL */
  bool searched;                /* all points are done: findings are being confirmed */
  size_t next_finding, findings_confirmed;
};

/* A worker with the run that it is at. */
struct worker {
  struct session *session;
  char *folder;
  struct runner *idle;          /* the guest of the session before, or NULL */
  struct runner *runner;        /* NULL until the first real run */
  const struct write_log *log;  /* that the selection is of: the session's, or an aftermath of it */
  struct crash_state *state;    /* of the log: what a run sees, seen without a guest */
  struct moment moment;         /* of the selection's crash point */
  struct selection selection;
};

/* Begin to work for SESSION.  The guest is IDLE, which is taken over, or with that NULL one whose files go into the
 * session's folder NAME; it starts with the first run.  Returns 0, or -1 after a message.  End in any case with
 * worker_end, which returns the guest for the next session, or NULL.
 */
extern int worker_begin (struct worker *worker, struct session *session, struct runner *idle, const char *name);
extern struct runner *worker_end (struct worker *worker);

/* Take part in SESSION until nothing is left to be done, with the guest RUNNER or, with that NULL, a new one.  Returns
 * the guest, or NULL if there is none, or none that is fit for another session.
 */
extern struct runner *session_work (struct session *session, struct runner *runner);

/* The session's worker that looks at single states, when no other is left; NULL after a message. */
extern struct worker *worker_alone (struct session *session);
extern void worker_alone_end (struct session *session);

/* Make a real run of SELECTION; what it observed is known to the oracle then.  Returns 0 and fills *outcome, to be
 * freed, and *report, whose lists are valid until the next run; or -1 after a message, or silently after a stop.
 */
extern int worker_run (struct worker *worker, const struct selection *selection, struct outcome *outcome,
                       struct device_report *report);

/* Let the next run boot a new guest. */
extern void worker_renew (struct worker *worker);

/* Make a real run of SELECTION that locates data.  The outcome's digest, if it is an OUTCOME_TREE, is that of a tree of
 * the session's `located`.  Otherwise as worker_run.
 */
extern int worker_run_located (struct worker *worker, const struct selection *selection, struct outcome *outcome,
                               struct device_report *report);

/* Whether a run of the worker's selection may locate data: the trees before and after the update say what is right. */
extern bool worker_locates (const struct worker *worker);

/* What OUTCOME means at MOMENT.  Returns 0 with *verdict, whose detail is to free; or -1 after a message, and nothing
 * is.
 */
extern int worker_judge (struct worker *worker, const struct outcome *outcome, const struct moment *moment,
                         struct verdict *verdict);

/* SELECTION's choices with COUNT DECISIONS after them, to free, or NULL after a message. */
extern struct choice *join_choices (const struct selection *selection, const struct choice *decisions, size_t count);

/* Count what contradicts the assumption that all rests on. */
extern void worker_note_mismatch (struct worker *worker);

#endif
