/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "record/recording-disks.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static const char *two_disks[] = { "data:64M", "log:64M" };

static const struct {
  const char *filesystem;
  size_t disks;
  const char *log_disk, *mkfs_arguments, *mount_options;        /* what is asked for */
  const char *journal, *mkfs, *mount, *places;  /* what becomes of it */
} cases[] = {
  { "ext4", 0, NULL, "-b 1024", "noatime", NULL, " -b 1024 /dev/nbd0", "noatime", "/dev/nbd0" },
  { "ext4", 2, NULL, NULL, "", NULL, "  /dev/nbd0", "", "/dev/nbd0" },
  { "ext4", 2, NULL, "-J device={log}", "journal_path={log}", NULL, " -J device=/dev/nbd1 /dev/nbd0",
    "journal_path=/dev/nbd1", "/dev/nbd0" },
  { "ext4", 2, "log", NULL, "noatime", "-q -F -O journal_dev -b 4096 /dev/nbd1",
    "-b 4096 -J device=/dev/nbd1  /dev/nbd0", "noatime,journal_path=/dev/nbd1", "/dev/nbd0" },
  { "xfs", 2, "log", "-m crc=1", "", NULL, "-l logdev=/dev/nbd1 -m crc=1 /dev/nbd0", "logdev=/dev/nbd1", "/dev/nbd0" },
  { "btrfs", 2, NULL, "-d raid1", "", NULL, " -d raid1 /dev/nbd0 /dev/nbd1", "", "/dev/nbd0,/dev/nbd1" },
};

static void
expect_text (const char *text, const char *expected)
{
  if (expected)
    ck_assert_str_eq (text, expected);
}

START_TEST (a_file_system_is_made_on_its_disks)
{
  const struct option_texts texts = { two_disks, cases[_i].disks };
  struct recording recording = {
    .filesystem = cases[_i].filesystem, .mkfs_arguments = cases[_i].mkfs_arguments,
    .mount_options = cases[_i].mount_options
  };

  ck_assert_int_eq (recording_take_disks (&recording, &texts, 0, cases[_i].log_disk), 0);
  ck_assert_int_eq (recording_makes_journal (&recording), cases[_i].journal != NULL);
  CLEANUP_FREE char *journal = cases[_i].journal ? recording_mkfs_arguments (&recording, NULL) : NULL;
  CLEANUP_FREE char *all = disks_places (&recording.disks, -1), *places = recording_places (&recording, all);
  CLEANUP_FREE char *mkfs = recording_mkfs_arguments (&recording, all);
  CLEANUP_FREE char *mount = recording_mount_options (&recording);
  expect_text (journal, cases[_i].journal);
  expect_text (mkfs, cases[_i].mkfs);
  expect_text (mount, cases[_i].mount);
  expect_text (places, cases[_i].places);
  free ((char *) recording.mount_options);
}
END_TEST

START_TEST (a_name_of_no_disk_is_found_out_at_once)
{
  const struct option_texts texts = { two_disks, 2 };
  struct recording recording = { .filesystem = "ext4", .mkfs_arguments = "-J device={jnl}", .mount_options = "" };

  ck_assert_int_eq (recording_take_disks (&recording, &texts, 0, NULL), -1);
  ck_assert_str_eq (message, "--mkfs: {jnl} is no disk: there are data, log");
  recording.mkfs_arguments = NULL;
  recording.mount_options = "journal_path={jnl}";
  ck_assert_int_eq (recording_take_disks (&recording, &texts, 0, NULL), -1);
  ck_assert_str_eq (message, "--mount: {jnl} is no disk: there are data, log");
}
END_TEST

/* What is made of disks takes their place. */
START_TEST (a_file_system_is_made_on_what_is_made_of_disks)
{
  const struct option_texts texts = { two_disks, 2 };
  struct recording recording = {
    .filesystem = "ext4", .mount_options = "", .create = "mdadm -C /dev/md0 {data} {log}",
    .assemble = "mdadm -A /dev/md0 {data} {log}"
  };

  ck_assert_int_eq (recording_take_disks (&recording, &texts, 0, NULL), 0);
  CLEANUP_FREE char *mkfs = recording_mkfs_arguments (&recording, "/dev/md0");
  CLEANUP_FREE char *first = recording_places (&recording, "/dev/md0,/dev/dm-0");
  recording.filesystem = "btrfs";
  CLEANUP_FREE char *both = recording_places (&recording, "/dev/md0,/dev/dm-0");
  expect_text (mkfs, "  /dev/md0");
  expect_text (first, "/dev/md0");
  expect_text (both, "/dev/md0,/dev/dm-0");
  free ((char *) recording.mount_options);
}
END_TEST

static const struct {
  const char *create, *assemble, *expected;
} bad_commands[] = {
  { "mdadm {data}", NULL, "--create=mdadm {data}: is for --assemble" },
  { "mdadm", "mdadm {data}", "--create=mdadm: names no disk: {data} stands for where one is" },
  { NULL, "mdadm", "--assemble=mdadm: names no disk: {data} stands for where one is" },
  { NULL, "mdadm {a}", "--assemble: {a} is no disk: there are data, log" },
  { "mdadm {a}", "mdadm {data}", "--create: {a} is no disk: there are data, log" },
};

START_TEST (what_makes_nothing_of_disks_is_refused)
{
  const struct option_texts texts = { two_disks, 2 };
  struct recording recording = {
    .filesystem = "ext4", .mount_options = "", .create = bad_commands[_i].create, .assemble = bad_commands[_i].assemble
  };

  ck_assert_int_eq (recording_take_disks (&recording, &texts, 0, NULL), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad_commands[_i].expected), "%s", message);
}
END_TEST

static const struct {
  const char *filesystem, *log_disk;
  uint64_t size_bytes;
  size_t disks;
  const char *expected;
} bad[] = {
  { "ext4", NULL, 4096, 2, "--size=4096: excludes --disk" },
  { "ext4", NULL, 4097, 0, "--size=4097: must be a multiple of 4096 bytes" },
  { "btrfs", "log", 0, 2, "--log-device=log: btrfs has no journal on a disk of its own" },
  { "ext2", "log", 0, 2, "--log-device=log: ext2 has no journal on a disk of its own" },
  { "ext4", "data", 0, 2, "--log-device=data: the first disk has the file system" },
  { "ext4", "other", 0, 2, "--log-device=other: no disk is called so: add --disk=other:SIZE" },
  { "ext4", "log", 0, 0, "--log-device=log: no disk is called so" },
};

START_TEST (what_cannot_be_is_refused)
{
  const struct option_texts texts = { two_disks, bad[_i].disks };
  struct recording recording = { .filesystem = bad[_i].filesystem, .mount_options = "" };

  ck_assert_int_eq (recording_take_disks (&recording, &texts, bad[_i].size_bytes, bad[_i].log_disk), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad[_i].expected), "%s", message);
}
END_TEST

UNIT_TEST_MAIN_WITH ("recording-disks", forget_messages, NULL, LOOP_OVER (a_file_system_is_made_on_its_disks, cases),
                     LOOP_OVER (what_cannot_be_is_refused, bad), a_file_system_is_made_on_what_is_made_of_disks,
                     LOOP_OVER (what_makes_nothing_of_disks_is_refused, bad_commands),
                     a_name_of_no_disk_is_found_out_at_once)
