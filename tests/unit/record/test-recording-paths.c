/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "record/recording-disks.h"
#include "record/recording-paths.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

START_TEST (two_paths_are_one_disk)
{
  struct recording recording = { .filesystem = "ext4", .mount_options = "", .path_count = 2 };

  ck_assert_int_eq (recording_take_disks (&recording, &(struct option_texts) { NULL, 0 }, 0, NULL), 0);
  ck_assert_int_eq (recording_take_paths (&recording), 0);
  ck_assert_str_eq (recording.disks.list[0].place, "/dev/dm-0");
  free ((char *) recording.mount_options);
}
END_TEST

static const struct {
  uint64_t paths;
  bool virtio;
  size_t disks;
  const char *down_at, *expected;
} bad[] = {
  { 0, false, 1, NULL, "--paths=0: give 1 or 2" },
  { 3, false, 1, NULL, "--paths=3: give 1 or 2" },
  { 2, true, 1, NULL, "--paths=2: excludes --bus=virtio" },
  { 2, false, 2, "begin", "--paths=2: is for one disk" },
  { 1, false, 1, "begin", "--path-down-at=begin: is for a disk that has another path" },
};

START_TEST (what_cannot_be_is_refused)
{
  struct recording recording = {
    .path_count = bad[_i].paths, .virtio = bad[_i].virtio, .disks.count = bad[_i].disks, .path_down_at = bad[_i].down_at
  };

  ck_assert_int_eq (recording_take_paths (&recording), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad[_i].expected), "%s", message);
}
END_TEST

static const struct {
  const char *down_at, *events;
  const char *cut, *later;      /* a mark after those, if not NULL, and events after it */
  bool good;
} cuts[] = {
  { NULL, "m:never", NULL, "", true },
  { "now", "m:now w0=a", "powercut:path down 1", "d1", true },
  { "now", "m:now f", "powercut:path down 0", "d1", true },
  { "1", "m:now t0+1", "powercut:path down 1", "d1", true },
  { "now", "m:now w0=a", "powercut:path up 1", "d1", false },
  { "now", "w0=a d0 m:now", NULL, "", false },
  /* Taken down by somebody else. */
  { "never", "w0=a d0", "powercut:path down 1", "w0=b d3", false },
  { "now", "w0=a d0", "powercut:path down 1", "m:now", false },
  { "now", "m:nowhere w0=a d1", "powercut:path down 1", "f d4", false },
  { "9", "w0=a d0", "powercut:path down 1", "f d3", false },
};

START_TEST (a_path_that_never_went_down_there_is_an_error)
{
  const struct recording recording = { .path_down_at = cuts[_i].down_at };
  struct log_maker *maker = make_log_of_events (1, 8, cuts[_i].events);

  if (cuts[_i].cut)
    add_mark (maker, cuts[_i].cut);
  add_events (maker, cuts[_i].later);
  struct write_log *log = finish_log (maker);
  ck_assert_int_eq (recording_check_cut (&recording, log), cuts[_i].good ? 0 : -1);
  ck_assert_uint_eq (message_count, !cuts[_i].good);
  if (!cuts[_i].good)
    ck_assert_msg (strstr (message, ": no path went down"), "%s", message);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN_WITH ("recording-paths", forget_messages, NULL, LOOP_OVER (what_cannot_be_is_refused, bad),
                     two_paths_are_one_disk, LOOP_OVER (a_path_that_never_went_down_there_is_an_error, cuts))
