/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "guest/disks.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

#define MIB (UINT64_C (1) << 20)

static struct disks disks;

static int
parse (const char *one, const char *other)
{
  const char *texts[] = { one, other };
  const struct option_texts list = { texts, other ? 2 : 1 };

  return disks_parse (&list, 0, &disks);
}

START_TEST (disks_have_names_sizes_and_places)
{
  ck_assert_int_eq (parse ("data:64M", "log_2:4096"), 0);
  ck_assert_uint_eq (disks.count, 2);
  ck_assert_str_eq (disks.list[0].name, "data");
  ck_assert_uint_eq (disks.list[0].size_bytes, 64 * MIB);
  ck_assert_uint_eq (disks.list[1].size_bytes, 4096);
  ck_assert_int_eq (disks_find (&disks, "log_2"), 1);
  ck_assert_int_eq (disks_find (&disks, "log"), -1);
  disks_place (&disks, false);
  CLEANUP_FREE char *all = disks_places (&disks, -1), *first = disks_places (&disks, 1);
  ck_assert_str_eq (all, "/dev/nbd0,/dev/nbd1");
  ck_assert_str_eq (first, "/dev/nbd0");
  disks_place (&disks, true);
  CLEANUP_FREE char *second = disks_places (&disks, 0);
  ck_assert_str_eq (second, "/dev/vdb");
}
END_TEST

START_TEST (without_names_there_is_one)
{
  const struct option_texts none = { NULL, 0 };

  ck_assert_int_eq (disks_parse (&none, 3 * MIB, &disks), 0);
  ck_assert_uint_eq (disks.count, 1);
  ck_assert_str_eq (disks.list[0].name, "disk0");
  ck_assert_uint_eq (disks.list[0].size_bytes, 3 * MIB);
}
END_TEST

static const struct {
  const char *one, *other, *expected;
} bad[] = {
  { "data", NULL, "--disk=data: give NAME:SIZE" },
  { ":1M", NULL, "small letters" },
  { "Data:1M", NULL, "small letters" },
  { "a/b:1M", NULL, "small letters" },
  { "abcdefghijklmnop:1M", NULL, "small letters" },
  { "a:1M", "a:2M", "--disk=a:2M: there is a disk of that name" },
  { "a:0", NULL, "multiple of 4096" },
  { "a:512", NULL, "multiple of 4096" },
  { "a:much", NULL, "multiple of 4096" },
  { "a:", NULL, "multiple of 4096" },
};

START_TEST (what_is_no_disk_is_refused)
{
  ck_assert_int_eq (parse (bad[_i].one, bad[_i].other), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad[_i].expected), "%s", message);
}
END_TEST

START_TEST (there_are_no_more_than_a_guest_can_have)
{
  const char *texts[] = { "a:1M", "b:1M", "c:1M", "d:1M", "e:1M", "f:1M", "g:1M", "h:1M", "i:1M" };
  struct option_texts list = { texts, DISKS_MAX };

  ck_assert_int_eq (disks_parse (&list, 0, &disks), 0);
  list.count++;
  ck_assert_int_eq (disks_parse (&list, 0, &disks), -1);
  ck_assert_str_eq (message, "--disk=i:1M: there can be 8 disks");
}
END_TEST

START_TEST (a_name_in_braces_is_a_place)
{
  ck_assert_int_eq (parse ("data:64M", "log:64M"), 0);
  disks_place (&disks, true);
  CLEANUP_FREE char *text = disks_expand (&disks, "--mount", "a={log},{data}{,b=}c");
  ck_assert_ptr_null (text);
  ck_assert_str_eq (message, "--mount: {,b=} is no disk: there are data, log");
  CLEANUP_FREE char *good = disks_expand (&disks, "--mount", "a={log},{data}{");
  ck_assert_str_eq (good, "a=/dev/vdb,/dev/vda{");
  CLEANUP_FREE char *shell = disks_expand (&disks, "--assemble", "x={log} && { echo ${x:-{data}}; }");
  ck_assert_str_eq (shell, "x=/dev/vdb && { echo ${x:-/dev/vda}; }");
  CLEANUP_FREE char *named = disks_name (&disks, "/dev/vdb,/dev/vda: not /dev/vda1, /dev/vdc: /dev/vdb");
  ck_assert_str_eq (named, "{log},{data}: not /dev/vda1, /dev/vdc: {log}");
  CLEANUP_FREE char *empty = disks_expand (&disks, "--mount", "");
  ck_assert_str_eq (empty, "");
}
END_TEST

/* That the log of two devices with INFO has disks of these NAMES; a text there is none of is NULL. */
static void
expect_names (const char *info, const char *one, const char *other)
{
  struct write_log *log = finish_log (make_log_with_info (2, 8, info));

  ck_assert_int_eq (disks_of_log (log, &disks), 0);
  ck_assert_uint_eq (disks.count, 2);
  ck_assert_str_eq (disks.list[0].name, one);
  ck_assert_str_eq (disks.list[1].name, other);
  ck_assert_uint_eq (disks.list[1].size_bytes, 8 * LOG_SECTOR);
  write_log_close (log);
}

START_TEST (a_log_names_its_disks)
{
  expect_names (NULL, "disk0", "disk1");
  expect_names ("disk=data", "data", "disk1");
}
END_TEST

static const struct {
  const char *info, *named;
} bad_logs[] = {
  { "disk=../x", "`disk=../x`" },
  { "disk=", "`disk=`" },
  { "disk=disk1", "two of its disks are called disk1" },  /* the second is called so */
};

START_TEST (a_log_with_a_name_that_is_none_is_refused)
{
  struct write_log *log = finish_log (make_log_with_info (2, 8, bad_logs[_i].info));

  ck_assert_int_eq (disks_of_log (log, &disks), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad_logs[_i].named), "%s", message);
  write_log_close (log);
}
END_TEST

START_TEST (a_log_with_too_many_devices_is_refused)
{
  struct write_log *log = finish_log (make_log (DISKS_MAX + 1, 8));

  ck_assert_int_eq (disks_of_log (log, &disks), -1);
  ck_assert_ptr_nonnull (strstr (message, "9 devices, and a guest has 8"));
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN_WITH ("disks", forget_messages, NULL, disks_have_names_sizes_and_places, without_names_there_is_one,
                     LOOP_OVER (what_is_no_disk_is_refused, bad), there_are_no_more_than_a_guest_can_have,
                     a_name_in_braces_is_a_place, a_log_names_its_disks,
                     LOOP_OVER (a_log_with_a_name_that_is_none_is_refused, bad_logs),
                     a_log_with_too_many_devices_is_refused)
