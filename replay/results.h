/* SPDX-License-Identifier: BSD-3-Clause */
/* What a replay found: a session fills it, reports read it. */
#ifndef POWERCUT_REPLAY_RESULTS_H
#define POWERCUT_REPLAY_RESULTS_H

#include "replay/findings.h"
#include "replay/page-counts.h"
#include "replay/search/crash-points.h"
#include "replay/session-config.h"
#include "replay/tally.h"

/* What was found at a crash point. */
struct point_result {
  bool done;                    /* searched, perhaps up to a limit, or left out */
  uint64_t runs;                /* real ones */
  uint64_t remembered;          /* answers that needed none */
  double seconds;               /* of all workers, for these answers */
  unsigned parts;               /* into which it is divided, at least 1 */
  int part;                     /* the one that is searched, or -1: none is this session's */
  mpz_t states, covered;        /* of the part, once it is known which states those are */
  mpz_t own;                    /* states of the parts that came to their end */
  struct tally tally;
};

/* What became of recoveries that were interrupted themselves, at one depth: as often as the power fails again. */
struct nested_result {
  uint64_t recoveries;          /* interrupted: what one run did stands for all states that it does */
  uint64_t points;              /* crash points of them */
  uint64_t unfinished;          /* ... that were not covered */
  uint64_t untaped;             /* recoveries that wrote too much to be interrupted */
  uint64_t runs, remembered;
  mpz_t states, covered;        /* each with one that a recovery interrupted before may begin with */
};

struct results {
  const struct session_config *config;
  struct crash_points points;
  size_t left_out;              /* of them, which --points does not choose */
  struct point_result *found;   /* at each of them */
  struct oracle oracle;         /* what was observed, and left over */
  struct page_counts pages;     /* what became of them, if the replay has pages */
  struct findings findings;     /* sorted when the replay is over */
  double begun, seconds;        /* when (CLOCK_MONOTONIC), and for how long */
  double search_cpu_seconds;    /* processor time of this process */
  double device_cpu_seconds;    /* ... and of the servers of the guests' disks */
  char *release;                /* kernel of the guests, or NULL before the first of them */
  struct nested_result nested[NESTED_MAX];      /* the first config->nested of them */
  uint64_t runs, remembered;    /* without those of interrupted recoveries */
  uint64_t behaviours;          /* runs that read different bytes */
  uint64_t unknown;             /* answers that nobody could give, as there is no guest */
  uint64_t audited;             /* remembered answers held against a run */
  uint64_t mismatches;          /* runs that saw something else than was remembered */
  bool failed;                  /* something went wrong, and not all was searched */
};

extern void nested_result_begin (struct nested_result *nested);
extern void nested_result_free (struct nested_result *nested);

/* Begin with the crash points of CONFIG, which must outlive the results, and the number of states of each.  Returns 0,
 * or -1 after a message.  Free with results_free in any case.
 */
extern int results_begin (struct results *results, const struct session_config *config);

/* Whether all shards together cover each state that they were to cover, once, if time was not TIMED.  Returns 0, or -1
 * after a message.
 */
extern int results_check_joined (const struct results *results, bool timed);
extern void results_free (struct results *results);

#endif
