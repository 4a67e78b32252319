/* SPDX-License-Identifier: BSD-3-Clause */
/* Which recordings of an update are planned, and what their logs are called. */
#include <config.h>

#include "common/cleanup.h"
#include "record/recordings.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static const struct {
  const char *log, *suffix, *name;
} names[] = {
  { "log.bin", "-commit", "log-commit.bin" },
  { "log.bin", "", "log.bin" },
  { "/a.b/log", "-commit", "/a.b/log-commit" },
  { "a/x.y.bin", "-writeback", "a/x.y-writeback.bin" },
  { ".hidden", "-commit", ".hidden-commit" },
  { "../log", "-commit", "../log-commit" },
};

START_TEST (a_suffix_stands_before_the_extension)
{
  CLEANUP_FREE char *name = recordings_log_name (names[_i].log, names[_i].suffix);

  ck_assert_str_eq (name, names[_i].name);
}
END_TEST

START_TEST (there_is_a_recording_for_each_background)
{
  const struct recording update = { .log = "log.bin", .filesystem = "ext4", .device = "late" };
  struct backgrounds backgrounds;
  struct recordings recordings;

  ck_assert_int_eq (backgrounds_parse ("writeback,none", &backgrounds), 0);
  ck_assert_int_eq (recordings_plan (&recordings, &update, &backgrounds, NULL), 0);
  ck_assert_uint_eq (recordings.count, 2);
  ck_assert_int_eq (recordings.list[0]->background, BACKGROUND_WRITEBACK);
  ck_assert_str_eq (recordings.list[0]->log, "log.bin");
  ck_assert (!recordings.list[0]->output_dropped);
  ck_assert_int_eq (recordings.list[1]->background, BACKGROUND_NONE);
  ck_assert_str_eq (recordings.list[1]->log, "log-none.bin");
  ck_assert (recordings.list[1]->output_dropped);
  ck_assert_str_eq (recordings_add (&recordings, BACKGROUND_COMMIT, "random:1", "-random-1"), "log-random-1.bin");
  ck_assert_str_eq (recordings.list[2]->device, "random:1");
  ck_assert_str_eq (recordings.list[1]->device, "late");
  recordings_free (&recordings);
}
END_TEST

static const char *const wrong[] = { "some", "", "none,", "none,none", "none,commit,writeback,none" };

START_TEST (other_backgrounds_are_refused_in_one_line)
{
  struct backgrounds backgrounds;

  forget_messages ();
  ck_assert_int_eq (backgrounds_parse (wrong[_i], &backgrounds), -1);
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

static const struct {
  const char *device;
  uint64_t seed;
} seeds[] = { { "late", 1 }, { "fast", 1 }, { "random:1", 2 }, { "random:7", 8 } };

START_TEST (a_further_recording_is_on_another_device)
{
  ck_assert_uint_eq (recordings_first_seed (seeds[_i].device), seeds[_i].seed);
}
END_TEST

static const struct {
  const char *path;
  bool refused;
} reports[] = {
  { "log-random-1.bin", true }, { "./log-writeback-random-2.bin", true }, { "log-random-3.bin", true },
  { "log-random-2.bin", false }, { "log-writeback-random-1.bin", false }, { "log-random-1.json", false },
  { "log.json", false }, { "-", false }
};

START_TEST (no_report_has_the_name_of_a_further_log)
{
  const struct recording update = { .log = "log.bin", .filesystem = "ext4", .device = "late" };
  const struct backgrounds backgrounds = { { BACKGROUND_NONE, BACKGROUND_WRITEBACK }, 2 };
  const char *const paths[] = { NULL, reports[_i].path };

  ck_assert_int_eq (recordings_check_reports (&update, &backgrounds, paths, 2), reports[_i].refused ? -1 : 0);
}
END_TEST

UNIT_TEST_MAIN ("recordings", LOOP_OVER (a_suffix_stands_before_the_extension, names),
                there_is_a_recording_for_each_background, LOOP_OVER (other_backgrounds_are_refused_in_one_line, wrong),
                LOOP_OVER (a_further_recording_is_on_another_device, seeds),
                LOOP_OVER (no_report_has_the_name_of_a_further_log, reports))
