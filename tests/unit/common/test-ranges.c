/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of bytes, held against a table of all of them. */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>

#include "common/ranges.h"
#include "tests/unit/unit.h"

#define BYTES 24
#define ROUNDS 3000

/* Fail unless RANGES are those that HAS, in order, and do not touch. */
static void
assert_same (const struct byte_ranges *ranges, const bool *has)
{
  bool found[BYTES] = { false };

  for (size_t i = 0; i < ranges->count; i++) {
    ck_assert_uint_lt (ranges->list[i].from, ranges->list[i].to);
    ck_assert (i == 0 || ranges->list[i - 1].to < ranges->list[i].from);
    for (uint64_t at = ranges->list[i].from; at < ranges->list[i].to; at++)
      found[at] = true;
  }
  for (size_t at = 0; at < BYTES; at++)
    ck_assert_msg (found[at] == has[at], "byte %zu", at);
}

static struct byte_range
any_range (void)
{
  const uint64_t from = (uint64_t) rand () % (BYTES - 1);

  return (struct byte_range) { from, from + 1 + (uint64_t) rand () % (BYTES - from) };
}

/* One of four is empty. */
static struct byte_range
any_change (void)
{
  struct byte_range range = any_range ();

  if (rand () % 4 == 0)
    range.to = range.from;
  return range;
}

START_TEST (ranges_are_sets)
{
  struct byte_ranges ranges[2] = { { NULL, 0 }, { NULL, 0 } };
  bool has[2][BYTES] = { { false } };

  srand (1);
  for (size_t i = 0; i < unit_rounds (ROUNDS); i++) {
    const struct byte_range range = any_change ();
    const size_t which = (size_t) rand () % 2;
    const bool adds = rand () % 2;
    bool all = true, some = false;

    ck_assert_int_eq (adds ? ranges_add (&ranges[which], range) : ranges_remove (&ranges[which], range), 0);
    for (uint64_t at = range.from; at < range.to; at++)
      has[which][at] = adds;
    const struct byte_range asked = any_range ();
    for (uint64_t at = asked.from; at < asked.to; at++) {
      all = all && has[which][at];
      some = some || has[which][at];
    }
    assert_same (&ranges[which], has[which]);
    ck_assert (ranges_cover (&ranges[which], asked) == all);
    ck_assert (ranges_meet (&ranges[which], asked) == some);
  }
  free (ranges[0].list);
  free (ranges[1].list);
}
END_TEST

START_TEST (two_sets_have_a_common_one)
{
  srand (2);
  for (size_t i = 0; i < ROUNDS; i++) {
    struct byte_ranges one = { NULL, 0 }, other = { NULL, 0 }, copy = { NULL, 0 };
    bool has[2][BYTES] = { { false } }, both[BYTES];

    for (size_t j = 0; j < 8; j++) {
      const struct byte_range range = any_range ();

      ck_assert_int_eq (ranges_add (j % 2 ? &one : &other, (struct byte_range) { range.from, range.from + 1 }), 0);
      has[j % 2 ? 0 : 1][range.from] = true;
    }
    for (size_t at = 0; at < BYTES; at++)
      both[at] = has[0][at] && has[1][at];
    ck_assert_int_eq (ranges_copy (&copy, &one), 0);
    assert_same (&copy, has[0]);
    ck_assert_int_eq (ranges_intersect (&copy, &other), 0);
    assert_same (&copy, both);
    assert_same (&other, has[1]);
    free (one.list);
    free (other.list);
    free (copy.list);
  }
}
END_TEST

UNIT_TEST_MAIN ("ranges", ranges_are_sets, two_sets_have_a_common_one)
