/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "replay/search/big-number.h"
#include "replay/search/state-counts.h"

#define SMALL_BITS 101          /* more than BIG_NUMBER_DIGITS digits have: what is below is counted exactly */
#define SURE 1e-10L             /* 1.00e40 is not to become 9.99e39 */

static fixed_log
log_of (uint32_t number)
{
  return (fixed_log) (log2l (number) * (1LL << LOG_UNIT_BITS));
}

/* By how much write number WRITE multiplies the states while it is pending. */
static fixed_log
log_of_write (const struct state_counts *counts, uint32_t write)
{
  uint32_t pieces = tear_pieces (&counts->tear, &counts->log->writes[write]);

  return counts->tear.mode == TEAR_PREFIX ? log_of (pieces + 1) : (fixed_log) pieces << LOG_UNIT_BITS;
}

/* By how much it does from its issue on for ever: in so many more orders may writes lie. */
static fixed_log
log_of_orders (const struct write_log *log, uint32_t write)
{
  const struct order_place *place = log->writes[write].flags & LOG_UNORDERED ? log_order_place (&log->orders, write)
                                  : NULL;

  if (place == NULL || place->place == 0)
    return 0;
  const uint16_t *orders = &log->orders.groups[place->group].counts[place->place];
  return log_of (orders[0]) - log_of (orders[-1]);
}

int
state_counts_build (struct state_counts *counts, const struct write_log *log, const struct crash_points *points,
                    const struct tear *tear)
{
  const uint32_t *durable = pending_index_durable (&points->pending);
  fixed_log sum = 0;

  *counts = (struct state_counts) { log, points, *tear, calloc (points->count + 1, sizeof *counts->logs) };
  if (counts->logs == NULL)
    return -1;
  for (uint32_t write = 0; points->count > 0 && write < log->write_count; write++) {
    const fixed_log states = log_of_write (counts, write);

    counts->logs[crash_points_from (points, log->writes[write].issue)] += states + log_of_orders (log, write);
    counts->logs[crash_points_from (points, durable[write])] -= states;
  }
  for (size_t i = 0; i < points->count; i++)
    counts->logs[i] = sum += counts->logs[i];
  return 0;
}

void
state_counts_free (struct state_counts *counts)
{
  free (counts->logs);
  counts->logs = NULL;
}

uint64_t
state_counts_bits (const struct state_counts *counts, size_t number)
{
  return (uint64_t) (counts->logs[number] >> LOG_UNIT_BITS) + 2;
}

void
state_sum_begin (struct state_sum *sum)
{
  *sum = (struct state_sum) { .large = 0 };
  mpz_init (sum->small);
}

void
state_sum_end (struct state_sum *sum)
{
  mpz_clear (sum->small);
}

/* Add MANTISSA times 2^EXPONENT to what is large. */
static void
add_large (struct state_sum *sum, long double mantissa, int64_t exponent)
{
  const int64_t shift = sum->exponent - exponent;
  int more;

  if (shift > 0)
    mantissa = shift > 128 ? 0 : ldexpl (mantissa, -(int) shift);
  else {
    sum->large = shift < -128 ? 0 : ldexpl (sum->large, (int) shift);
    sum->exponent = exponent;
  }
  sum->large = frexpl (sum->large + mantissa, &more);
  sum->exponent += more;
}

/* MANTISSA times 2^EXPONENT, of more digits than fit a line, as 1.23e45. */
static char *
large_text (long double mantissa, int64_t exponent)
{
  const long double digits = (log2l (mantissa) + exponent) * log10l (2) + SURE, power = floorl (digits);
  const int first = (int) (100 * powl (10, digits - power));
  char *text;

  return asprintf (&text, "%d.%02de%.0Lf", first / 100, first % 100, power) == -1 ? NULL : text;
}

/* The exact number at point NUMBER, which is small. */
static char *
add_small (const struct state_counts *counts, size_t number, struct state_sum *sum)
{
  const struct crash_point *point = &counts->points->points[number];
  CLEANUP_FREE uint32_t *pending = crash_point_pending (counts->points, point);
  char *text = NULL;
  mpz_t states;

  mpz_init (states);
  if (pending && model_count_states (counts->log, point->position, pending, point->pending_count, &counts->tear, states)
      == 0)
    text = big_number_text (states, BIG_NUMBER_DIGITS);
  mpz_add (sum->small, sum->small, states);
  mpz_clear (states);
  return text;
}

char *
state_counts_add (const struct state_counts *counts, size_t number, struct state_sum *sum)
{
  const fixed_log log = counts->logs[number];
  const int64_t whole = (int64_t) (log >> LOG_UNIT_BITS);

  if (whole < SMALL_BITS)
    return add_small (counts, number, sum);
  const long double mantissa = exp2l (ldexpl ((long double) (log & ((1LL << LOG_UNIT_BITS) - 1)), -LOG_UNIT_BITS) - 1);
  add_large (sum, mantissa, whole + 1);
  return large_text (mantissa, whole + 1);
}

char *
state_sum_text (const struct state_sum *sum)
{
  struct state_sum all = { .large = sum->large, .exponent = sum->exponent };
  signed long exponent;
  const double small = mpz_get_d_2exp (&exponent, sum->small);

  if (sum->large == 0)
    return big_number_text (sum->small, BIG_NUMBER_DIGITS);
  add_large (&all, small, exponent);
  return large_text (all.large, all.exponent);
}
