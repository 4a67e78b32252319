/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user may have meant by a word that is not known. */
#ifndef POWERCUT_COMMON_NEAREST_H
#define POWERCUT_COMMON_NEAREST_H

#include <stddef.h>

/* The one of WORDS, NULL at their end, that is nearest to the first LENGTH bytes of WORD: the fewest letters added,
 * left out, replaced or swapped with their neighbour.  NULL if each of them is farther than a third of the word's
 * letters; the first of several that are as near.
 */
extern const char *nearest_word (const char *word, size_t length, const char *const *words);

#endif
