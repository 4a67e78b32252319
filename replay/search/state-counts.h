/* SPDX-License-Identifier: BSD-3-Clause */
/* How many states there are at each crash point of a log, for people: all digits of what fits a line, and of more the
 * first ones and the power of ten.
 *
 * The number of states is a product, so its logarithm is a sum.  One pass over the writes gives it at all crash points,
 * where exact numbers would take as many digits as there are pending writes, at each of them.
 */
#ifndef POWERCUT_REPLAY_SEARCH_STATE_COUNTS_H
#define POWERCUT_REPLAY_SEARCH_STATE_COUNTS_H

#include <gmp.h>

#include "replay/search/crash-points.h"

/* A logarithm to the base 2, in units of 2^-LOG_UNIT_BITS: what was added can be taken off again without a rest. */
__extension__ typedef __int128 fixed_log;
#define LOG_UNIT_BITS 56

struct state_counts {
  const struct write_log *log;
  const struct crash_points *points;
  struct tear tear;
  fixed_log *logs;              /* by point */
};

/* Of POINTS of LOG, both of which must outlive them.  Returns 0, or -1 with errno ENOMEM.  Free with
 * state_counts_free.
 */
extern int state_counts_build (struct state_counts *counts, const struct write_log *log,
                               const struct crash_points *points, const struct tear *tear);
extern void state_counts_free (struct state_counts *counts);

/* The binary digits of the number at point number NUMBER, or one more. */
extern uint64_t state_counts_bits (const struct state_counts *counts, size_t number);

/* A sum of such numbers. */
struct state_sum {
  mpz_t small;                  /* of those that fit a line */
  long double large;            /* of the others, times 2^-exponent; 0, or from 0.5 up to 1 */
  int64_t exponent;
};

extern void state_sum_begin (struct state_sum *sum);
extern void state_sum_end (struct state_sum *sum);

/* Add the number at point NUMBER to SUM; as text to free, or NULL with errno ENOMEM. */
extern char *state_counts_add (const struct state_counts *counts, size_t number, struct state_sum *sum);

/* SUM as text to free, or NULL with errno ENOMEM. */
extern char *state_sum_text (const struct state_sum *sum);

#endif
