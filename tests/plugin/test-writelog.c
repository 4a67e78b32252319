/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog: what clients see, and what is in the log afterwards. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "tests/plugin/writelog-client.h"

START_TEST (the_disks_and_mark_are_listed)
{
  START ("size=1M", "size=2M", "size=512");
  CLEANUP_FREE char *names = client_list_exports ();
  ck_assert_str_eq (names, "disk0 disk1 disk2 mark ");
  server_stop ();
}
END_TEST

START_TEST (every_disk_has_its_size)
{
  static const struct {
    const char *name;
    int64_t size;
  } disks[] = { { "", MIB }, { "disk0", MIB }, { "disk1", 2 * MIB }, { "disk2", 512 } };

  START ("size=1M", "size=2M", "size=512");
  for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++) {
    struct nbd_handle *client = client_open (disks[i].name);

    ck_assert_int_eq (nbd_get_size (client), disks[i].size);
    client_close (client);
  }
  server_stop ();
}
END_TEST

START_TEST (an_unknown_export_is_refused)
{
  static const char *const names[] = { "disk1", "disk", "disk-1", "disk0 ", "Mark", "mark0", "Control" };

  START ("size=1M");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct nbd_handle *client = nbd_create ();

    ck_nbd (nbd_set_export_name (client, names[i]));
    ck_assert_msg (nbd_connect_unix (client, "nbd.sock") == -1, "'%s' can be opened", names[i]);
    nbd_close (client);
  }
  client_close (client_open ("disk0"));
  server_stop ();
}
END_TEST

START_TEST (clients_are_offered_all_that_can_be_recorded)
{
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0");
  check_offers (client);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (a_fua_write_is_one_record)
{
  char data[4096];

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0");
  fill (data, sizeof data, 1);
  ck_nbd (nbd_pwrite (client, data, 512, 1024, 0));
  ck_nbd (nbd_pwrite (client, data, sizeof data, 4096, LIBNBD_CMD_FLAG_FUA));
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 write 1024 512\n"
                      "done 1\n"
                      "disk0 write 4096 4096 fua\n"
                      "done 3\n");
}
END_TEST

START_TEST (zeroes_and_trims_are_recorded_as_what_they_are)
{
  START ("size=64M");
  struct nbd_handle *client = client_open ("disk0");
  ck_nbd (nbd_zero (client, 4096, 0, 0));
  ck_nbd (nbd_zero (client, 512, 512, LIBNBD_CMD_FLAG_NO_HOLE));
  ck_nbd (nbd_zero (client, 64 * MIB, 0, LIBNBD_CMD_FLAG_FUA));
  ck_nbd (nbd_zero (client, 1024, 0, LIBNBD_CMD_FLAG_FUA | LIBNBD_CMD_FLAG_NO_HOLE));
  ck_nbd (nbd_trim (client, 512, 1536, 0));
  ck_nbd (nbd_trim (client, 64 * MIB, 0, LIBNBD_CMD_FLAG_FUA));
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 zero 0 4096 may-trim\n"
                      "done 1\n"
                      "disk0 zero 512 512\n"
                      "done 3\n"
                      "disk0 zero 0 67108864 fua may-trim\n"
                      "done 5\n"
                      "disk0 zero 0 1024 fua\n"
                      "done 7\n"
                      "disk0 trim 1536 512\n"
                      "done 9\n"
                      "disk0 trim 0 67108864 fua\n"
                      "done 11\n");
}
END_TEST

START_TEST (a_flush_has_an_issue_and_a_completion)
{
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0");
  ck_nbd (nbd_flush (client, 0));
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 flush\n"
                      "done 1\n");
}
END_TEST

START_TEST (reading_is_not_recorded)
{
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0");
  check_content (client, NULL, MIB, 0);
  client_close (client);
  stop_and_check_log ("mark base\n");
}
END_TEST

START_TEST (requests_of_broken_sectors_are_invalid)
{
  char data[1024] = "";

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0");
  ck_nbd (nbd_set_strict_mode (client, nbd_get_strict_mode (client) & ~(uint32_t) LIBNBD_STRICT_ALIGN));
  ck_nbd_fails (nbd_pwrite (client, data, 100, 0, 0), EINVAL);
  ck_nbd_fails (nbd_pwrite (client, data, 512, 100, 0), EINVAL);
  ck_nbd_fails (nbd_pread (client, data, 513, 0, 0), EINVAL);
  ck_nbd_fails (nbd_pread (client, data, 512, 511, 0), EINVAL);
  ck_nbd_fails (nbd_zero (client, 1000, 0, 0), EINVAL);
  ck_nbd_fails (nbd_trim (client, 512, 256, 0), EINVAL);
  ck_nbd (nbd_pwrite (client, data, 512, 0, 0));
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n");
}
END_TEST

START_TEST (each_disk_has_its_number_and_its_content)
{
  char data[512];

  START ("size=1M", "size=1M", "size=1M");
  struct nbd_handle *first = client_open ("disk0"), *last = client_open ("disk2");
  fill (data, sizeof data, 1);
  ck_nbd (nbd_pwrite (last, data, sizeof data, 512, 0));
  check_content (first, NULL, 4096, 0);
  ck_nbd (nbd_flush (first, 0));
  ck_nbd (nbd_trim (last, 1024, 0, 0));
  ck_nbd (nbd_pwrite (first, data, sizeof data, 0, LIBNBD_CMD_FLAG_FUA));
  check_content (last, NULL, 4096, 0);
  check_content (first, data, sizeof data, 0);
  client_close (first);
  client_close (last);
  stop_and_check_log ("mark base\n"
                      "disk2 write 512 512\n"
                      "done 1\n"
                      "disk0 flush\n"
                      "done 3\n"
                      "disk2 trim 0 1024\n"
                      "done 5\n"
                      "disk0 write 0 512 fua\n"
                      "done 7\n");
}
END_TEST

START_TEST (the_header_holds_sizes_and_notes)
{
  START ("size=1M", "size=512", "info=filesystem=ext4", "info=watch=a", "info=watch=b=c");
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log->device_count, 2);
  ck_assert_uint_eq (log->device_sizes[0], MIB);
  ck_assert_uint_eq (log->device_sizes[1], 512);
  ck_assert_str_eq (log_info (log, "filesystem"), "ext4");
  const char *first = log_info (log, "watch"), *second = log_info_after (log, "watch", first);
  ck_assert_str_eq (first, "a");
  ck_assert_str_eq (second, "b=c");
  ck_assert_ptr_null (log_info_after (log, "watch", second));
  write_log_close (log);
}
END_TEST

/* Write a mark as a client that honours the block size does. */
static void
write_mark (struct nbd_handle *marker, const char *text, uint32_t flags)
{
  char block[512] = "";

  memcpy (block, text, strlen (text));
  ck_nbd (nbd_pwrite (marker, block, sizeof block, 0, flags));
}

START_TEST (marks_stand_among_the_events_of_the_disks)
{
  char data[512] = "";

  START ("size=1M", "size=1M");
  struct nbd_handle *marker = client_open ("mark"), *first = client_open ("disk0"), *second = client_open ("disk1");
  write_mark (marker, "begin", 0);
  ck_nbd (nbd_pwrite (first, data, sizeof data, 0, 0));
  write_mark (marker, "half way", LIBNBD_CMD_FLAG_FUA);
  ck_nbd (nbd_flush (second, 0));
  write_mark (marker, "commit", 0);
  ck_nbd (nbd_trim (second, 512, 0, 0));
  client_close (marker);
  client_close (first);
  client_close (second);
  stop_and_check_log ("mark base\n"
                      "mark begin\n"
                      "disk0 write 0 512\n"
                      "done 2\n"
                      "mark half way\n"
                      "disk1 flush\n"
                      "done 5\n"
                      "mark commit\n"
                      "disk1 trim 0 512\n"
                      "done 8\n");
}
END_TEST

START_TEST (a_mark_is_the_text_before_a_newline_or_NUL)
{
  char block[4096] = "begin";

  START ("size=1M");
  struct nbd_handle *marker = client_open ("mark");
  memcpy (block + 6, "left over", 9);
  ck_nbd (nbd_pwrite (marker, block, sizeof block, 0, 0));
  memcpy (block, "two\nlines\n", 11);
  ck_nbd (nbd_pwrite (marker, block, sizeof block, 0, 0));
  client_close (marker);
  stop_and_check_log ("mark base\n"
                      "mark begin\n"
                      "mark two?lines\n");
}
END_TEST

START_TEST (what_is_no_text_makes_no_mark)
{
  char block[4096] = "";

  START ("size=1M");
  struct nbd_handle *marker = client_open ("mark");
  ck_nbd (nbd_pwrite (marker, block, sizeof block, 0, 0));
  block[0] = '\n';
  ck_nbd (nbd_pwrite (marker, block, sizeof block, 0, 0));
  ck_nbd (nbd_flush (marker, 0));
  ck_nbd (nbd_zero (marker, 4096, 0, 0));
  ck_nbd (nbd_trim (marker, 4096, 0, 0));
  check_content (marker, NULL, 4096, 0);
  client_close (marker);
  stop_and_check_log ("mark base\n");
}
END_TEST

START_TEST (a_mark_can_be_a_megabyte_long)
{
  CLEANUP_FREE char *text = malloc (MIB);

  START ("size=1M");
  struct nbd_handle *marker = client_open ("mark");
  memset (text, 'a', MIB);
  memcpy (text, "begin ", 6);
  text[MIB - 1] = 'z';
  ck_nbd (nbd_pwrite (marker, text, MIB, 0, 0));
  client_close (marker);
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log->mark_count, 2);
  ck_assert_uint_eq (log->marks[1].length, MIB);
  ck_assert (memcmp (log->marks[1].text, text, MIB) == 0);
  write_log_close (log);
}
END_TEST

PLUGIN_TEST_MAIN ("writelog", the_disks_and_mark_are_listed, every_disk_has_its_size, an_unknown_export_is_refused,
                  clients_are_offered_all_that_can_be_recorded, a_fua_write_is_one_record,
                  zeroes_and_trims_are_recorded_as_what_they_are, a_flush_has_an_issue_and_a_completion,
                  reading_is_not_recorded, requests_of_broken_sectors_are_invalid,
                  each_disk_has_its_number_and_its_content, the_header_holds_sizes_and_notes,
                  marks_stand_among_the_events_of_the_disks, a_mark_is_the_text_before_a_newline_or_NUL,
                  what_is_no_text_makes_no_mark, a_mark_can_be_a_megabyte_long)
