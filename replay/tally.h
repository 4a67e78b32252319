/* SPDX-License-Identifier: BSD-3-Clause */
/* What the states of a crash point showed, and how many of them showed it. */
#ifndef POWERCUT_TALLY_H
#define POWERCUT_TALLY_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>

#include "replay/runner.h"

struct tally {
  struct tally_entry {
    char *seen;                 /* `tree DIGEST`, or another outcome and its detail; behind it what the checker said, and a fault
                                   of the kernel */
    mpz_t states;
  } *entries;                   /* sorted by what was seen */
  size_t count, room;
};

/* Count STATES more that showed OUTCOME.  Returns 0, or -1 with errno ENOMEM. */
extern int tally_add (struct tally *tally, const struct outcome *outcome, const mpz_t states);

/* Put the digest of the tree that ENTRY saw into DIGEST; false if it saw none. */
extern bool tally_tree (const struct tally_entry *entry, char digest[TREE_DIGEST_LENGTH + 1]);
extern void tally_free (struct tally *tally);

#endif
