/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "nbd-plugin/pace.h"
#include "tests/unit/unit.h"

#define MS UINT64_C (1000000)

static struct client_pace pace;
static uint64_t now;

/* COUNT times the client asks something GAP_NS after an answer, which it has another millisecond later. */
static void
ask (size_t count, uint64_t gap_ns)
{
  for (; count > 0; count--) {
    pace_come (&pace, now += gap_ns);
    pace_answered (&pace, now += MS);
  }
}

static void
begin (void)
{
  pace = (struct client_pace) { .in_flight = 0 };
  now = MS;
  ask (1, 1000 * MS);           /* from no answer on there is no gap */
}

START_TEST (a_slow_client_is_given_more_time)
{
  ask (3, 2 * MS);
  ck_assert_uint_eq (pace_quiet_ns (&pace), 8 * MS);
  ask (7, 3 * MS);
  ck_assert_uint_eq (pace_quiet_ns (&pace), 12 * MS);
}
END_TEST

START_TEST (neither_too_little_nor_too_much_time_is_given)
{
  ck_assert_uint_eq (pace_quiet_ns (&pace), PACE_QUIET_MIN_NS);
  ask (3, MS / 5);
  ck_assert_uint_eq (pace_quiet_ns (&pace), PACE_QUIET_MIN_NS);
  ask (10, 100 * MS);
  ck_assert_uint_eq (pace_quiet_ns (&pace), PACE_QUIET_MAX_NS);
}
END_TEST

START_TEST (a_pause_does_not_count_for_more_than_a_gap)
{
  ask (5, 2 * MS);
  ask (4, 5000 * MS);
  ck_assert_uint_eq (pace_quiet_ns (&pace), 8 * MS);
}
END_TEST

START_TEST (what_is_asked_without_waiting_for_an_answer_is_no_gap)
{
  ask (3, 2 * MS);
  for (size_t i = 0; i < 10; i++)
    pace_come (&pace, now += 5 * MS);
  for (size_t i = 0; i < 10; i++)
    pace_answered (&pace, now += 5 * MS);
  ask (10, MS / 20);            /* sent before the answer was there */
  ck_assert_uint_eq (pace_quiet_ns (&pace), 8 * MS);
}
END_TEST

START_TEST (the_last_gaps_count)
{
  ask (1000, 10 * MS);
  ask (PACE_GAPS, 2 * MS);
  ck_assert_uint_eq (pace_quiet_ns (&pace), 8 * MS);
}
END_TEST

UNIT_TEST_MAIN_WITH ("pace", begin, NULL, a_slow_client_is_given_more_time,
                     neither_too_little_nor_too_much_time_is_given, a_pause_does_not_count_for_more_than_a_gap,
                     what_is_asked_without_waiting_for_an_answer_is_no_gap, the_last_gaps_count)
