/* SPDX-License-Identifier: BSD-3-Clause */
/* What replays found, added up: those of several recordings of one update make one report. */
#ifndef POWERCUT_REPLAY_REPORT_REPORT_H
#define POWERCUT_REPLAY_REPORT_REPORT_H

#include "replay/report/page-table.h"
#include "replay/results.h"

/* Of one recording, or of all of them.  Numbers of operations are those issued in the explored part of the log. */
struct totals {
  uint32_t writes, flushes, fua, trims, zeroes;
  uint32_t in_flight, in_flight_max;    /* operations issued while others were in flight; at once, in the whole log */
  uint32_t unordered;           /* pairs of overlapping writes in flight together */
  uint32_t left_out;            /* ... of which one order alone is visited */
  uint32_t uncompared;              /* writes of which not all such pairs are known */
  size_t crash_points, unfinished;      /* of them, those of which not all that was asked for is covered */
  size_t points_left_out;       /* ... which --points does not choose */
  uint32_t pending_max;         /* writes at one crash point */
  mpz_t states, covered;
  struct nested_result nested[NESTED_MAX];      /* as many as the power failed again */
  uint64_t runs, remembered, behaviours, audited, mismatches;
  double ended;                 /* when the last of them was (CLOCK_MONOTONIC) */
  double seconds;               /* in which one or several of them were replayed */
  double search_cpu_seconds, device_cpu_seconds;
  bool exhaustive;              /* every state of every crash point is covered */
  bool finished;                /* what was asked for is covered: those, or every prefix */
  bool failed;                  /* some replay was broken off */
  bool judged, judged_new;      /* some run was held against the old and new trees; some after `commit` */
  bool violated;                /* some finding was seen again on a fresh boot, or nobody could try */
  bool unchanged;               /* there was no update, and none was meant as far as can be told */
  bool atomic, durable;         /* by such findings */
  bool checked;                 /* no such finding is the checker's, or of a state in which it could not be asked */
};

/* The replay of one recording. */
struct report {
  const struct results *results;
  struct totals totals;
  struct page_table pages;      /* if the replay has pages */
};

/* Those of all recordings of an update. */
struct reports {
  struct report *list;          /* in the order of the recordings */
  size_t count;                 /* 1 or more */
  struct totals totals;         /* counts are sums, maxima the largest; what is said is true of all of them */
  struct page_table pages;      /* if the replays have pages */
  const char **leftovers;       /* paths that some recording left, each once; the texts are the results' */
  size_t leftover_count;
};

/* Add up the COUNT results, 1 or more, of recordings that agree (replay/schedule.h).  Returns 0, or -1 after a message.
 * Free with reports_free in any case.
 */
extern int reports_make (struct reports *reports, const struct results *const *results, size_t count);
extern void reports_free (struct reports *reports);

/* What the first replay was asked: what says how states are searched is the same for all. */
extern const struct session_config *reports_config (const struct reports *reports);

/* The kernel release of the guests. */
extern const char *reports_release (const struct reports *reports);

#endif
