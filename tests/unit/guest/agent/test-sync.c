/* SPDX-License-Identifier: BSD-3-Clause */
/* Bringing a device to rest, with the kernel played by the test: writes that are still under way when sync(2) returns.
 */
#include <config.h>

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "guest/agent/agent.h"
#include "tests/unit/unit.h"

static char stat_file[64];
static unsigned dirty;          /* sectors that the next sync begins to write */
static unsigned in_flight, written, durable;
static unsigned slowness;       /* looks until what is in flight has completed */
static unsigned looks, flushes;
static unsigned background;     /* sectors that somebody writes at each look, for ever */

static void
tell_activity (void)
{
  FILE *file = fopen (stat_file, "we");

  ck_assert_ptr_nonnull (file);
  fprintf (file, "1 0 8 1 1 0 %u 1 %u 1 2 0 0 0 0 %u 1\n", written, in_flight, flushes);
  fclose (file);
}

/* In place of the C library's. */
void
sync (void)
{
  in_flight += dirty;
  dirty = 0;
  looks = 0;
  tell_activity ();
}

int
fsync (int fd)
{
  (void) fd;
  flushes++;
  durable = written;
  return 0;
}

int
nanosleep (const struct timespec *time, struct timespec *left)
{
  (void) time, (void) left;
  written += background;
  if (++looks > slowness) {
    written += in_flight;
    in_flight = 0;
  }
  tell_activity ();
  return 0;
}

static void
set_up (void)
{
  snprintf (stat_file, sizeof stat_file, "/tmp/powercut-stat-XXXXXX");
  int fd = mkstemp (stat_file);

  dirty = in_flight = written = durable = slowness = looks = flushes = background = 0;
  ck_assert_int_ne (fd, -1);
  close (fd);
  tell_activity ();
}

static void
tear_down (void)
{
  unlink (stat_file);
}

START_TEST (a_flush_comes_after_the_last_write_has_completed)
{
  dirty = 16;
  slowness = 3;
  ck_assert_int_eq (sync_until_quiet (0, stat_file), 0);
  ck_assert_uint_eq (written, 16);
  ck_assert_uint_eq (durable, 16);
}
END_TEST

START_TEST (what_is_at_rest_is_flushed_once)
{
  ck_assert_int_eq (sync_until_quiet (0, stat_file), 0);
  ck_assert_uint_eq (flushes, 1);
}
END_TEST

START_TEST (who_writes_for_ever_is_not_waited_for)
{
  background = 8;
  ck_assert_int_eq (sync_until_quiet (0, stat_file), 0);
  ck_assert_uint_gt (flushes, 1);
}
END_TEST

START_TEST (a_device_without_statistics_is_an_error)
{
  ck_assert_int_eq (sync_until_quiet (0, "/nonexistent"), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("sync", set_up, tear_down,
  a_flush_comes_after_the_last_write_has_completed,
  what_is_at_rest_is_flushed_once,
  who_writes_for_ever_is_not_waited_for,
  a_device_without_statistics_is_an_error)
