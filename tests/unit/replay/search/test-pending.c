/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "common/cleanup.h"
#include "replay/search/crash-points.h"
#include "tests/unit/make-log.h"

static const struct log_shape shapes[] = {
  { .devices = 1, .sectors = 32, .length = 2, .letters = 3, .writes = 1 },
  { .devices = 1, .sectors = 32, .length = 2, .letters = 3, .writes = 16 },
  { .devices = 2, .sectors = 32, .length = 2, .letters = 3, .writes = 300, .marks = true },
  { .devices = 3, .sectors = 32, .length = 2, .letters = 3, .writes = 700, .marks = true },
};

START_TEST (an_index_lists_what_is_pending_at_any_position)
{
  struct random_logs logs = RANDOM_LOGS (9, shapes);

  while (next_random_log (&logs, 40)) {
    const struct write_log *log = logs.log;
    CLEANUP_FREE uint32_t *durable = model_durable_from (log);
    struct pending_index index;

    ck_assert_int_eq (pending_index_build (&index, log), 0);
    for (uint32_t t = 0; t < log->event_count; t++) {
      CLEANUP_FREE uint32_t *pending = NULL;
      const int64_t count = pending_index_list (&index, t, &pending);
      int64_t at = 0;

      for (uint32_t write = 0; write < log->write_count; write++) {
        const bool is_pending = log->writes[write].issue <= t && durable[write] > t;

        if (pending_index_has (&index, write, t) != is_pending)
          ck_abort_msg ("write %u at %u", write, t);
        if (is_pending && (at >= count || pending[at++] != write))
          ck_abort_msg ("write %u at %u is not listed", write, t);
      }
      ck_assert_int_eq (at, count);
    }
    pending_index_free (&index);
  }
}
END_TEST

/* Whatever it begins with, also in the middle of a group. */
START_TEST (the_next_that_is_pending_is_found_from_any_write_on)
{
  struct random_logs logs = RANDOM_LOGS (11, shapes);

  while (next_random_log (&logs, 40)) {
    const struct write_log *log = logs.log;
    const uint32_t t = roll (&logs.dice, log->event_count);
    struct pending_index index;
    uint32_t next = LOG_NEVER;

    ck_assert_int_eq (pending_index_build (&index, log), 0);
    for (uint32_t from = log->write_count; from-- > 0;) {
      uint32_t found = from;

      next = pending_index_has (&index, from, t) ? from : next;
      ck_assert_int_eq (pending_index_next (&index, t, &found), next != LOG_NEVER);
      if (next != LOG_NEVER)
        ck_assert_uint_eq (found, next);
    }
    pending_index_free (&index);
  }
}
END_TEST

START_TEST (crash_points_know_how_many_are_pending)
{
  struct random_logs logs = RANDOM_LOGS (10, shapes);

  while (next_random_log (&logs, 80)) {
    const struct write_log *log = logs.log;
    struct crash_points points;
    uint32_t most = 0;

    ck_assert_int_eq (model_crash_points (log, logs.round % 2 ? POINTS_PREFIXES : 0, &points), 0);
    for (size_t i = 0; i < points.count; i++) {
      const struct crash_point *point = &points.points[i];
      CLEANUP_FREE uint32_t *expected = NULL, *pending = crash_point_pending (&points, point);

      ck_assert_int_eq (model_pending (log, point->position, &expected), point->pending_count);
      ck_assert_mem_eq (pending, expected, point->pending_count * sizeof *pending);
      ck_assert_uint_eq (crash_points_from (&points, point->position), i);
      most = most < point->pending_count ? point->pending_count : most;
    }
    ck_assert_uint_eq (points.pending_max, most);
    ck_assert_uint_eq (crash_points_from (&points, LOG_NEVER), points.count);
    crash_points_free (&points);
  }
}
END_TEST

/* Each write is in flight for longer than the one after it: what is looked for in steps that double is found. */
START_TEST (a_write_in_flight_over_many_flushes_needs_one_after_it)
{
  struct log_maker *maker = make_log (1, 8);
  uint32_t issues[1000], flushes[1000];

  for (unsigned i = 0; i < 1000; i++) {
    issues[i] = add_write (maker, 0, 0, "a", 0);
    add_completion (maker, add_flush (maker, 0), 0);
  }
  for (unsigned i = 1000; i-- > 0;) {
    add_completion (maker, issues[i], 0);
    flushes[i] = add_completion (maker, add_flush (maker, 0), 0);
  }
  struct write_log *log = finish_log (maker);
  CLEANUP_FREE uint32_t *durable = model_durable_from (log);
  for (unsigned i = 0; i < 1000; i++)
    ck_assert_uint_eq (durable[i], flushes[i]);
  write_log_close (log);
}
END_TEST

START_TEST (a_flush_that_was_issued_later_may_make_durable_first)
{
  struct write_log *log = finish_log (make_log_of_events (1, 8, "w0=a d0 f f d3 d2"));
  CLEANUP_FREE uint32_t *durable = model_durable_from (log);

  ck_assert_uint_eq (durable[0], 4);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("pending", an_index_lists_what_is_pending_at_any_position,
                the_next_that_is_pending_is_found_from_any_write_on, crash_points_know_how_many_are_pending,
                a_write_in_flight_over_many_flushes_needs_one_after_it,
                a_flush_that_was_issued_later_may_make_durable_first)
