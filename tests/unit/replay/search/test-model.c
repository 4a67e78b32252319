/* SPDX-License-Identifier: BSD-3-Clause */
/* A test for each sentence of the crash model (replay/search/model.h), and random logs against a second reading of it. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "replay/search/big-number.h"
#include "replay/search/model.h"
#include "tests/unit/make-log.h"

#define SECTORS 16
#define EVENTS_MAX 512

/* Numbers of writes, or positions, as one argument and their count. */
#define NUMBERS(...) (const uint32_t[]) { __VA_ARGS__ }, sizeof (uint32_t[]) { __VA_ARGS__ } / sizeof (uint32_t)
#define NOTHING NULL, 0

static void
assert_pending (const struct write_log *log, uint32_t position, const uint32_t *expected, size_t count)
{
  uint32_t *pending;
  int64_t found = model_pending (log, position, &pending);
  size_t at = 0;

  ck_assert_int_eq (found, (int64_t) count);
  for (size_t i = 0; i < count; i++)
    ck_assert_uint_eq (pending[i], expected[i]);
  for (uint32_t write = 0; write < log_writes_until (log, position); write++) {
    bool is_pending = at < count && expected[at] == write;

    ck_assert_int_eq (model_is_durable (log, write, position), !is_pending);
    at += is_pending;
  }
  free (pending);
}

static void
assert_points (const struct write_log *log, bool prefixes, const uint32_t *positions, size_t count)
{
  struct crash_points points;

  ck_assert_int_eq (model_crash_points (log, prefixes, &points), 0);
  for (size_t i = 0; i < points.count && i < count; i++) {
    ck_assert_uint_eq (points.points[i].position, positions[i]);
    assert_pending (log, positions[i], points.points[i].pending, points.points[i].pending_count);
  }
  ck_assert_uint_eq (points.count, count);
  crash_points_free (&points);
}

/* A flush that completes without error, and the position of its completion. */
static uint32_t
add_done_flush (struct log_maker *maker, unsigned device)
{
  return add_completion (maker, add_flush (maker, device), 0);
}

START_TEST (a_write_is_pending_from_its_issue_on)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_mark (maker, "before");
  uint32_t issue = add_write (maker, 0, 0, "a", 0);
  uint32_t done = add_completion (maker, issue, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, issue - 1, NOTHING);
  assert_pending (log, issue, NUMBERS (0));
  assert_pending (log, done, NUMBERS (0));
  write_log_close (log);
}
END_TEST

START_TEST (a_flush_makes_durable_what_completed_before_its_issue_once_it_completes)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t issue = add_write (maker, 0, 0, "a", 0);
  add_done_write (maker, 0, 0, "b");
  add_completion (maker, issue, 0);
  uint32_t flush = add_flush (maker, 0);
  uint32_t between = add_mark (maker, "between");
  uint32_t done = add_completion (maker, flush, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, flush, NUMBERS (0, 1));
  assert_pending (log, between, NUMBERS (0, 1));
  assert_pending (log, done, NOTHING);
  assert_points (log, false, NUMBERS (between, done));
  write_log_close (log);
}
END_TEST

START_TEST (a_write_that_completes_during_a_flush_stays_pending_until_the_next)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t write = add_write (maker, 0, 0, "a", 0);
  uint32_t flush = add_flush (maker, 0);
  add_completion (maker, write, 0);
  uint32_t first = add_completion (maker, flush, 0);
  uint32_t second = add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, first, NUMBERS (0));
  assert_pending (log, second - 1, NUMBERS (0));
  assert_pending (log, second, NOTHING);
  assert_points (log, false, NUMBERS (second - 1, second));
  write_log_close (log);
}
END_TEST

START_TEST (a_write_issued_and_completed_during_a_flush_stays_pending)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t flush = add_flush (maker, 0);
  add_done_write (maker, 0, 0, "a");
  uint32_t done = add_completion (maker, flush, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, done, NUMBERS (0));
  assert_points (log, false, NUMBERS (done));
  write_log_close (log);
}
END_TEST

START_TEST (a_write_that_completes_after_the_flush_stays_pending)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t write = add_write (maker, 0, 0, "a", 0);
  uint32_t flush = add_done_flush (maker, 0);
  uint32_t done = add_completion (maker, write, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, flush, NUMBERS (0));
  assert_pending (log, done, NUMBERS (0));
  assert_points (log, false, NUMBERS (done));
  write_log_close (log);
}
END_TEST

START_TEST (a_flush_that_fails_or_never_completes_promises_nothing)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  add_completion (maker, add_flush (maker, 0), 5);
  add_flush (maker, 0);
  uint32_t last = add_mark (maker, "last");
  struct write_log *log = finish_log (maker);

  assert_pending (log, last, NUMBERS (0));
  assert_points (log, false, NUMBERS (last));
  write_log_close (log);
}
END_TEST

START_TEST (a_write_that_failed_stays_pending)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_completion (maker, add_write (maker, 0, 0, "a", 0), 5);
  add_completion (maker, add_write (maker, 0, 1, "b", LOG_FUA), 5);
  add_done_flush (maker, 0);
  uint32_t last = add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, last, NUMBERS (0, 1));
  assert_points (log, false, NUMBERS (last));
  write_log_close (log);
}
END_TEST

START_TEST (a_write_that_never_completed_stays_pending)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_write (maker, 0, 0, "a", 0);
  add_write (maker, 0, 1, "b", LOG_FUA);
  add_done_flush (maker, 0);
  uint32_t last = add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, last, NUMBERS (0, 1));
  assert_points (log, false, NUMBERS (last));
  write_log_close (log);
}
END_TEST

START_TEST (fua_counts_from_its_completion)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t issue = add_write (maker, 0, 0, "a", LOG_FUA);
  uint32_t between = add_mark (maker, "between");
  uint32_t done = add_completion (maker, issue, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, issue, NUMBERS (0));
  assert_pending (log, between, NUMBERS (0));
  assert_pending (log, done, NOTHING);
  assert_points (log, false, NUMBERS (between, done));
  write_log_close (log);
}
END_TEST

START_TEST (fua_is_no_barrier)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t in_flight = add_write (maker, 0, 3, "d", 0);
  add_done_write (maker, 0, 0, "a");
  add_done_write (maker, 0, 1, "b");
  uint32_t fua = add_write (maker, 0, 1, "c", LOG_FUA);
  add_done_write (maker, 0, 2, "e");
  uint32_t done = add_completion (maker, fua, 0);
  uint32_t last = add_completion (maker, in_flight, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, done - 1, NUMBERS (0, 1, 2, 3, 4));
  assert_pending (log, done, NUMBERS (0, 1, 2, 4));
  assert_pending (log, last, NUMBERS (0, 1, 2, 4));
  assert_points (log, false, NUMBERS (done - 1, last));
  write_log_close (log);
}
END_TEST

START_TEST (a_flush_of_another_device_promises_nothing)
{
  struct log_maker *maker = make_log (2, SECTORS);
  add_done_write (maker, 0, 0, "a");
  add_done_write (maker, 1, 0, "b");
  uint32_t other = add_done_flush (maker, 1);
  add_done_flush (maker, 1);
  uint32_t own = add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, other - 1, NUMBERS (0, 1));
  assert_pending (log, other, NUMBERS (0));
  assert_pending (log, own - 1, NUMBERS (0));
  assert_pending (log, own, NOTHING);
  assert_points (log, false, NUMBERS (other - 1, own - 1, own));
  write_log_close (log);
}
END_TEST

START_TEST (trims_and_zeroes_are_writes)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_completion (maker, add_trim (maker, 0, 0, 2, 0), 0);
  add_completion (maker, add_zero (maker, 0, 2, 2, LOG_MAY_TRIM), 0);
  uint32_t trim = add_completion (maker, add_trim (maker, 0, 4, 2, LOG_FUA), 0);
  uint32_t zero = add_completion (maker, add_zero (maker, 0, 6, 2, LOG_FUA), 0);
  uint32_t flush = add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, trim - 1, NUMBERS (0, 1, 2));
  assert_pending (log, trim, NUMBERS (0, 1));
  assert_pending (log, zero - 1, NUMBERS (0, 1, 3));
  assert_pending (log, flush - 1, NUMBERS (0, 1));
  assert_pending (log, flush, NOTHING);
  assert_points (log, false, NUMBERS (trim - 1, zero - 1, flush - 1, flush));
  write_log_close (log);
}
END_TEST

START_TEST (what_is_durable_stays_durable)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  uint32_t flush = add_done_flush (maker, 0);
  add_completion (maker, add_flush (maker, 0), 5);
  add_done_write (maker, 0, 0, "b");
  uint32_t last = add_flush (maker, 0);
  struct write_log *log = finish_log (maker);

  assert_pending (log, flush, NOTHING);
  assert_pending (log, last, NUMBERS (1));
  write_log_close (log);
}
END_TEST

START_TEST (flushes_that_change_nothing_are_no_crash_points)
{
  struct log_maker *maker = make_log (2, SECTORS);
  add_done_flush (maker, 0);
  add_write (maker, 0, 0, "a", 0);
  add_done_flush (maker, 0);
  uint32_t fua = add_completion (maker, add_write (maker, 0, 1, "b", LOG_FUA), 0);
  add_done_flush (maker, 0);
  add_done_write (maker, 0, 2, "c");
  add_done_flush (maker, 1);
  uint32_t flush = add_done_flush (maker, 0);
  add_done_flush (maker, 0);
  uint32_t last = add_mark (maker, "last");
  struct write_log *log = finish_log (maker);

  assert_points (log, false, NUMBERS (fua - 1, flush - 1, last));
  write_log_close (log);
}
END_TEST

START_TEST (the_end_is_a_crash_point_once)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  uint32_t flush = add_done_flush (maker, 0);
  uint32_t last = add_write (maker, 0, 0, "b", 0);
  struct write_log *log = finish_log (maker);

  assert_points (log, false, NUMBERS (flush - 1, last));
  write_log_close (log);
}
END_TEST

START_TEST (crash_points_lie_between_begin_and_end)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  add_done_flush (maker, 0);
  add_mark (maker, "base");
  add_done_write (maker, 0, 0, "b");
  add_done_flush (maker, 0);
  add_write (maker, 0, 3, "c", 0);
  uint32_t begin = add_mark (maker, "begin");
  add_done_write (maker, 0, 0, "d");
  uint32_t flush = add_done_flush (maker, 0);
  uint32_t end = add_mark (maker, "end");
  add_done_write (maker, 0, 0, "e");
  add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);
  uint32_t first, last;

  ck_assert_int_eq (model_range (log, &first, &last), 0);
  ck_assert_uint_eq (first, begin);
  ck_assert_uint_eq (last, end - 1);
  assert_points (log, false, NUMBERS (flush - 1, end - 1));
  write_log_close (log);
}
END_TEST

START_TEST (without_begin_the_range_starts_at_base)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  add_done_flush (maker, 0);
  uint32_t base = add_mark (maker, "base");
  add_done_write (maker, 0, 0, "b");
  uint32_t flush = add_done_flush (maker, 0);
  struct write_log *log = finish_log (maker);
  uint32_t first, last;

  ck_assert_int_eq (model_range (log, &first, &last), 0);
  ck_assert_uint_eq (first, base);
  ck_assert_uint_eq (last, flush);
  assert_points (log, false, NUMBERS (flush - 1, flush));
  write_log_close (log);
}
END_TEST

START_TEST (a_flush_right_after_begin_may_make_begin_a_crash_point)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  uint32_t early = add_flush (maker, 0);
  add_done_write (maker, 0, 1, "b");
  uint32_t late = add_flush (maker, 0);
  add_completion (maker, early, 0);
  uint32_t begin = add_mark (maker, "begin");
  uint32_t last = add_completion (maker, late, 0);
  struct write_log *log = finish_log (maker);

  assert_points (log, false, NUMBERS (begin, last));
  write_log_close (log);
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
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t before = add_mark (maker, "base");
  uint32_t begin = add_mark (maker, "begin");
  add_write (maker, 0, 0, "a", 0);
  uint32_t commit = add_mark (maker, "commit");
  uint32_t last = add_write (maker, 0, 0, "b", 0);
  struct write_log *log = finish_log (maker);
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

static const struct {
  const char *info;
  uint32_t steps;
} steps_in_header[] = { { NULL, 1 }, { "steps=2", 2 }, { "steps=many", 1 } };

/* Behind the last step, a mark of the same name is a program's own. */
static uint32_t
operation_at (const struct write_log *log, uint32_t position)
{
  return model_moment (log, position).operation;
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
    ck_assert_uint_eq (points.points[1].moment.operation, with ? 2 : 0);
    crash_points_free (&points);
    write_log_close (log);
  }
}
END_TEST

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
  /* No state of a position before a mark that weakens what is expected may be left to the point behind it. */
  if (steps == 1)
    assert_points (log, false, NUMBERS (commits[0] - 1, last));
  else
    assert_points (log, false, NUMBERS (commits[0] - 1, begins[1] - 1, commits[1] - 1, last));
  write_log_close (log);
}
END_TEST

START_TEST (without_begin_nothing_is_expected)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_write (maker, 0, 0, "a", 0);
  uint32_t last = add_mark (maker, "beginning");
  struct write_log *log = finish_log (maker);

  ck_assert_int_eq (model_moment (log, 0).phase, PHASE_UNKNOWN);
  ck_assert_int_eq (model_moment (log, last).phase, PHASE_UNKNOWN);
  write_log_close (log);
}
END_TEST

START_TEST (prefixes_are_every_issue_of_a_write_and_the_end)
{
  struct log_maker *maker = make_log (1, SECTORS);
  add_done_write (maker, 0, 0, "a");
  add_mark (maker, "begin");
  uint32_t write = add_write (maker, 0, 0, "b", 0);
  add_completion (maker, write, 0);
  add_done_flush (maker, 0);
  uint32_t fua = add_write (maker, 0, 0, "c", LOG_FUA);
  uint32_t trim = add_trim (maker, 0, 0, 1, 0);
  add_completion (maker, fua, 0);
  uint32_t commit = add_mark (maker, "commit");
  uint32_t zero = add_zero (maker, 0, 0, 1, 0);
  add_mark (maker, "end");
  add_write (maker, 0, 0, "d", 0);
  struct write_log *log = finish_log (maker);

  assert_points (log, true, NUMBERS (write, fua, trim, commit, zero));
  write_log_close (log);
}
END_TEST

START_TEST (the_prefix_of_a_last_write_is_the_end)
{
  struct log_maker *maker = make_log (1, SECTORS);
  uint32_t first = add_write (maker, 0, 0, "a", 0);
  uint32_t last = add_write (maker, 0, 0, "b", 0);
  struct write_log *log = finish_log (maker);

  assert_points (log, true, NUMBERS (first, last));
  write_log_close (log);
}
END_TEST

START_TEST (the_greatest_pending_set_is_counted)
{
  struct log_maker *maker = make_log (1, SECTORS);
  struct crash_points points;

  add_done_write (maker, 0, 0, "a");
  add_done_write (maker, 0, 1, "b");
  add_done_write (maker, 0, 2, "c");
  add_done_flush (maker, 0);
  add_done_write (maker, 0, 0, "d");
  struct write_log *log = finish_log (maker);
  ck_assert_int_eq (model_crash_points (log, false, &points), 0);
  ck_assert_uint_eq (points.pending_max, 3);
  crash_points_free (&points);
  write_log_close (log);
}
END_TEST

/* The model read a second time, from the events alone. */
struct event {
  unsigned kind, flags, device;
  uint32_t completion;          /* of an operation: where it completed without error, or LOG_NEVER */
};

struct events {
  struct event events[EVENTS_MAX];
  uint32_t writes[EVENTS_MAX];  /* positions */
  uint32_t write_count;
};

static void
list_events (const struct write_log *log, struct events *list)
{
  struct log_cursor cursor;
  struct log_event event;

  ck_assert_uint_le (log->event_count, EVENTS_MAX);
  list->write_count = 0;
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    const struct log_record *record = &event.record;

    list->events[event.position] = (struct event) { record->kind, record->flags, record->device, LOG_NEVER };
    if (record->kind == LOG_WRITE || record->kind == LOG_ZERO || record->kind == LOG_TRIM)
      list->writes[list->write_count++] = event.position;
    if (record->kind == LOG_COMPLETION && record->length == 0)
      list->events[record->offset].completion = event.position;
  }
}

static bool
naive_is_durable (const struct events *list, uint32_t write, uint32_t t)
{
  const struct event *w = &list->events[list->writes[write]];

  if (w->completion > t)        /* LOG_NEVER is above all */
    return false;
  if (w->flags & LOG_FUA)
    return true;
  for (uint32_t issue = w->completion + 1; issue < t; issue++) {
    const struct event *f = &list->events[issue];

    if (f->kind == LOG_FLUSH && f->device == w->device && f->completion <= t)
      return true;
  }
  return false;
}

/* The pending writes at T, and their count. */
static uint32_t
naive_pending (const struct events *list, uint32_t t, uint32_t *pending)
{
  uint32_t count = 0;

  for (uint32_t write = 0; write < list->write_count && list->writes[write] <= t; write++)
    if (!naive_is_durable (list, write, t))
      pending[count++] = write;
  return count;
}

static const struct log_shape shapes[] = {
  { .devices = 1, .sectors = 8, .length = 4, .letters = 3, .writes = 30, .marks = true },
  { .devices = 2, .sectors = 8, .length = 4, .letters = 3, .writes = 60, .marks = false },
  { .devices = 3, .sectors = 8, .length = 4, .letters = 3, .writes = 80, .marks = true },
};

START_TEST (what_is_pending_is_what_the_rule_says)
{
  struct dice dice = { 1 };

  for (unsigned round = 0; round < 90; round++) {
    struct write_log *log = make_random_log (&dice, &shapes[round % 3]);
    uint32_t pending[EVENTS_MAX];
    struct events list;

    list_events (log, &list);
    for (uint32_t t = 0; t < log->event_count; t++) {
      uint32_t count = naive_pending (&list, t, pending);

      assert_pending (log, t, pending, count);
    }
    write_log_close (log);
  }
}
END_TEST

/* The mark `commit`, if it ends something. */
static const struct log_mark *
naive_commit (const struct write_log *log)
{
  return log_find_mark (log, "begin", NULL, NULL) ? log_find_mark (log, "commit", NULL, NULL) : NULL;
}

/* Whether T must be a crash point: the next event makes a write durable or is `commit`, or there is none. */
static bool
is_naive_point (const struct write_log *log, const struct events *list, uint32_t t, uint32_t last)
{
  const struct log_mark *commit = naive_commit (log);
  uint32_t now[EVENTS_MAX], next[EVENTS_MAX], at = 0;

  if (t == last || (commit && commit->position == t + 1))
    return true;
  uint32_t count = naive_pending (list, t, now), next_count = naive_pending (list, t + 1, next);
  for (uint32_t i = 0; i < count; i++) {
    while (at < next_count && next[at] < now[i])
      at++;
    if (at == next_count || next[at] != now[i])
      return true;
  }
  return false;
}

START_TEST (crash_points_are_where_something_becomes_durable_or_expected)
{
  struct dice dice = { 2 };

  for (unsigned round = 0; round < 90; round++) {
    struct write_log *log = make_random_log (&dice, &shapes[round % 3]);
    uint32_t positions[EVENTS_MAX], first, last;
    struct events list;
    size_t count = 0;

    list_events (log, &list);
    ck_assert_int_eq (model_range (log, &first, &last), 0);
    for (uint32_t t = first; t <= last; t++)
      if (is_naive_point (log, &list, t, last))
        positions[count++] = t;
    assert_points (log, false, positions, count);
    count = 0;
    const struct log_mark *commit = naive_commit (log);
    for (uint32_t t = first; t <= last; t++)
      if (t == last || list.events[t].kind <= LOG_TRIM || (commit && t == commit->position))
        positions[count++] = t;
    assert_points (log, true, positions, count);
    write_log_close (log);
  }
}
END_TEST

#define SMALL_SECTORS 4
#define SMALL_PENDING 9

/* The contents of both devices of a small log under each subset of the pending writes, as numbers. */
static size_t
list_contents (const struct write_log *log, uint32_t t, const uint32_t *pending, uint32_t count, uint64_t *contents)
{
  bool there[EVENTS_MAX];
  char letters[2 * SMALL_SECTORS + 1];
  size_t subsets = (size_t) 1 << count;

  ck_assert_uint_le (count, SMALL_PENDING);
  memset (there, true, sizeof there);
  for (size_t subset = 0; subset < subsets; subset++) {
    for (uint32_t i = 0; i < count; i++)
      there[pending[i]] = subset >> i & 1;
    lay_out (log, 0, t, there, SMALL_SECTORS, letters);
    lay_out (log, 1, t, there, SMALL_SECTORS, letters + SMALL_SECTORS);
    memcpy (&contents[subset], letters, sizeof contents[subset]);
  }
  return subsets;
}

static bool
is_among (uint64_t content, const uint64_t *contents, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (contents[i] == content)
      return true;
  return false;
}

/* Check all positions up to the crash point POINT from *T on. */
static void
assert_states_covered (const struct write_log *log, const struct events *list, const struct crash_point *point,
                       uint32_t *t)
{
  uint64_t here[1 << SMALL_PENDING], there[1 << SMALL_PENDING];
  size_t there_count = list_contents (log, point->position, point->pending, point->pending_count, there);
  uint32_t pending[EVENTS_MAX];

  for (; *t <= point->position; (*t)++) {
    size_t here_count = list_contents (log, *t, pending, naive_pending (list, *t, pending), here);

    ck_assert_int_eq (model_moment (log, *t).phase, point->moment.phase);
    for (size_t i = 0; i < here_count; i++)
      ck_assert_msg (is_among (here[i], there, there_count), "a state of position %u is none of crash point %u", *t,
                     point->position);
  }
}

START_TEST (every_state_of_any_position_is_one_of_the_next_crash_point)
{
  static const struct log_shape shape = {
    .devices = 2, .sectors = SMALL_SECTORS, .length = 3, .letters = 4, .writes = 14, .marks = true
  };
  struct dice dice = { 3 };

  for (unsigned checked = 0; checked < 60;) {
    struct write_log *log = make_random_log (&dice, &shape);
    struct crash_points points;
    struct events list;
    uint32_t t, last;

    list_events (log, &list);
    ck_assert_int_eq (model_range (log, &t, &last), 0);
    ck_assert_int_eq (model_crash_points (log, false, &points), 0);
    if (points.pending_max <= SMALL_PENDING) {
      for (size_t i = 0; i < points.count; i++)
        assert_states_covered (log, &list, &points.points[i], &t);
      ck_assert_uint_eq (t, last + 1);
      checked++;
    }
    crash_points_free (&points);
    write_log_close (log);
  }
}
END_TEST

/* model_durable_from is one sweep; model_is_durable is asked about every position. */
START_TEST (a_write_is_durable_from_one_position_on)
{
  struct dice dice = { 0x5eed };
  unsigned durable_count = 0;

  for (unsigned round = 0; round < 200; round++) {
    struct write_log *log = make_random_log (&dice, &shapes[round % 3]);
    uint32_t *durable = model_durable_from (log);

    ck_assert_ptr_nonnull (durable);
    for (uint32_t write = 0; write < log->write_count; write++) {
      for (uint32_t position = 0; position < log->event_count; position++)
        ck_assert_int_eq (model_is_durable (log, write, position), durable[write] <= position);
      durable_count += durable[write] != LOG_NEVER;
    }
    free (durable);
    write_log_close (log);
  }
  ck_assert_uint_gt (durable_count, 500);
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

int
main (void)
{
  Suite *suite = suite_create ("model");
  TCase *tcase = tcase_create ("model");

  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, a_number_beyond_a_line_is_shortened);
  tcase_add_test (tcase, a_write_is_pending_from_its_issue_on);
  tcase_add_test (tcase, marks_of_operations_count_in_logs_with_a_workload_alone);
  tcase_add_test (tcase, a_flush_makes_durable_what_completed_before_its_issue_once_it_completes);
  tcase_add_test (tcase, a_write_that_completes_during_a_flush_stays_pending_until_the_next);
  tcase_add_test (tcase, a_write_issued_and_completed_during_a_flush_stays_pending);
  tcase_add_test (tcase, a_write_that_completes_after_the_flush_stays_pending);
  tcase_add_test (tcase, a_flush_that_fails_or_never_completes_promises_nothing);
  tcase_add_test (tcase, a_write_that_failed_stays_pending);
  tcase_add_test (tcase, a_write_that_never_completed_stays_pending);
  tcase_add_test (tcase, fua_counts_from_its_completion);
  tcase_add_test (tcase, fua_is_no_barrier);
  tcase_add_test (tcase, a_flush_of_another_device_promises_nothing);
  tcase_add_test (tcase, trims_and_zeroes_are_writes);
  tcase_add_test (tcase, what_is_durable_stays_durable);
  tcase_add_test (tcase, flushes_that_change_nothing_are_no_crash_points);
  tcase_add_test (tcase, the_end_is_a_crash_point_once);
  tcase_add_test (tcase, crash_points_lie_between_begin_and_end);
  tcase_add_test (tcase, without_begin_the_range_starts_at_base);
  tcase_add_test (tcase, a_flush_right_after_begin_may_make_begin_a_crash_point);
  tcase_add_test (tcase, a_log_without_events_has_no_range);
  tcase_add_test (tcase, expectations_change_at_begin_and_commit);
  tcase_add_test (tcase, without_begin_nothing_is_expected);
  tcase_add_loop_test (tcase, a_step_reaches_from_begin_to_commit, 0, 3);
  tcase_add_test (tcase, prefixes_are_every_issue_of_a_write_and_the_end);
  tcase_add_test (tcase, the_prefix_of_a_last_write_is_the_end);
  tcase_add_test (tcase, the_greatest_pending_set_is_counted);
  tcase_add_test (tcase, what_is_pending_is_what_the_rule_says);
  tcase_add_test (tcase, crash_points_are_where_something_becomes_durable_or_expected);
  tcase_add_test (tcase, every_state_of_any_position_is_one_of_the_next_crash_point);
  tcase_add_test (tcase, a_write_is_durable_from_one_position_on);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}
