/* SPDX-License-Identifier: BSD-3-Clause */
/* Searches that are held to account: what a run sees, what was decided for it, and how many states it stands for. */
#ifndef POWERCUT_TESTS_UNIT_REPLAY_SEARCH_TRIAL_H
#define POWERCUT_TESTS_UNIT_REPLAY_SEARCH_TRIAL_H

#include "replay/search/read-sets.h"
#include "replay/search/search.h"
#include "tests/unit/replay/search/reader.h"
#include "tests/unit/replay/search/sightings.h"

#define WORKERS_MAX 8

/* A search with a reader for a guest, and what came of it. */
struct trial {
  struct search_config config;
  struct reader reader;
  bool fickle;                  /* the reader is another one each time */
  struct read_sets *read_sets;  /* NULL: every run is made */
  unsigned workers;
  struct dice dice;             /* says which worker is done next */
  struct search *search;
  struct crash_state *state, *other;
  struct sightings runs;
  uint64_t remembered;
  mpz_t states, covered;
};

/* One worker, no limits.  What is to be otherwise is set before the trial is explored.  To end with end_trial. */
extern struct trial begin_trial (const struct write_log *log, const struct crash_point *point, struct tear tear,
                                 struct reader reader);
extern void end_trial (struct trial *trial);

/* Make the run, or remember it, and answer. */
extern void answer_task (struct trial *trial, const struct task *task);

/* Make a search to its end, with workers that each have a task at a time. */
extern void explore (struct trial *trial);

/* The same, and it has covered all states. */
extern void explore_all (struct trial *trial);

#endif
