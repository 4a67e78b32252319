/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that have come so far: of millions, each is kept as a hash of 128 bits, which no two share. */
#ifndef POWERCUT_BATCH_CORPUS_NAME_SET_H
#define POWERCUT_BATCH_CORPUS_NAME_SET_H

#include <stddef.h>
#include <stdint.h>

/* Begins with zeros. */
struct name_set {
  struct name_hash {
    uint64_t low, high;         /* both 0: nothing is here */
  } *places;
  size_t size, count;           /* places, a power of two; those in use, at most half of them */
};

/* Add NAME.  Returns 1, 0 if it is there already, or -1 after a message. */
extern int name_set_add (struct name_set *set, const char *name);
extern void name_set_free (struct name_set *set);

#endif
