/* SPDX-License-Identifier: BSD-3-Clause */
/* What the states of a crash point showed, and how many of them showed it. */
#ifndef POWERCUT_REPLAY_TALLY_H
#define POWERCUT_REPLAY_TALLY_H

#include <stdbool.h>

#include "replay/findings.h"

struct tally {
  struct tally_entry {
    char *seen;                 /* as outcome_describe says it */
    mpz_t states;
    enum violation kind;        /* what is wrong with it */
    char *detail, *state, *place;       /* ... likewise, of the first state that showed it */
  } *entries;                   /* sorted by what was seen */
  size_t count;
};

/* Count STATES more that showed OUTCOME.  Returns 0, or -1 with errno ENOMEM. */
extern int tally_add (struct tally *tally, const struct outcome *outcome, const mpz_t states);

/* Enter what is wrong with an outcome that was counted: FINDING is of one of its states.  The texts are copied.
 * Returns 0, or -1 with errno ENOMEM.
 */
extern int tally_blame (struct tally *tally, const struct finding *finding);

/* Put the digest of the tree that ENTRY saw into DIGEST; false if it saw none. */
extern bool tally_tree (const struct tally_entry *entry, char digest[TREE_DIGEST_LENGTH + 1]);
extern void tally_free (struct tally *tally);

#endif
