/* SPDX-License-Identifier: BSD-3-Clause */
/* The search over the crash states of one crash point.
 *
 * A run begins with all pending writes undecided, but for those that the search forces.  A write becomes decided when the run
 * reads bytes that depend on it, and is there by default.  What a run does is a function of the bytes that it reads, so it stands for
 * all 2^undecided states that agree with its decisions.  The search then turns the last decision that it has not turned yet,
 * forces those before it, and runs again, until no decision is left to turn: depth first.
 *
 * The decided choices of all runs are the leaves of a binary tree, so no state belongs to two runs and none is left out: the
 * sum of 2^undecided over the runs is 2^pending, whatever the runs read.
 */
#ifndef POWERCUT_SEARCH_H
#define POWERCUT_SEARCH_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/crash-state.h"

struct search {
  const uint32_t *pending;      /* numbers of the pending writes */
  uint32_t pending_count;
  uint64_t limit;               /* most runs; 0 is no limit */
  bool reduce;                  /* false: decide every write beforehand, one run for each state */
  bool prefix_only;             /* one run: every write is there */

  /* One run with CHOICES for all pending writes (undecided ones become present).  Puts the decisions that its reads forced, in order, into *decisions, which stay
   * valid until the next run, and returns their number, or -1 to stop the search.
   */
  int64_t (*run) (void *opaque, const struct choice *choices, size_t count, const struct choice **decisions);
  /* What the run saw counts for STATES states: DECIDED are all choices that were forced or needed.  Returns 0, or -1 to stop. */
  int (*visit) (void *opaque, const struct choice *decided, size_t decided_count, const mpz_t states);
  void *opaque;

  /* Results. */
  uint64_t runs;
  mpz_t states;                 /* 2^pending */
  mpz_t covered;                /* states that the runs stand for */
};

extern void search_init (struct search *search);
extern void search_clear (struct search *search);

/* Search.  Returns 0 when finished (covered == states, unless prefix_only), 1 when the limit ended it, -1 when a callback did
 * or with errno ENOMEM.
 */
extern int search_states (struct search *search);

#endif
