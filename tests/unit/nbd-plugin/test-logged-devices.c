/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices and their log, without a server. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "nbd-plugin/logged-devices.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

#define SECTORS 16

static struct logged_devices logged;

/* Two devices whose log has not begun. */
static void
make_devices (void)
{
  logged.device_count = 2;
  for (size_t i = 0; i < 2; i++)
    logged.devices[i].size_bytes = SECTORS * LOG_SECTOR;
  logged.log = new_path ();
}

static void
release_devices (void)
{
  logged_close (&logged);
  logged_forget (&logged);
}

static int
record_letter (uint16_t device, uint32_t sector, char letter)
{
  const struct log_operation write = {
    .kind = LOG_WRITE, .device = device, .offset_bytes = sector * LOG_SECTOR, .length_bytes = LOG_SECTOR
  };
  char bytes[LOG_SECTOR];

  fill_sector (letter, bytes);
  return logged_record (&logged, &write, bytes);
}

/* That DEVICE holds LETTERS from sector 0 on. */
static void
assert_device (uint16_t device, const char *letters)
{
  char bytes[SECTORS * LOG_SECTOR], found[SECTORS + 1] = "";

  ck_assert_int_eq (logged_read (&logged, device, bytes, (uint32_t) strlen (letters) * LOG_SECTOR, 0), 0);
  for (size_t i = 0; letters[i]; i++)
    found[i] = sector_letter (bytes + i * LOG_SECTOR);
  ck_assert_str_eq (found, letters);
}

START_TEST (a_device_reads_as_its_log_says)
{
  const struct log_operation trim = {
    .kind = LOG_TRIM, .device = 0, .offset_bytes = LOG_SECTOR, .length_bytes = LOG_SECTOR
  };

  ck_assert_int_eq (logged_begin (&logged), 0);
  for (uint32_t i = 0; i < 4; i++)
    ck_assert_int_eq (record_letter (0, i, "abcd"[i]), 0);
  ck_assert_int_eq (record_letter (1, 2, 'x'), 0);
  ck_assert_int_eq (logged_record (&logged, &trim, NULL), 0);
  assert_device (0, "a.cd....");
  assert_device (1, "..x.");
}
END_TEST

START_TEST (the_log_has_the_base_the_notes_and_what_was_done)
{
  CLEANUP_FREE char *base = new_path (), *path = strdup (logged.log);
  CLEANUP_CLOSE int fd = open (base, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  char bytes[LOG_SECTOR];

  fill_sector ('b', bytes);
  ck_assert_int_eq (pwrite (fd, bytes, sizeof bytes, 3 * LOG_SECTOR), sizeof bytes);
  logged.devices[0].base = strdup (base);
  logged.devices[0].size_bytes = 0;
  logged.device_count = 0;
  logged.base_count = 1;
  ck_assert_int_eq (logged_size_by_base (&logged), 0);
  ck_assert_uint_eq (logged.device_count, 1);
  ck_assert_uint_eq (logged.devices[0].size_bytes, 4 * LOG_SECTOR);
  logged.info[logged.info_count++] = log_info_text (LOG_KEY_FILESYSTEM, "ext4");
  ck_assert_int_eq (logged_begin (&logged), 0);
  assert_device (0, "...b");
  ck_assert_int_eq (logged_mark (&logged, "begin", 5), 0);
  ck_assert_int_eq (logged_close (&logged), 0);
  struct write_log *log = write_log_open (path);
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_str_eq (log_info (log, LOG_KEY_FILESYSTEM), "ext4");
  ck_assert_uint_eq (log->mark_count, 2);
  ck_assert (log_mark_is (&log->marks[0], "base", NULL, NULL));
  ck_assert (log_mark_is (&log->marks[1], "begin", NULL, NULL));
  ck_assert_uint_eq (log->flushes[0].completion, log->marks[0].position - 1);
  write_log_close (log);
}
END_TEST

START_TEST (without_a_log_nothing_is_done)
{
  CLEANUP_FREE char *image = new_path ();
  char bytes[LOG_SECTOR];

  ck_assert_int_eq (record_letter (0, 0, 'a'), -1);
  ck_assert_int_eq (errno, ESHUTDOWN);
  ck_assert_int_eq (logged_mark (&logged, "m", 1), -1);
  ck_assert_int_eq (errno, ESHUTDOWN);
  ck_assert_int_eq (logged_read (&logged, 0, bytes, sizeof bytes, 0), -1);
  ck_assert_int_eq (errno, ESHUTDOWN);
  ck_assert_int_eq (logged_save (&logged, 0, image), -1);
  ck_assert_int_eq (errno, ESHUTDOWN);
  ck_assert_int_eq (access (image, F_OK), -1);
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

START_TEST (what_is_saved_is_a_base_of_the_next_log)
{
  CLEANUP_FREE char *image = new_path (), *other = new_path ();

  ck_assert_int_eq (logged_begin (&logged), 0);
  ck_assert_int_eq (record_letter (0, 5, 'a'), 0);
  ck_assert_int_eq (record_letter (1, 2, 'b'), 0);
  ck_assert_int_eq (logged_save (&logged, 0, image), 0);
  ck_assert_int_eq (logged_save (&logged, 1, other), 0);
  ck_assert_int_eq (logged_save (&logged, 0, image), -1);       /* no file is replaced */
  ck_assert_uint_eq (message_count, 1);
  ck_assert_int_eq (logged_close (&logged), 0);
  logged_forget (&logged);
  ck_assert_uint_eq (logged.device_count, 2);
  logged.log = new_path ();
  logged.devices[logged.base_count++].base = strdup (image);
  logged.devices[logged.base_count++].base = strdup (other);
  ck_assert_int_eq (logged_begin (&logged), 0);
  assert_device (0, ".....a..");
  assert_device (1, "..b.....");
}
END_TEST

START_TEST (a_log_that_cannot_begin_is_not_left_behind)
{
  logged.files = strdup ("/no such file");
  ck_assert_int_eq (logged_begin (&logged), -1);
  ck_assert_ptr_nonnull (strstr (message, "/no such file: cannot be taken into the log"));
  ck_assert_int_eq (access (logged.log, F_OK), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("logged-devices", make_devices, release_devices, a_device_reads_as_its_log_says,
                     the_log_has_the_base_the_notes_and_what_was_done, without_a_log_nothing_is_done,
                     what_is_saved_is_a_base_of_the_next_log, a_log_that_cannot_begin_is_not_left_behind)
