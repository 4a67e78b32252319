/* SPDX-License-Identifier: BSD-3-Clause */
/* Reduction, held against brute force over all subsets. */
#include <config.h>

#include <string.h>

#include "log/state-id.h"
#include "replay/explain/minimal.h"
#include "replay/search/ddmin.h"
#include "tests/unit/make-log.h"

#define ELEMENTS 10

/* Which subsets of ELEMENTS elements fail. */
struct made_up {
  bool fails[1 << ELEMENTS];
  unsigned tests;
};

static unsigned
bits_of (const bool *picked)
{
  unsigned bits = 0;

  for (unsigned i = 0; i < ELEMENTS; i++)
    bits |= (unsigned) picked[i] << i;
  return bits;
}

static int
test_made_up (void *opaque, const bool *picked)
{
  struct made_up *made_up = opaque;

  made_up->tests++;
  return made_up->fails[bits_of (picked)];
}

/* The size of the smallest part of ALL that fails. */
static unsigned
least_size (const struct made_up *made_up, unsigned all)
{
  unsigned least = ELEMENTS + 1;

  for (unsigned set = 0; set < 1 << ELEMENTS; set++)
    if ((set & ~all) == 0 && made_up->fails[set] && (unsigned) __builtin_popcount (set) < least)
      least = (unsigned) __builtin_popcount (set);
  return least;
}

/* Reduce ALL and hold the result against what it has to be. */
static void
check_reduction (struct made_up *made_up, unsigned all)
{
  bool picked[ELEMENTS];
  unsigned found, least = least_size (made_up, all);

  for (unsigned i = 0; i < ELEMENTS; i++)
    picked[i] = all >> i & 1;
  ck_assert_int_eq (minimize (picked, ELEMENTS, test_made_up, made_up), 0);
  found = bits_of (picked);
  ck_assert_uint_eq (found & ~all, 0);
  ck_assert (made_up->fails[found]);
  for (unsigned i = 0; i < ELEMENTS; i++)
    if (found >> i & 1)
      ck_assert_msg (!made_up->fails[found & ~(1u << i)], "%#x is not 1-minimal: %u can be taken from it", found, i);
  if (__builtin_popcount (found) <= 4 || least <= 3)
    ck_assert_uint_eq ((unsigned) __builtin_popcount (found), least);
}

/* Sets that have some core in them fail: the usual thing. */
START_TEST (a_set_is_reduced_to_a_core)
{
  struct dice dice = { 1 };

  for (unsigned round = 0; round < 300; round++) {
    struct made_up made_up = { .tests = 0 };
    unsigned all = (1 << ELEMENTS) - 1, cores[3];

    for (unsigned i = 0; i < 3; i++)
      do
        cores[i] = roll (&dice, 1 << ELEMENTS);
      while (__builtin_popcount (cores[i]) > 5);
    for (unsigned set = 0; set < 1 << ELEMENTS; set++)
      for (unsigned i = 0; i < 3; i++)
        made_up.fails[set] |= (set & cores[i]) == cores[i];
    check_reduction (&made_up, all);
  }
}
END_TEST

/* Whether a set fails says nothing about its parts. */
START_TEST (without_any_order_too)
{
  struct dice dice = { 2 };

  for (unsigned round = 0; round < 600; round++) {
    struct made_up made_up = { .tests = 0 };
    unsigned all = roll (&dice, 1 << ELEMENTS);

    for (unsigned set = 0; set < 1 << ELEMENTS; set++)
      made_up.fails[set] = roll (&dice, round % 60 + 2) == 0;
    made_up.fails[all] = true;
    check_reduction (&made_up, all);
  }
}
END_TEST

START_TEST (where_the_empty_set_fails_one_test_is_enough)
{
  struct made_up made_up = { .fails = { [0] = true } };
  bool picked[ELEMENTS];

  memset (picked, true, sizeof picked);
  ck_assert_int_eq (minimize (picked, ELEMENTS, test_made_up, &made_up), 0);
  ck_assert_uint_eq (bits_of (picked), 0);
  ck_assert_uint_eq (made_up.tests, 1);
}
END_TEST

static int
test_that_breaks (void *opaque, const bool *picked)
{
  (void) picked;
  return --*(int *) opaque == 0 ? -1 : 0;
}

START_TEST (a_test_that_cannot_be_made_ends_it)
{
  bool picked[ELEMENTS];
  int nth = _i + 1;

  memset (picked, true, sizeof picked);
  ck_assert_int_eq (minimize (picked, ELEMENTS, test_that_breaks, &nth), -1);
}
END_TEST

/* Many elements: one test of each pair would be too many, and is not made. */
struct many {
  unsigned tests;
};

#define MANY 2000

static int
test_many (void *opaque, const bool *picked)
{
  ((struct many *) opaque)->tests++;
  return picked[17] && picked[1200] && picked[1999];
}

START_TEST (many_elements_take_few_tests)
{
  static bool picked[MANY];
  struct many many = { 0 };

  memset (picked, true, sizeof picked);
  ck_assert_int_eq (minimize (picked, MANY, test_many, &many), 0);
  for (unsigned i = 0; i < MANY; i++)
    ck_assert_int_eq (picked[i], i == 17 || i == 1200 || i == 1999);
  ck_assert_uint_lt (many.tests, 400);
}
END_TEST

/* A device of which sector I holds `x` if write I, of one sector, is missing, and a rule for what is wrong. */
struct made_up_disk {
  struct write_log *log;
  bool (*wrong) (uint32_t position, const bool *missing);
};

#define WRITES 6

static uint32_t first;          /* what is before it stays as it is */

static int
probe_disk (void *opaque, uint32_t position, const struct choice *choices, size_t count, struct verdict *verdict)
{
  const struct made_up_disk *disk = opaque;
  bool missing[WRITES] = { false };

  for (size_t i = 0; i < count; i++) {
    ck_assert_int_eq (choices[i].kind, CHOICE_ABSENT);
    ck_assert_uint_le (disk->log->writes[choices[i].write].issue, position);
    ck_assert (!model_is_durable (disk->log, choices[i].write, position));
    missing[choices[i].write] = true;
  }
  *verdict = (struct verdict) { .kind = disk->wrong (position, missing) ? VIOLATION_ATOMICITY : VIOLATION_DURABILITY,
                                .detail = strdup ("so") };
  return 0;
}

/* The minimal state of STATE; the log has a crash point at the first, and at the last write. */
static struct minimal *
find (struct made_up_disk *disk, const char *state)
{
  struct crash_points points;
  struct choice *choices;
  uint32_t position;
  size_t count;

  ck_assert_int_eq (model_crash_points (disk->log, true, &points), 0);
  const struct minimal_config config = {
    .log = disk->log, .points = &points, .kind = VIOLATION_ATOMICITY, .first = first, .probe = probe_disk,
    .opaque = disk
  };
  ck_assert_int_eq (state_id_parse (state, disk->log, &position, &choices, &count), 0);
  struct minimal *minimal = minimal_find (&config, position, choices, count);
  free (choices);
  crash_points_free (&points);
  ck_assert_ptr_nonnull (minimal);
  ck_assert_str_eq (minimal->detail, "so");
  return minimal;
}

static struct write_log *
make_writes (void)
{
  struct log_maker *maker = make_log (1, 64);

  for (unsigned i = 0; i < WRITES; i++)
    add_write (maker, 0, i * 8, "abcdefgh", 0);
  return finish_log (maker);
}

/* From STATE of such writes, of which those are violations that WRONG says, it comes to EXPECTED, which lacks COUNT
 * writes.  Returns what it came to, to free with minimal_free.
 */
static struct minimal *
reduce (bool (*wrong) (uint32_t position, const bool *missing), const char *state, const char *expected, size_t count)
{
  struct made_up_disk disk = { make_writes (), wrong };
  struct minimal *minimal = find (&disk, state);

  ck_assert_str_eq (minimal->state, expected);
  ck_assert_uint_eq (minimal->count, count);
  write_log_close (disk.log);
  return minimal;
}

static bool
second_is_missing (uint32_t position, const bool *missing)
{
  (void) position;
  return missing[1];
}

START_TEST (the_earliest_point_is_where_the_last_missing_write_is_issued)
{
  struct minimal *minimal = reduce (second_is_missing, "5:-0,-1,-3,-5", "1:-1", 1);

  ck_assert_uint_eq (minimal->dropped[0].write, 1);
  minimal_free (minimal);
}
END_TEST

START_TEST (what_was_before_recovery_stays_as_it_is)
{
  first = 2;
  minimal_free (reduce (second_is_missing, "5:-0,-1,-3,-5", "2:-0,-1", 2));
  first = 0;
}
END_TEST

/* Early on two writes must be missing, later one. */
static bool
two_or_late (uint32_t position, const bool *missing)
{
  return missing[0] && (missing[1] || position >= 4);
}

START_TEST (fewer_writes_count_more_than_an_earlier_point)
{
  minimal_free (reduce (two_or_late, "5:-0,-1", "4:-0", 1));
}
END_TEST

/* As soon as it is issued. */
static bool
from_three_on (uint32_t position, const bool *missing)
{
  (void) missing;
  return position >= 3;
}

START_TEST (perhaps_nothing_is_missing)
{
  minimal_free (reduce (from_three_on, "5:-0,-1", "3", 0));
}
END_TEST

START_TEST (torn_writes_stay_torn)
{
  struct minimal *minimal = reduce (second_is_missing, "5:-0,-1,+1/0-2,+1/5", "1:-1/3-4,-1/6-", 1);

  ck_assert_uint_eq (minimal->dropped[0].choice_count, 2);
  minimal_free (minimal);
}
END_TEST

UNIT_TEST_MAIN ("minimize", a_set_is_reduced_to_a_core, without_any_order_too,
                where_the_empty_set_fails_one_test_is_enough, unit_loop (a_test_that_cannot_be_made_ends_it, 11),
                many_elements_take_few_tests, what_was_before_recovery_stays_as_it_is,
                the_earliest_point_is_where_the_last_missing_write_is_issued,
                fewer_writes_count_more_than_an_earlier_point, perhaps_nothing_is_missing, torn_writes_stay_torn)
