/* SPDX-License-Identifier: BSD-3-Clause */
/* A replay: all crash points of a log, shared out among guests, and what was found. */
#ifndef POWERCUT_REPLAY_SESSION_H
#define POWERCUT_REPLAY_SESSION_H

#include <gmp.h>
#include <pthread.h>
#include <stdbool.h>

#include "checker/oracle.h"
#include "replay/findings.h"
#include "replay/guest-cache.h"
#include "replay/report/run-lines.h"
#include "replay/runner.h"
#include "replay/search/model.h"
#include "replay/tally.h"

struct point_result {
  bool done;                    /* searched, perhaps up to a limit */
  uint64_t runs;                /* real ones */
  uint64_t remembered;          /* answers that needed none */
  double seconds;               /* of all workers, for these answers */
  mpz_t states, covered;
  struct tally tally;
  struct search *search;        /* while it is being searched */
};

struct session_config {
  const struct write_log *log;
  struct runner_config runner;
  const char *folder;           /* private, for the guests' files */
  struct trees trees;           /* what is right */
  struct persistence *persistence;      /* or what is, if the log has a workload; else NULL */
  const struct pages *pages;    /* to tabulate, or NULL */
  unsigned jobs;
  struct tear tear;
  uint64_t limit;               /* most runs at one crash point, remembered ones too; 0 is no limit */
  uint64_t seconds;             /* no run at a crash point is begun later than this after its first; 0 is no limit */
  uint64_t seed;                /* of the order in which states are visited when there is a limit */
  uint64_t audit_percent;       /* of the remembered answers are held against a run */
  bool prefixes_only;
  bool no_reduction;            /* one run for each state */
  bool minimize;                /* find the smallest state of each finding */
  struct run_lines *lines;      /* is told every answer, or NULL */
  bool progress;                /* show how far it is on standard error */
  struct kept *kept;            /* where the only guest comes from and goes to, or NULL; then this thread does the work of all */
};

struct session {
  const struct session_config *config;
  struct crash_points points;
  struct point_result *results; /* one for each point */
  struct oracle oracle;
  struct findings findings;     /* sorted when session_run has returned */
  double seconds;
  double search_cpu_seconds;    /* processor time of this process */
  double device_cpu_seconds;    /* ... and of the servers of the guests' disks */
  char *release;                /* kernel of the guests */
  uint64_t runs, remembered;
  uint64_t audited, mismatches; /* remembered answers held against a run, and how many runs saw something else than was remembered */
  uint64_t *behaviours;         /* of every run, unsorted */
  size_t behaviour_count, behaviour_room;

  /* Shared by the workers, under the lock, as is all that is above. */
  struct read_sets *read_sets;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  size_t first_point;           /* all points before it are done */
  size_t points_done;
  unsigned workers_left;
  uint64_t violations;          /* answers that are one, so far */
  bool failed;                  /* a worker could not go on */
  bool searched;                /* all points are done: findings are being confirmed */
  size_t next_finding, findings_confirmed;
};

/* Search all crash points, and let a freshly booted guest confirm what was found.  Returns 0 when every point was searched, perhaps
 * up to a limit; -1 after a message, or after a stop.  The session holds what was found in either case; free it with
 * session_free.
 */
extern int session_run (struct session *session, const struct session_config *config);
extern void session_free (struct session *session);

/* What a run of one state showed. */
struct seen_state {
  const char *kind;             /* of violation; NULL: nothing is wrong */
  char *detail, *release;       /* of the violation, and of the guest's kernel; to free */
  char *tree;                   /* what was observed, to free, or NULL */
};

/* Make one run of one state.  Returns 0, or -1 after a message; *seen is to be freed with seen_state_free in any case. */
extern int session_see_state (const struct session_config *config, uint32_t position, const struct choice *choices,
                              size_t count, struct seen_state *seen);
extern void seen_state_free (struct seen_state *seen);

/* Make one run of one state and describe it on standard output; with config->minimize, and if it is a violation, also the
 * smallest state that fails so.  Returns 1 if it is a violation, 0 if not, -1 after a message. */
extern int session_show_state (const struct session_config *config, uint32_t position, const struct choice *choices,
                               size_t count);

#endif
