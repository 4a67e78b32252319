/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run that located data stands for: its states are told apart by whether their files are as before the update,
 * as after it, or neither, and counted (replay/search/data-classes.h).
 */
#ifndef POWERCUT_REPLAY_EXPAND_H
#define POWERCUT_REPLAY_EXPAND_H

#include <gmp.h>

#include "checker/outcome.h"
#include "log/choice.h"
#include "replay/page-counts.h"

struct worker;

#define EXPANSION_PARTS_MAX 4   /* like the old tree, like the new one, like both, like neither */

struct expansion {
  mpz_t all;                    /* ways to choose what was not decided, but matters */
  struct seen_part {
    struct outcome outcome;     /* of the states of this part, or, where each has its own, of one of them */
    struct choice *choices;     /* what makes that one of the run's states, with all else there; to free */
    size_t choice_count;
    mpz_t ways;                 /* of `all` */
  } parts[EXPANSION_PARTS_MAX];
  size_t count;
  struct pages_seen pages;      /* what becomes of them if that was counted; without classes if not */
};

/* All states of a run saw OUTCOME, which is taken over. */
extern void expansion_begin_whole (struct expansion *expansion, struct outcome *outcome);
extern void expansion_free (struct expansion *expansion);

/* Learn what the old and the new files hold, if nobody has yet; the others wait.  WORKER's log is the session's.
 * Returns 0, or -1 after a message, or silently after a stop.
 */
extern int expand_prepare (struct worker *worker);

/* Tell apart the states of SELECTION, which has all that a run decided which located data and saw OUTCOME; that is
 * taken over if the answer is 1.  Returns 1 with *expansion, to free; 0 if that is more than can be counted, or not
 * known: the data have to be read; or -1 after a message, or silently after a stop.
 */
extern int expand_located (struct worker *worker, const struct selection *selection, struct outcome *outcome,
                           struct expansion *expansion);

#endif
