/* SPDX-License-Identifier: BSD-3-Clause */
/* What a replay is to do. */
#ifndef POWERCUT_REPLAY_SESSION_CONFIG_H
#define POWERCUT_REPLAY_SESSION_CONFIG_H

#include <gmp.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "checker/oracle.h"
#include "log/choice.h"
#include "replay/chosen-points.h"
#include "replay/guest-cache.h"
#include "replay/runner.h"
#include "replay/shares.h"

/* The end of the message that a checker is refused that writes into what it looks at. */
#define CHECKER_REFUSED "--nested interrupts recovery alone, and takes no such checker"

struct ledger;

/* Time for several sessions, one after the other: each has its share of what those before it left. */
struct time_budget {
  double seconds;               /* for all of them */
  double deadline;              /* (CLOCK_MONOTONIC), or 0: none has begun */
  unsigned sessions;            /* that have not begun */
};

#define NESTED_MAX 2            /* the power fails again so often, at most */

/* The first violation that was told while the recordings went on. */
struct live_first {
  bool told;                    /* there is one */
  const char *log;              /* path of the recording */
  double seconds;               /* after its beginning, when it was told ... */
  double since_seconds;         /* ... and when power could first fail so */
};

/* An answer, as it is told to who listens; all is valid until the listener returns. */
struct told_answer {
  const struct write_log *log;
  const struct runner_config *runner;
  const char *state;            /* id */
  uint32_t point;               /* position of the crash point */
  const char *after;            /* the last mark before it */
  const struct outcome *outcome;
  enum violation kind;          /* what is wrong with it */
  const char *detail;           /* ... and how */
  bool remembered;              /* no run was made for it */
  mpz_srcptr states;            /* how many it stands for */
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
  struct time_budget *budget;   /* the time for all crash points, of this session and others, or NULL */
  struct chosen_points chosen;  /* crash points that are visited */
  struct share share;           /* of them, and of their states, those that this session covers */
  bool joined;                  /* what all shards cover, each as it does alone, and from memory: there is no guest */
  uint64_t seed;                /* of the order in which states are visited when there is a limit */
  unsigned nested;              /* how often the power fails again, during recovery */
  uint64_t nested_limit;        /* most runs at one crash point of a recovery; 0 is no limit */
  uint64_t audit_percent;       /* of the remembered answers are held against a run */
  bool prefixes_only;
  bool no_reduction;            /* one run for each state */
  bool minimize;                /* find the smallest state of each finding */
  atomic_bool *violated;        /* set once a violation is seen: then this session, and others that have the same flag,
                                   look at no further states; or NULL */
  const char *recovered;        /* the id of the state that the interrupted recovery was of that the log goes on with
                                   (log/aftermath.h), or NULL */
  uint32_t recovery_from;       /* where in it that begins; the smallest state has what was before as it was */
  const char *schedule;         /* what the recording is called (replay/schedule.h) among those that are replayed
                                   together; NULL: it is the only one */
  bool growing;                 /* the log is the beginning of one that is being recorded, or was not to its end: what
                                   is still to come decides nothing, and what depends on it is not judged */
  uint32_t visit_from;          /* crash points at positions before this are left out */
  bool by_header;               /* the ledger knows the log by its header: it has grown, or will, since it was asked */
  const struct live_first *live;        /* what a replay told while the recordings went on, or NULL: there was none */
  bool progress;                /* show how far it is on standard error */
  struct ledger *ledger;        /* a file that remembers what runs saw, or NULL */
  struct kept *kept;            /* where the only guest comes from and goes to: one thread does all; or NULL */

  /* Is told every answer, one of this session at a time and by any thread, unless NULL.  Returns 0, or -1 after a
   * message, which ends the replay.
   */
  int (*listen) (void *listener, const struct told_answer *answer);
  void *listener;
};

#endif
