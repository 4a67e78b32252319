/* SPDX-License-Identifier: BSD-3-Clause */
/* The insides of a search, for the files that it is made of. */
#ifndef POWERCUT_REPLAY_SEARCH_INSIDE_H
#define POWERCUT_REPLAY_SEARCH_INSIDE_H

#include "log/chosen-orders.h"
#include "replay/search/node.h"
#include "replay/search/search.h"

/* What the next batch is made of. */
enum stage {
  STAGE_ALL,
  STAGE_NONE,
  STAGE_DROPPED,                /* `discrepancies` decisions against all others, which are for `there` */
  STAGE_ALONE,                  /* the other way round */
  STAGE_RANDOM,
};

struct search {
  struct search_config config;
  uint32_t *pending;            /* the config's */
  struct node *root;
  enum stage stage;
  uint32_t discrepancies;
  struct task *batch;
  size_t batch_count, batch_next;
  uint64_t given, answered;     /* tasks in all */
  uint64_t random;              /* state of the generator */
  double deadline;              /* by the monotonic clock, in seconds; 0 while nothing was given out */
  bool ended;                   /* no more batches */
  bool divided;                 /* what is another part's is known, and no longer open */
  bool gave_up;                 /* there are tasks that were given up */
  mpz_t states, covered;
  mpz_t pieces;                 /* the states, were there one order in which writes can lie */
  struct chosen_orders orders;  /* as choose_orders leaves them */
  struct left {
    uint32_t low, high;
  } *left, *left_at_first;      /* TEAR_PREFIX: by place in pending, how many pieces are there at least and at most */
};

/* The place of WRITE among the pending writes.  Only they are ever undecided. */
extern size_t search_find_pending (const struct search *search, uint32_t write);

/* The number of the piece of a write that has its sector SECTOR. */
extern uint32_t search_piece_of (const struct search *search, uint32_t write, uint32_t sector);

/* Let the search's orders be as what is given says, and the decisions above LEAF.  Returns how many of these are about
 * them.
 */
extern uint32_t search_choose_orders (struct search *search, const struct node *leaf);

/* How many states agree with the decisions above LEAF. */
extern void search_count_agreeing (struct search *search, const struct node *leaf, mpz_t states);

/* Begin to count: what is given leaves so many states. */
extern void search_begin_count (struct search *search);

#endif
