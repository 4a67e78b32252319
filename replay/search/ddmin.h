/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest part of a set that still fails (delta debugging; Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input").
 */
#ifndef POWERCUT_REPLAY_SEARCH_DDMIN_H
#define POWERCUT_REPLAY_SEARCH_DDMIN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the set that has element I where PICKED[I] is true fails: 1, 0, or -1 after a message. */
typedef int minimize_test (void *opaque, const bool *picked);

/* Reduce PICKED, of COUNT elements, which fails, to a part of it that still fails and from which no element can be
 * taken.  While there are not too many to try, all sets of one, two and three elements are tried too: a result of up to
 * four elements is then as small as can be.  Returns 0, or -1 when the test did.
 */
extern int minimize (bool *picked, size_t count, minimize_test *test, void *opaque);

#endif
