/* SPDX-License-Identifier: BSD-3-Clause */
/* Logarithms that are added and taken off again are held against exact numbers. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "replay/search/big-number.h"
#include "replay/search/state-counts.h"
#include "tests/unit/make-log.h"

static const struct log_shape shapes[] = {
  { .devices = 1, .sectors = 12, .length = 3, .letters = 3, .writes = 20, .marks = true },
  { .devices = 2, .sectors = 64, .length = 9, .letters = 3, .writes = 300, .marks = true },
  { .devices = 3, .sectors = 64, .length = 60, .letters = 3, .writes = 200 },
};

static const struct tear tears[] = {
  { TEAR_NONE, 512 }, { TEAR_PREFIX, 512 }, { TEAR_PREFIX, 4096 }, { TEAR_ANY, 512 }, { TEAR_ANY, 2048 }
};
#define TEAR_COUNT (sizeof tears / sizeof tears[0])

/* At all points of LOG, and their sum.  Returns how many numbers do not fit a line. */
static unsigned
compare_counts (const struct write_log *log, const struct tear *tear)
{
  struct crash_points points;
  struct state_counts counts;
  struct state_sum sum;
  unsigned large = 0;
  mpz_t states, all;

  mpz_inits (states, all, NULL);
  state_sum_begin (&sum);
  ck_assert_int_eq (model_crash_points (log, 0, &points), 0);
  ck_assert_int_eq (state_counts_build (&counts, log, &points, tear), 0);
  for (size_t i = 0; i < points.count; i++) {
    const struct crash_point *point = &points.points[i];
    CLEANUP_FREE uint32_t *pending = crash_point_pending (&points, point);
    CLEANUP_FREE char *text = state_counts_add (&counts, i, &sum);

    ck_assert_int_eq (model_count_states (log, point->position, pending, point->pending_count, tear, states), 0);
    mpz_add (all, all, states);
    CLEANUP_FREE char *expected = big_number_text (states, BIG_NUMBER_DIGITS);
    ck_assert_str_eq (text, expected);
    large += strchr (text, 'e') != NULL;
    ck_assert_uint_ge (state_counts_bits (&counts, i), mpz_sizeinbase (states, 2));
    ck_assert_uint_le (state_counts_bits (&counts, i), mpz_sizeinbase (states, 2) + 1);
  }
  CLEANUP_FREE char *text = state_sum_text (&sum), *expected = big_number_text (all, BIG_NUMBER_DIGITS);
  ck_assert_str_eq (text, expected);
  state_counts_free (&counts);
  crash_points_free (&points);
  state_sum_end (&sum);
  mpz_clears (states, all, NULL);
  return large;
}

START_TEST (numbers_are_those_of_exact_ones)
{
  struct random_logs logs = RANDOM_LOGS (21, shapes);
  unsigned large = 0;

  while (next_random_log (&logs, 60))
    for (size_t i = 0; i < TEAR_COUNT; i++)
      large += compare_counts (logs.log, &tears[i]);
  ck_assert (large > unit_rounds (60) || unit_rounds (60) < 60);
}
END_TEST

/* 9 units in order have 10 leading parts: the number is a power of ten, whose digits are those of nothing less. */
START_TEST (powers_of_ten_are_no_nines)
{
  struct log_maker *maker = make_log (1, 9);

  for (unsigned i = 0; i < 60; i++)
    add_completion (maker, add_zero (maker, 0, 0, 9, 0), 0);
  struct write_log *log = finish_log (maker);
  ck_assert_uint_eq (compare_counts (log, &(struct tear) { TEAR_PREFIX, 512 }), 1);
  write_log_close (log);
}
END_TEST

START_TEST (large_numbers_are_written_by_their_first_digits)
{
  mpz_t number;

  mpz_init (number);
  for (unsigned digits = 995; digits < 1200; digits++) {
    mpz_ui_pow_ui (number, 10, digits - 1);
    mpz_mul_ui (number, number, 9);
    CLEANUP_FREE char *text = big_number_for_programs (number), *line = big_number_text (number, BIG_NUMBER_DIGITS);
    CLEANUP_FREE char *whole = mpz_get_str (NULL, 10, number);
    char expected[40];

    ck_assert_uint_eq (strlen (whole), digits);
    snprintf (expected, sizeof expected, "9.0000000000000000000e%u", digits - 1);
    ck_assert_str_eq (text, digits > BIG_NUMBER_EXACT_DIGITS ? expected : whole);
    snprintf (expected, sizeof expected, "9.00e%u", digits - 1);
    ck_assert_str_eq (line, expected);
  }
  mpz_ui_pow_ui (number, 2, 5000);
  CLEANUP_FREE char *power = big_number_for_programs (number);
  ck_assert_str_eq (power, "1.4124670321394260368e1505");
  mpz_clear (number);
}
END_TEST

UNIT_TEST_MAIN ("state-counts", numbers_are_those_of_exact_ones, powers_of_ten_are_no_nines,
                large_numbers_are_written_by_their_first_digits)
