/* SPDX-License-Identifier: BSD-3-Clause */
/* Random logs against a second reading of the crash model (replay/search/model.h), from the events alone. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "tests/unit/replay/search/points.h"

#define EVENTS_MAX 512

struct event {
  unsigned kind, flags, device;
  uint64_t offset, end;         /* on the device */
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

    list->events[event.position] = (struct event) {
      record->kind, record->flags, record->device, record->offset, record->offset + record->length, LOG_NEVER
    };
    if (record->kind == LOG_WRITE || record->kind == LOG_ZERO || record->kind == LOG_TRIM)
      list->writes[list->write_count++] = event.position;
    if (record->kind == LOG_COMPLETION && record->length == 0)
      list->events[record->offset].completion = event.position;
  }
}

/* Whether the event at POSITION is a trim of something that was written. */
static bool
trims_data (const struct events *list, uint32_t position)
{
  const struct event *trim = &list->events[position];

  for (const struct event *e = list->events; e < trim; e++)
    if (trim->kind == LOG_TRIM && e->kind == LOG_WRITE && e->device == trim->device && e->offset < trim->end
        && trim->offset < e->end)
      return true;
  return false;
}

static bool
naive_is_durable (const struct events *list, uint32_t write, uint32_t t)
{
  const struct event *w = &list->events[list->writes[write]];

  if (w->completion > t || trims_data (list, list->writes[write]))        /* LOG_NEVER is above all */
    return false;
  if (w->flags & LOG_FLAG_FUA)
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
  struct random_logs logs = RANDOM_LOGS (1, shapes);

  while (next_random_log (&logs, 90)) {
    const struct write_log *log = logs.log;
    uint32_t pending[EVENTS_MAX];
    struct events list;

    list_events (log, &list);
    for (uint32_t t = 0; t < log->event_count; t++) {
      uint32_t count = naive_pending (&list, t, pending);

      assert_pending (log, t, pending, count);
    }
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
  struct random_logs logs = RANDOM_LOGS (2, shapes);

  while (next_random_log (&logs, 90)) {
    const struct write_log *log = logs.log;
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
assert_states_covered (const struct write_log *log, const struct events *list, const struct crash_points *points,
                       const struct crash_point *point, uint32_t *t)
{
  uint64_t here[1 << SMALL_PENDING], there[1 << SMALL_PENDING];
  CLEANUP_FREE uint32_t *pending_there = crash_point_pending (points, point);
  size_t there_count = list_contents (log, point->position, pending_there, point->pending_count, there);
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

  for (unsigned checked = 0; checked < unit_rounds (60);) {
    struct write_log *log = make_random_log (&dice, &shape);
    struct crash_points points;
    struct events list;
    uint32_t t, last;

    list_events (log, &list);
    ck_assert_int_eq (model_range (log, &t, &last), 0);
    ck_assert_int_eq (model_crash_points (log, false, &points), 0);
    if (points.pending_max <= SMALL_PENDING) {
      for (size_t i = 0; i < points.count; i++)
        assert_states_covered (log, &list, &points, &points.points[i], &t);
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
  struct random_logs logs = RANDOM_LOGS (0x5eed, shapes);
  unsigned durable_count = 0;

  while (next_random_log (&logs, 200)) {
    const struct write_log *log = logs.log;
    uint32_t *durable = model_durable_from (log);

    ck_assert_ptr_nonnull (durable);
    for (uint32_t write = 0; write < log->write_count; write++) {
      for (uint32_t position = 0; position < log->event_count; position++)
        ck_assert_int_eq (model_is_durable (log, write, position), durable[write] <= position);
      durable_count += durable[write] != LOG_NEVER;
    }
    free (durable);
  }
  ck_assert_uint_gt (durable_count, unit_rounds (500));
}
END_TEST

UNIT_TEST_MAIN ("model-naive", what_is_pending_is_what_the_rule_says,
                crash_points_are_where_something_becomes_durable_or_expected,
                every_state_of_any_position_is_one_of_the_next_crash_point, a_write_is_durable_from_one_position_on)
