/* SPDX-License-Identifier: BSD-3-Clause */
/* A log that was cut at a position is the same log up to there. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/cut.h"
#include "log/files.h"
#include "log/info.h"
#include "replay/search/crash-points.h"
#include "tests/unit/make-log.h"

#define SECTORS 8

/* LOG, cut at POSITION. */
static struct write_log *
cut (const struct write_log *log, uint32_t position, const char *kept)
{
  CLEANUP_FREE char *path = new_path ();
  struct write_log *result;

  ck_assert_int_eq (log_cut (log, position, kept, NULL, path), 0);
  result = write_log_open (path);
  unlink (path);
  ck_assert_ptr_nonnull (result);
  ck_assert_int_eq (result->end, LOG_END_CLOSED);
  return result;
}

static void
assert_same_pending (const struct write_log *log, const struct write_log *part, uint32_t t)
{
  CLEANUP_FREE uint32_t *here = NULL, *there = NULL;
  int64_t count = model_pending (log, t, &here);

  ck_assert_int_eq (model_pending (part, t, &there), count);
  ck_assert_int_eq (memcmp (here, there, (size_t) count * sizeof *here), 0);
  ck_assert_int_eq (model_moment (log, t).phase, model_moment (part, t).phase);
}

/* The crash points of both before POSITION are the same, and that of the part are no later than POSITION. */
static void
assert_same_points (const struct write_log *log, const struct write_log *part, uint32_t position)
{
  struct crash_points all, some;

  ck_assert_int_eq (model_crash_points (log, false, &all), 0);
  ck_assert_int_eq (model_crash_points (part, false, &some), 0);
  for (size_t i = 0; i < all.count && all.points[i].position < position; i++) {
    ck_assert_uint_lt (i, some.count);
    ck_assert_uint_eq (all.points[i].position, some.points[i].position);
    ck_assert_uint_eq (all.points[i].pending_count, some.points[i].pending_count);
  }
  crash_points_free (&all);
  crash_points_free (&some);
}

static void
assert_same_contents (const struct write_log *log, const struct write_log *part, uint32_t t)
{
  char here[SECTORS + 1], there[SECTORS + 1];
  bool all[256];

  memset (all, true, sizeof all);
  lay_out (log, 0, t, all, SECTORS, here);
  lay_out (part, 0, t, all, SECTORS, there);
  ck_assert_str_eq (here, there);
}

START_TEST (up_to_the_cut_nothing_changes)
{
  static const struct log_shape shape = {
    .devices = 2, .sectors = SECTORS, .length = 4, .letters = 3, .writes = 40, .marks = true
  };
  struct dice dice = { 5 };

  for (unsigned round = 0; round < unit_rounds (8); round++) {
    struct write_log *log = make_random_log (&dice, &shape);

    for (uint32_t position = 0; position < log->event_count; position++) {
      struct write_log *part = cut (log, position, "powercut:new");

      ck_assert_uint_eq (part->event_count, position + 2);      /* and the mark `end` */
      ck_assert_uint_eq (part->write_count, log_writes_until (log, position));
      ck_assert_uint_eq (part->created, log->created);
      for (uint32_t t = 0; t <= position; t++)
        assert_same_pending (log, part, t);
      assert_same_points (log, part, position);
      assert_same_contents (log, part, position);
      write_log_close (part);
    }
    write_log_close (log);
  }
}
END_TEST

START_TEST (nothing_behind_the_cut_is_explored)
{
  struct log_maker *maker = make_log (1, SECTORS);
  struct crash_points points;

  add_mark (maker, "begin");
  add_done_write (maker, 0, 0, "a");
  add_completion (maker, add_flush (maker, 0), 0);
  add_mark (maker, "commit");
  add_mark (maker, "powercut:new one");
  struct write_log *log = finish_log (maker), *part = cut (log, 2, "powercut:new");

  ck_assert_int_eq (model_crash_points (part, false, &points), 0);
  ck_assert_uint_eq (points.count, 1);
  ck_assert_uint_eq (points.points[0].position, 2);
  ck_assert_int_eq (points.points[0].moment.phase, PHASE_UPDATE);
  crash_points_free (&points);
  write_log_close (part);
  write_log_close (log);
}
END_TEST

START_TEST (what_comes_later_and_is_kept_keeps_its_text_and_order)
{
  struct log_maker *maker = make_log_with_info (1, SECTORS, "filesystem=ext4");

  add_mark (maker, "powercut:old x");
  add_mark (maker, "begin");
  add_mark (maker, "powercut:new one");
  add_mark (maker, "commit");
  add_mark (maker, "powercut:newer");
  add_mark (maker, "powercut:new two");
  struct write_log *log = finish_log (maker), *part = cut (log, 1, "powercut:new");

  ck_assert_uint_eq (part->mark_count, 5);
  ck_assert (log_mark_is (&part->marks[2], "end", NULL, NULL));
  ck_assert_int_eq (strncmp (part->marks[3].text, "powercut:new one", part->marks[3].length), 0);
  ck_assert_int_eq (strncmp (part->marks[4].text, "powercut:new two", part->marks[4].length), 0);
  ck_assert_str_eq (log_info (part, "filesystem"), "ext4");
  write_log_close (part);
  write_log_close (log);
}
END_TEST

/* A file with TEXT, its path to free. */
static char *
write_file (const char *text)
{
  char *path = new_path ();
  FILE *file = fopen (path, "w");

  ck_assert_ptr_nonnull (file);
  fputs (text, file);
  ck_assert_int_eq (fclose (file), 0);
  return path;
}

START_TEST (another_checker_takes_the_place_of_the_log_s_own)
{
  struct log_maker *maker = make_log_with_info (1, SECTORS, "check=./mine");
  CLEANUP_FREE char *files = write_file ("its programs"), *path = new_path ();
  const struct log_checker checker = { "./its --own", files };
  const void *data;

  add_mark (maker, LOG_FILES_MARK " my programs");
  add_mark (maker, "begin");
  add_done_write (maker, 0, 0, "a");
  struct write_log *log = finish_log (maker);
  ck_assert_uint_eq (log_files_piece (&log->marks[0], &data), strlen ("my programs"));
  ck_assert_int_eq (log_cut (log, 3, "powercut:new", &checker, path), 0);
  struct write_log *part = write_log_open (path);
  ck_assert_ptr_nonnull (part);
  ck_assert_int_eq (part->end, LOG_END_CLOSED);
  ck_assert_str_eq (log_info (part, "check"), "./its --own");
  ck_assert_ptr_null (log_info_after (part, "check", log_info (part, "check")));
  ck_assert_uint_eq (part->mark_count, 4);
  ck_assert_uint_eq (log_files_piece (&part->marks[0], &data), 0);
  ck_assert_uint_eq (log_files_piece (&part->marks[3], &data), strlen ("its programs"));
  ck_assert_int_eq (memcmp (data, "its programs", strlen ("its programs")), 0);
  assert_same_pending (log, part, 3);
  assert_same_contents (log, part, 3);
  write_log_close (part);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("cut", up_to_the_cut_nothing_changes, nothing_behind_the_cut_is_explored,
                what_comes_later_and_is_kept_keeps_its_text_and_order,
                another_checker_takes_the_place_of_the_log_s_own)
