/* SPDX-License-Identifier: BSD-3-Clause */
/* What a late device holds, and what it answers when.  The clock is a number here. */
#include <config.h>

#include <string.h>

#include "nbd-plugin/hold.h"
#include "tests/unit/unit.h"

#define QUIET_NS 10
#define NEVER UINT64_MAX

static struct hold hold;
static uint64_t now;

/* A device as TEXT says, from the mark `begin` on. */
static void
begin (const char *text, uint64_t limit_ns)
{
  struct hold_config config = { .limit_ns = limit_ns };

  ck_assert_int_eq (hold_parse (text, &config), 0);
  hold_reset (&hold, &config);
  hold_begin (&hold, QUIET_NS);
  now = 1000;
}

static void
release (void)
{
  hold_free (&hold);
}

/* Writes at the positions FIRST to LAST come, all at once. */
static void
take_writes (uint32_t first, uint32_t last)
{
  for (uint32_t position = first; position <= last; position++)
    ck_assert (hold_take (&hold, LOG_WRITE, position, now));
}

/* That nothing is answered for WAIT_NS; then it is that time. */
static void
assert_wait (uint64_t wait_ns)
{
  uint32_t position;
  uint64_t wait;

  ck_assert (!hold_next (&hold, now, &position, &wait));
  ck_assert_uint_eq (wait, wait_ns);
  now += wait;
}

static uint32_t
next (void)
{
  uint32_t position = UINT32_MAX;
  uint64_t wait;

  ck_assert (hold_next (&hold, now, &position, &wait));
  return position;
}

START_TEST (the_newest_is_answered_first_and_each_after_a_quiet_time)
{
  begin ("late", NEVER);
  take_writes (5, 7);
  for (uint32_t position = 7; position >= 5; position--) {
    assert_wait (QUIET_NS);
    ck_assert_uint_eq (next (), position);
  }
  assert_wait (0);
}
END_TEST

START_TEST (what_comes_meanwhile_is_waited_for_and_goes_first)
{
  begin ("late", NEVER);
  take_writes (5, 6);
  now += QUIET_NS - 1;
  take_writes (7, 7);
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 7);
  now += QUIET_NS - 1;
  hold_news (&hold, now);       /* a read, a mark, or the answer is sent only now */
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 6);
}
END_TEST

/* As one is that gets little of the processors. */
START_TEST (a_client_that_is_busy_is_waited_for_again)
{
  begin ("late", NEVER);
  take_writes (5, 6);
  ck_assert (!hold_doubts (&hold, now + QUIET_NS - 1));
  assert_wait (QUIET_NS);
  ck_assert (hold_doubts (&hold, now));
  hold_busy (&hold, now);
  ck_assert (!hold_doubts (&hold, now));
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 6);
}
END_TEST

START_TEST (a_client_that_is_always_busy_is_not_waited_for_for_ever)
{
  begin ("late", NEVER);
  take_writes (5, 6);
  for (uint32_t position = 6; position >= 5; position--) {
    for (unsigned i = 0; i < HOLD_PATIENCE; i++) {
      assert_wait (QUIET_NS);
      ck_assert (hold_doubts (&hold, now));
      hold_busy (&hold, now);
    }
    assert_wait (QUIET_NS);
    ck_assert (!hold_doubts (&hold, now));
    ck_assert_uint_eq (next (), position);
  }
}
END_TEST

START_TEST (what_is_released_is_not_doubted)
{
  begin ("late", NEVER);
  ck_assert (!hold_doubts (&hold, now + QUIET_NS));
  take_writes (5, 6);
  hold_release (&hold);
  ck_assert (!hold_doubts (&hold, now + QUIET_NS));
}
END_TEST

START_TEST (those_that_change_places_on_their_way_are_in_the_order_of_the_log)
{
  begin ("late", NEVER);
  take_writes (6, 6);
  take_writes (5, 5);
  take_writes (4, 4);
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 6);
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 5);
}
END_TEST

static const struct {
  enum log_kind kind;
  bool held;
} kinds[] = {
  { LOG_WRITE, true }, { LOG_ZERO, true }, { LOG_TRIM, true }, { LOG_FLUSH, true }, { LOG_MARK, false },
};

START_TEST (what_changes_the_disk_is_held_and_flushes_too)
{
  begin ("late", NEVER);
  ck_assert_int_eq (hold_take (&hold, kinds[_i].kind, 5, now), kinds[_i].held);
}
END_TEST

START_TEST (nothing_is_held_before_the_beginning_and_after_the_end)
{
  struct hold_config config = { .device = HOLD_LATE, .limit_ns = NEVER };

  hold_reset (&hold, &config);
  ck_assert (!hold_take (&hold, LOG_WRITE, 4, now));
  begin ("late", NEVER);
  take_writes (5, 6);
  hold_end (&hold);
  ck_assert (!hold_take (&hold, LOG_WRITE, 7, now));
  ck_assert_uint_eq (next (), 6);
  ck_assert_uint_eq (next (), 5);
  assert_wait (0);
  hold_begin (&hold, QUIET_NS); /* another step */
  take_writes (8, 8);
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 8);
}
END_TEST

START_TEST (a_fast_device_holds_nothing)
{
  begin ("fast", NEVER);
  ck_assert (!hold_take (&hold, LOG_WRITE, 5, now));
  assert_wait (0);
}
END_TEST

START_TEST (those_that_are_released_go_at_once_and_later_ones_wait_again)
{
  begin ("late", NEVER);
  take_writes (5, 6);
  hold_release (&hold);
  ck_assert_uint_eq (next (), 6);
  ck_assert_uint_eq (next (), 5);
  take_writes (7, 7);
  assert_wait (QUIET_NS);
  ck_assert_uint_eq (next (), 7);
  hold_release (&hold);         /* there is none */
  take_writes (8, 8);
  assert_wait (QUIET_NS);
}
END_TEST

START_TEST (the_limit_is_of_the_time_in_which_something_is_held)
{
  begin ("late", 2 * QUIET_NS + 3);
  for (uint32_t position = 5; position <= 6; position++) {
    take_writes (position, position);
    assert_wait (QUIET_NS);
    ck_assert_uint_eq (next (), position);
    now += 1000;                /* nothing is held */
  }
  take_writes (7, 9);
  assert_wait (3);
  ck_assert (!hold.used_up);
  for (uint32_t position = 9; position >= 7; position--)
    ck_assert_uint_eq (next (), position);
  ck_assert (hold.used_up);
  ck_assert (!hold_take (&hold, LOG_WRITE, 10, now));
  hold_begin (&hold, QUIET_NS);
  ck_assert (!hold_take (&hold, LOG_WRITE, 11, now));
}
END_TEST

/* The order in which a device as TEXT says answers writes at the positions 0 to COUNT - 1. */
static void
answer (const char *text, uint32_t count, uint32_t *order)
{
  begin (text, NEVER);
  take_writes (0, count - 1);
  for (uint32_t i = 0; i < count; i++) {
    assert_wait (QUIET_NS);
    order[i] = next ();
  }
}

START_TEST (a_random_order_is_that_of_its_seed)
{
  enum { COUNT = 32 };
  uint32_t first[COUNT], again[COUNT], other[COUNT], seen = 0;

  answer ("random:1", COUNT, first);
  answer ("random:1", COUNT, again);
  answer ("random:2", COUNT, other);
  ck_assert_mem_eq (first, again, sizeof first);
  ck_assert_mem_ne (first, other, sizeof first);
  for (size_t i = 0; i < COUNT; i++)
    seen |= UINT32_C (1) << first[i];
  ck_assert_uint_eq (seen, UINT32_MAX);
}
END_TEST

static const char *const senseless[] = {
  "", "Late", "late ", "random", "random:", "random:x", "random:-1", "random:1 ", "random:18446744073709551616"
};

START_TEST (a_senseless_device_is_refused)
{
  struct hold_config config = { .device = HOLD_FAST };

  ck_assert_int_eq (hold_parse (senseless[_i], &config), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("hold", NULL, release, the_newest_is_answered_first_and_each_after_a_quiet_time,
                     what_comes_meanwhile_is_waited_for_and_goes_first,
                     a_client_that_is_busy_is_waited_for_again,
                     a_client_that_is_always_busy_is_not_waited_for_for_ever, what_is_released_is_not_doubted,
                     those_that_change_places_on_their_way_are_in_the_order_of_the_log,
                     LOOP_OVER (what_changes_the_disk_is_held_and_flushes_too, kinds),
                     nothing_is_held_before_the_beginning_and_after_the_end, a_fast_device_holds_nothing,
                     those_that_are_released_go_at_once_and_later_ones_wait_again,
                     the_limit_is_of_the_time_in_which_something_is_held, a_random_order_is_that_of_its_seed,
                     LOOP_OVER (a_senseless_device_is_refused, senseless))
