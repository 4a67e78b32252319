/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "tests/unit/replay/search/points.h"

void
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

void
assert_points (const struct write_log *log, unsigned which, const uint32_t *positions, size_t count)
{
  struct crash_points points;

  ck_assert_int_eq (model_crash_points (log, which, &points), 0);
  for (size_t i = 0; i < points.count && i < count; i++) {
    ck_assert_uint_eq (points.points[i].position, positions[i]);
    uint32_t *pending = crash_point_pending (&points, &points.points[i]);
    assert_pending (log, positions[i], pending, points.points[i].pending_count);
    free (pending);
  }
  ck_assert_uint_eq (points.count, count);
  crash_points_free (&points);
}
