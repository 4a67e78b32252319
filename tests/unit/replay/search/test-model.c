/* SPDX-License-Identifier: BSD-3-Clause */
/* A test for each sentence of the crash model (replay/search/model.h); test-model-naive.c reads it a second time.
 * Long because there are many sentences.
 */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "log/trims.h"
#include "replay/search/big-number.h"
#include "tests/unit/replay/search/points.h"

#define SECTORS 16

/* Positions as one argument and their count. */
#define NUMBERS(...) (const uint32_t[]) { __VA_ARGS__ }, sizeof (uint32_t[]) { __VA_ARGS__ } / sizeof (uint32_t)
#define NOTHING NULL, 0

/* What a script says of a log. */
struct expected {
  struct {
    uint32_t position, writes[8];
    size_t count;
  } pending[8];
  uint32_t points[8], prefixes[8];
  size_t pending_count, point_count, prefix_count;
  uint32_t first, last;         /* LOG_NEVER: the script says nothing of the range */
};

/* Take WORD for what it says of POSITION.  Returns whether it says anything; else it is an event. */
static bool
expect (struct expected *expected, uint32_t position, const char *word)
{
  if (*word == '[') {
    expected->pending[expected->pending_count].position = position;
    size_t *count = &expected->pending[expected->pending_count].count;
    for (const char *at = word; at[1] != ']' && *at != ']'; at = strpbrk (at + 1, ",]"))
      expected->pending[expected->pending_count].writes[(*count)++] = (uint32_t) strtoul (at + 1, NULL, 10);
    expected->pending_count++;
  } else if (strcmp (word, "*") == 0)
    expected->points[expected->point_count++] = position;
  else if (strcmp (word, "+") == 0)
    expected->prefixes[expected->prefix_count++] = position;
  else if (strcmp (word, "first") == 0)
    expected->first = position;
  else if (strcmp (word, "last") == 0)
    expected->last = position;
  else
    return false;
  return true;
}

static void
assert_expected (const struct write_log *log, const struct expected *expected)
{
  uint32_t first, last;

  for (size_t i = 0; i < expected->pending_count; i++)
    assert_pending (log, expected->pending[i].position, expected->pending[i].writes, expected->pending[i].count);
  if (expected->point_count > 0)
    assert_points (log, false, expected->points, expected->point_count);
  if (expected->prefix_count > 0)
    assert_points (log, true, expected->prefixes, expected->prefix_count);
  if (expected->first != LOG_NEVER) {
    ck_assert_int_eq (model_range (log, &first, &last), 0);
    ck_assert_uint_eq (first, expected->first);
    ck_assert_uint_eq (last, expected->last);
  }
}

/* SCRIPT has the events of a log of two devices, as for add_events, and after an event what is to be so at its
 * position: `[0,2]`, just the writes 0 and 2 are pending; `*`, it is one of the crash points, and all of them are said;
 * `+`, the same with prefixes; `first` and `last`, it is that of the range.
 */
static void
assert_model (const char *script)
{
  struct expected expected = { .first = LOG_NEVER };
  struct log_maker *maker = make_log (2, SECTORS);
  CLEANUP_FREE char *copy = strdup (script);
  uint32_t events = 0;
  char *rest = NULL;

  for (char *word = strtok_r (copy, " ", &rest); word; word = strtok_r (NULL, " ", &rest))
    if (!expect (&expected, events - 1, word)) {
      add_events (maker, word);
      events++;
    }
  struct write_log *log = finish_log (maker);
  assert_expected (log, &expected);
  write_log_close (log);
}

/* A log of one device with the events of TEXT, as for add_events. */
static struct write_log *
log_of_events (const char *text)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_events (maker, text);
  return finish_log (maker);
}

START_TEST (a_write_is_pending_from_its_issue_on)
{
  assert_model ("m:before [] w0=a [0] d1 [0] *");
}
END_TEST

START_TEST (a_flush_makes_durable_what_completed_before_its_issue_once_it_completes)
{
  assert_model ("w0=a w0=b d1 d0 f [0,1] m:between [0,1] * d4 [] *");
}
END_TEST

START_TEST (a_write_that_completes_during_a_flush_stays_pending_until_the_next)
{
  assert_model ("w0=a f d0 d1 [0] f [0] * d4 [] *");
}
END_TEST

START_TEST (a_write_issued_and_completed_during_a_flush_stays_pending)
{
  assert_model ("f w0=a d1 d0 [0] *");
}
END_TEST

START_TEST (a_write_that_completes_after_the_flush_stays_pending)
{
  assert_model ("w0=a f d1 [0] d0 [0] *");
}
END_TEST

START_TEST (a_flush_that_fails_or_never_completes_promises_nothing)
{
  assert_model ("w0=a d0 f d2!5 f m:last [0] *");
}
END_TEST

START_TEST (a_write_that_failed_stays_pending)
{
  assert_model ("w0=a d0!5 W1=b d2!5 f d4 f d6 [0,1] *");
}
END_TEST

START_TEST (a_write_that_never_completed_stays_pending)
{
  assert_model ("w0=a W1=b f d2 f d4 [0,1] *");
}
END_TEST

START_TEST (fua_counts_from_its_completion)
{
  assert_model ("W0=a [0] m:between [0] * d0 [] *");
}
END_TEST

START_TEST (fua_is_no_barrier)
{
  assert_model ("w3=d w0=a d1 w1=b d3 W1=c w2=e d6 [0,1,2,3,4] * d5 [0,1,2,4] d0 [0,1,2,4] *");
}
END_TEST

START_TEST (a_flush_of_another_device_promises_nothing)
{
  assert_model ("w0=a d0 w0=b@1 d2 f@1 [0,1] * d4 [0] f@1 d6 f [0] * d8 [] *");
}
END_TEST

START_TEST (trims_and_zeroes_are_writes)
{
  assert_model ("t0+2 d0 z2+2~ d2 T4+2 [0,1,2] * d4 [0,1] Z6+2 [0,1,3] * d6 f [0,1] * d8 [] *");
}
END_TEST

START_TEST (a_trim_of_what_was_written_is_never_durable)
{
  assert_model ("w0=ab d0 t1+1 d2 t4+1 d4 T0+1 d6 f [0,1,2,3] * d8 [1,3] z0+1~ d10 t4+1 d12 f [1,3,4,5] * d14 [1,3] *");
}
END_TEST

START_TEST (a_trim_that_is_trusted_is_a_write_of_zeros)
{
  struct write_log *log = log_of_events ("w0=a d0 t0+1 d2 f d4");

  assert_pending (log, 5, NUMBERS (1));
  ck_assert (!log->trims_trusted);
  log_trust_trims (log);
  ck_assert (log->trims_trusted);
  assert_pending (log, 5, NOTHING);
  write_log_close (log);
}
END_TEST

START_TEST (what_is_durable_stays_durable)
{
  assert_model ("w0=a d0 f * d2 [] f d4!5 w0=b d6 f [1] *");
}
END_TEST

START_TEST (flushes_that_change_nothing_are_no_crash_points)
{
  assert_model ("f d0 w0=a f d3 W1=b * d5 f d7 w2=c d9 f@1 d11 f * d13 f d15 m:last *");
}
END_TEST

START_TEST (the_end_is_a_crash_point_once)
{
  assert_model ("w0=a d0 f * d2 w0=b *");
}
END_TEST

START_TEST (crash_points_lie_between_begin_and_end)
{
  assert_model ("w0=a d0 f d2 m:base w0=b d5 f d7 w3=c m:begin first w0=d d11 f * d13 * last m:end w0=e d16 f d18");
}
END_TEST

START_TEST (without_begin_the_range_starts_at_base)
{
  assert_model ("w0=a d0 f d2 m:base first w0=b d5 f * d7 * last");
}
END_TEST

START_TEST (a_flush_right_after_begin_may_make_begin_a_crash_point)
{
  assert_model ("w0=a d0 f w1=b d3 f d2 m:begin * d5 *");
}
END_TEST

START_TEST (a_log_without_events_has_no_range)
{
  struct write_log *log = finish_log (make_log (1, SECTORS));
  uint32_t first, last;

  ck_assert_int_eq (model_range (log, &first, &last), -1);
  assert_points (log, false, NOTHING);
  assert_points (log, true, NOTHING);
  write_log_close (log);
}
END_TEST

START_TEST (expectations_change_at_begin_and_commit)
{
  struct write_log *log = log_of_events ("m:base m:begin w0=a m:commit w0=b");
  const uint32_t before = 0, begin = 1, commit = 3, last = 4;
  struct crash_points points;

  ck_assert_int_eq (model_moment (log, before).phase, PHASE_UNKNOWN);
  ck_assert_int_eq (model_moment (log, begin).phase, PHASE_UPDATE);
  ck_assert_int_eq (model_moment (log, commit - 1).phase, PHASE_UPDATE);
  ck_assert_int_eq (model_moment (log, commit).phase, PHASE_COMMITTED);
  ck_assert_int_eq (model_moment (log, last).phase, PHASE_COMMITTED);
  assert_points (log, false, NUMBERS (commit - 1, last));
  ck_assert_int_eq (model_crash_points (log, false, &points), 0);
  ck_assert_int_eq (points.points[0].moment.phase, PHASE_UPDATE);
  ck_assert_int_eq (points.points[1].moment.phase, PHASE_COMMITTED);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

/* A checker is told them: what it may see just before is one thing, just after another. */
START_TEST (public_marks_are_crash_points_when_there_is_a_checker)
{
  struct write_log *log = log_of_events ("m:set m:begin w0=a m:one m:powercut:own m:two w0=b m:commit m:three m:end");
  const uint32_t first = 2, one = 3, two = 5, second = 6, commit = 7, three = 8;

  assert_points (log, 0, NUMBERS (commit - 1, three));
  assert_points (log, POINTS_TOLD, NUMBERS (one - 1, two - 1, commit - 1, three - 1, three));
  assert_points (log, POINTS_PREFIXES, NUMBERS (first, second, commit, three));
  assert_points (log, POINTS_PREFIXES | POINTS_TOLD, NUMBERS (first, one, two, second, commit, three));
  write_log_close (log);
}
END_TEST

/* After the last step, a mark of the same name is a program's own. */
static uint32_t
operation_at (const struct write_log *log, uint32_t position)
{
  return model_moment (log, position).progress.returned[0];
}

START_TEST (marks_of_operations_count_in_logs_with_a_workload_alone)
{
  for (int with = 0; with < 2; with++) {
    struct log_maker *maker = make_log_with_info (1, SECTORS, with ? "workload=creat a" : "step=creat a");
    add_mark (maker, "op 1");
    uint32_t begin = add_mark (maker, "begin");
    uint32_t write = add_write (maker, 0, 0, "a", 0);
    uint32_t first = add_mark (maker, "op 2");
    add_mark (maker, "op 2");
    add_mark (maker, "op 1");
    add_mark (maker, "op");
    add_mark (maker, "op 99999999999999999");
    add_mark (maker, "op x");
    add_mark (maker, "operation 9");
    uint32_t second_write = add_write (maker, 0, 0, "b", 0);
    uint32_t second = add_mark (maker, "op 5");
    uint32_t commit = add_mark (maker, "commit");
    uint32_t last = add_mark (maker, "op 7");
    struct write_log *log = finish_log (maker);
    struct crash_points points;

    ck_assert_uint_eq (operation_at (log, begin), 0);
    ck_assert_uint_eq (operation_at (log, first - 1), 0);
    ck_assert_uint_eq (operation_at (log, first), with ? 2 : 0);
    ck_assert_uint_eq (operation_at (log, second - 1), with ? 2 : 0);
    ck_assert_uint_eq (operation_at (log, last), with ? 5 : 0);
    if (with) {
      assert_points (log, false, NUMBERS (write, second_write, second, last));
      assert_points (log, true, NUMBERS (write, first, second_write, second, commit, last));
    }
    else
      assert_points (log, false, NUMBERS (commit - 1, last));
    ck_assert_int_eq (model_crash_points (log, false, &points), 0);
    ck_assert_uint_eq (points.points[1].moment.progress.returned[0], with ? 2 : 0);
    crash_points_free (&points);
    write_log_close (log);
  }
}
END_TEST

static const struct {
  const char *info;
  uint32_t steps;
} steps_in_header[] = { { NULL, 1 }, { "steps=2", 2 }, { "steps=many", 1 } };

START_TEST (a_step_reaches_from_begin_to_commit)
{
  struct log_maker *maker = make_log_with_info (1, SECTORS, steps_in_header[_i].info);
  uint32_t steps = steps_in_header[_i].steps, begins[3], commits[3];

  for (unsigned i = 0; i < 3; i++) {
    begins[i] = add_mark (maker, i == 0 ? "begin" : "begin again");
    add_mark (maker, "beginning");
    commits[i] = add_mark (maker, "commit");
    add_mark (maker, "commit");
  }
  uint32_t last = add_mark (maker, "the last");
  struct write_log *log = finish_log (maker);
  for (unsigned i = 0; i < 3; i++) {
    bool is_step = i < steps;

    const struct moment begun = model_moment (log, begins[i]), committed = model_moment (log, commits[i]);
    ck_assert_int_eq (begun.phase, is_step ? PHASE_UPDATE : PHASE_COMMITTED);
    ck_assert_uint_eq (begun.step, is_step ? i + 1 : steps);
    ck_assert_int_eq (committed.phase, PHASE_COMMITTED);
    ck_assert_uint_eq (committed.step, is_step ? i + 1 : steps);
  }
  /* No state of a position before a mark that weakens what is expected may be left to the point after it. */
  if (steps == 1)
    assert_points (log, false, NUMBERS (commits[0] - 1, last));
  else
    assert_points (log, false, NUMBERS (commits[0] - 1, begins[1] - 1, commits[1] - 1, last));
  write_log_close (log);
}
END_TEST

START_TEST (without_begin_nothing_is_expected)
{
  struct write_log *log = log_of_events ("w0=a m:beginning");

  ck_assert_int_eq (model_moment (log, 0).phase, PHASE_UNKNOWN);
  ck_assert_int_eq (model_moment (log, 1).phase, PHASE_UNKNOWN);
  write_log_close (log);
}
END_TEST

START_TEST (prefixes_are_every_issue_of_a_write_and_the_end)
{
  assert_model ("w0=a d0 m:begin w0=b + d3 f d5 W0=c + t0+1 + d7 m:commit + z0+1 + m:end w0=d");
}
END_TEST

START_TEST (the_prefix_of_a_last_write_is_the_end)
{
  assert_model ("w0=a + w0=b +");
}
END_TEST

START_TEST (the_greatest_pending_set_is_counted)
{
  struct write_log *log = log_of_events ("w0=a d0 w1=b d2 w2=c d4 f d6 w0=d d8");
  struct crash_points points;

  ck_assert_int_eq (model_crash_points (log, false, &points), 0);
  ck_assert_uint_eq (points.pending_max, 3);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

static unsigned long
count_at_end (const struct write_log *log)
{
  const struct tear none = { TEAR_NONE, LOG_SECTOR };
  CLEANUP_FREE uint32_t *pending = NULL;
  const uint32_t end = log->event_count - 1;
  int64_t count = model_pending (log, end, &pending);
  unsigned long number;
  mpz_t states;

  mpz_init (states);
  ck_assert_int_eq (model_count_states (log, end, pending, (uint32_t) count, &none, states), 0);
  number = mpz_get_ui (states);
  mpz_clear (states);
  return number;
}

/* What is written, and in how many ways it may lie; all is durable. */
static const struct {
  const char *events;
  unsigned long orders;
} overlapping[] = {
  { "w0=a d0 w0=b d2 f d4", 1 },                                /* one after the other */
  { "w0=a w0=b d0 d1 f d4", 2 },
  { "w0=a w1=b d0 d1 f d4", 1 },                                /* side by side */
  { "w0=a w0=b w0=c d0 d1 d2 f d6", 6 },                        /* three do not lie in a circle */
  { "w0=ab w0=cd d0 w0=ef d1 d3 f d6", 3 },                     /* the first lies below the last in any case */
  { "w0=a w0=cd d0 w1=e d1 d3 f d6", 3 },                       /* ... though they do not overlap */
  { "w0=a w0=b w4=a w4=b d0 d1 d2 d3 f d8", 4 },                /* two pairs that have nothing in common */
  { "w0=a w0=b w2=c d0 d1 d2 w1=d t0+4 d6 d7 f d10", 2 * 2 * 2 },     /* a doubted trim may be there or not */
};

START_TEST (overlapping_writes_in_flight_together_lie_in_any_order)
{
  struct write_log *log = log_of_events (overlapping[_i].events);

  ck_assert_uint_eq (count_at_end (log), overlapping[_i].orders);
  ck_assert_uint_eq (log->orders.left_out, 0);
  write_log_close (log);
}
END_TEST

START_TEST (a_write_that_failed_lies_below_what_was_issued_after_that)
{
  struct write_log *log = log_of_events ("w0=a w0=b d0!5 w0=c d1 d3 f d6");

  ck_assert_uint_eq (count_at_end (log), 2 * 3);        /* it may be there or not */
  write_log_close (log);
}
END_TEST

START_TEST (of_too_many_one_order_is_taken)
{
  for (uint32_t count = 6; count <= ORDER_WRITES_MAX + 1; count += ORDER_WRITES_MAX - 5) {
    struct log_maker *maker = make_log (1, SECTORS);

    for (uint32_t i = 0; i < count; i++)
      add_write (maker, 0, 0, "a", 0);
    struct write_log *log = finish_log (maker);

    ck_assert_uint_eq (log->unordered_count, count * (count - 1) / 2);
    ck_assert_uint_eq (log->orders.left_out, count == 6 ? 0 : log->unordered_count);
    ck_assert_uint_eq (count_at_end (log), (1ul << count) * (count == 6 ? 720 : 1));
    write_log_close (log);
  }
}
END_TEST

START_TEST (a_number_beyond_a_line_is_shortened)
{
  mpz_t number;

  mpz_init_set_str (number, "123456789012345", 10);
  CLEANUP_FREE char *whole = big_number_text (number, 15), *shortened = big_number_text (number, 14);
  mpz_clear (number);
  ck_assert_str_eq (whole, "123456789012345");
  ck_assert_str_eq (shortened, "1.23e14");
}
END_TEST

UNIT_TEST_MAIN ("model", a_write_is_pending_from_its_issue_on,
                a_flush_makes_durable_what_completed_before_its_issue_once_it_completes,
                a_write_that_completes_during_a_flush_stays_pending_until_the_next,
                a_write_issued_and_completed_during_a_flush_stays_pending,
                a_write_that_completes_after_the_flush_stays_pending,
                a_flush_that_fails_or_never_completes_promises_nothing, a_write_that_failed_stays_pending,
                a_write_that_never_completed_stays_pending, fua_counts_from_its_completion, fua_is_no_barrier,
                a_flush_of_another_device_promises_nothing, trims_and_zeroes_are_writes,
                a_trim_of_what_was_written_is_never_durable, a_trim_that_is_trusted_is_a_write_of_zeros,
                what_is_durable_stays_durable, flushes_that_change_nothing_are_no_crash_points,
                the_end_is_a_crash_point_once, crash_points_lie_between_begin_and_end,
                without_begin_the_range_starts_at_base, a_flush_right_after_begin_may_make_begin_a_crash_point,
                a_log_without_events_has_no_range, expectations_change_at_begin_and_commit,
                public_marks_are_crash_points_when_there_is_a_checker,
                marks_of_operations_count_in_logs_with_a_workload_alone,
                LOOP_OVER (a_step_reaches_from_begin_to_commit, steps_in_header), without_begin_nothing_is_expected,
                prefixes_are_every_issue_of_a_write_and_the_end, the_prefix_of_a_last_write_is_the_end,
                the_greatest_pending_set_is_counted,
                LOOP_OVER (overlapping_writes_in_flight_together_lie_in_any_order, overlapping),
                a_write_that_failed_lies_below_what_was_issued_after_that, of_too_many_one_order_is_taken,
                a_number_beyond_a_line_is_shortened)
