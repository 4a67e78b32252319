/* SPDX-License-Identifier: BSD-3-Clause */
/* A replay: all crash points of a log, shared out among guests, and what was found. */
#ifndef POWERCUT_SESSION_H
#define POWERCUT_SESSION_H

#include <gmp.h>
#include <pthread.h>
#include <stdbool.h>

#include "replay/findings.h"
#include "replay/model.h"
#include "replay/observations.h"
#include "replay/runner.h"

struct point_result {
  bool done;                    /* searched, perhaps up to the limit */
  bool finished;                /* every state is covered */
  uint64_t runs;
  mpz_t states, covered;
  struct findings findings;
  bool atomic, durable;         /* over the runs so far */
};

struct session_config {
  const struct write_log *log;
  struct runner_config runner;
  const char *folder;           /* private, for the guests' files */
  const char *old_tree, *new_tree;      /* observations before and after; NULL: there is no oracle */
  unsigned jobs;
  uint64_t limit;               /* most runs at one crash point */
  bool prefixes_only;
  bool no_reduction;            /* one run for each state */
  bool progress;                /* draw a progress line on standard error */
};

struct session {
  const struct session_config *config;
  struct crash_points points;
  struct point_result *results; /* one for each point */
  double seconds;
  char *release;                /* kernel of the guests */

  /* Shared by the workers, under the lock. */
  pthread_mutex_t lock;
  pthread_cond_t changed;
  size_t next_point;
  size_t points_done;
  unsigned workers_left;
  uint64_t runs;
  uint64_t violations;          /* findings at all points so far */
  bool failed;                  /* a worker could not go on */
  struct observations observations;
  uint64_t *behaviours;         /* of every run, unsorted */
  size_t behaviour_count, behaviour_room;
  char **leftovers;             /* distinct paths, sorted; NULL at the end once session_run has returned */
  size_t leftover_count;
};

/* Search all crash points.  Returns 0 when every point was searched, perhaps up to its limit; -1 after a message, or after a stop.  The session holds what was found in either case; free
 * it with session_free.
 */
extern int session_run (struct session *session, const struct session_config *config);
extern void session_free (struct session *session);

/* Make one run of one state and describe it on standard output.  Returns 1 if it is a violation, 0 if not, -1 after a message. */
extern int session_show_state (const struct session_config *config, uint32_t position, const struct choice *choices,
                               size_t count, const char *id);

#endif
