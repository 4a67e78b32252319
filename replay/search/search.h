/* SPDX-License-Identifier: BSD-3-Clause */
/* The search over the crash states of one crash point.
 *
 * A run begins with all pending writes undecided, but for those that the search forces.  A write, or a piece of one if
 * writes may be torn, becomes decided when the run reads bytes that depend on it.  What a run does is a function of the
 * bytes that it reads, so it stands for all states that agree with its decisions.  Every decision has an alternative,
 * which is a subtree of its own: a later run forces all decisions up to there, turns the last of them, and goes on from
 * there.
 *
 * The runs are the leaves of a binary tree, and no state belongs to two of them: one decision above both tells them
 * apart.  When no alternative is left open, none is left out either: the sum of the states of all leaves is then the
 * number of legal states, whatever the runs read, and the search asserts it.
 *
 * Order matters only where a limit ends the search early.  It goes by what usually tells most: everything there;
 * nothing there; every decision but one for `there`, each in its turn, and every decision but one against it; all but
 * two; then at random.  Tasks are given out in batches, and the next batch depends on what all tasks of the one before
 * found, not on when: the states that a limited search covers are the same however many workers share it.
 *
 * A search may be divided among several that know nothing of one another.  Each makes the same first runs, until there
 * are enough open alternatives; these are dealt out in the order of the tree.  The states of the first runs are those
 * of the first part.  What recovery reads first is the same for all of them, or there would be no search at all; so the
 * parts have no state in common, and all states together.
 *
 * Nothing here locks: workers that share a search do.
 */
#ifndef POWERCUT_REPLAY_SEARCH_SEARCH_H
#define POWERCUT_REPLAY_SEARCH_SEARCH_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/choice.h"

struct search_config {
  const struct write_log *log;
  uint32_t point;               /* position of the crash point */
  const uint32_t *pending;      /* numbers of the pending writes, ascending; the search has its own copy */
  uint32_t pending_count;
  struct tear tear;
  uint64_t limit;               /* most runs; 0 is no limit */
  double seconds;               /* no run is begun later than this after the first; 0 is no limit */
  uint64_t seed;                /* of what is random */
  bool reduce;                  /* false: decide everything beforehand, one run for each state */
  bool prefix_only;             /* one run: every write is there */

  /* The search is divided among so many, of which it does part PART (from 0); 0 or 1: it is whole. */
  unsigned parts, part;

  /* What was decided before the search, which is about the states that agree with it: as a run decides it, in its
   * order.  Without `reduce` it decides all of the first SETTLED pending writes, and nothing of the others.
   */
  const struct choice *given;
  size_t given_count;
  uint32_t settled;
};

struct search;

/* CONFIG is copied; but for the pending writes, what it points to must outlive the search.  NULL with errno ENOMEM. */
extern struct search *search_new (const struct search_config *config);
extern void search_free (struct search *search);

/* A run to be made. */
struct task {
  struct node *node;            /* the search's own */
  enum preference preference;
  uint64_t seed;
};

enum search_step {
  SEARCH_TASK,                  /* there is one */
  SEARCH_WAIT,                  /* not before others are answered */
  SEARCH_DONE,                  /* every state is covered, or a limit is reached */
  SEARCH_FAILED,                /* errno is ENOMEM */
};

/* The next task into *task. */
extern enum search_step search_take (struct search *search, struct task *task);

/* The state that TASK asks for.  Its choices, to free, are the selection's own.  Returns 0, or -1 with errno ENOMEM. */
extern int search_selection (const struct search *search, const struct task *task, struct selection *selection,
                             struct choice **choices);

/* Enter that the run of TASK forced DECISIONS, in this order.  Puts how many states the run stands for into STATES, 0
 * if they are another part's, and the node of the run into *leaf.  Returns 0, or -1 with errno ENOMEM.
 */
extern int search_answer (struct search *search, const struct task *task, const struct choice *decisions, size_t count,
                          mpz_t states, const struct node **leaf);

/* Give TASK up: the states below its node are not covered. */
extern void search_leave (struct search *search, const struct task *task);

/* The number of states that are covered so far, and of all; those of the search's own part. */
extern void search_covered (const struct search *search, mpz_t covered);
extern void search_states (const struct search *search, mpz_t states);

/* How many tasks were given out, and how many alternatives wait for one. */
extern uint64_t search_given (const struct search *search);
extern uint64_t search_waiting (const struct search *search);

#endif
