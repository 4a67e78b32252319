/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog: what clients see, and what is in the log afterwards. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "log/reader.h"
#include "tests/plugin/log-text.h"
#include "tests/plugin/server.h"

#define KIB 1024
#define MIB (1024 * 1024)

/* Start a server with log.bin and these parameters. */
#define START(...) server_start ("writelog", "log=log.bin", "directory=.", __VA_ARGS__, NULL)

/* The log of a server that was stopped. */
static struct write_log *
open_log (void)
{
  struct write_log *log = write_log_open ("log.bin");

  ck_assert_ptr_nonnull (log);
  ck_assert_msg (log->end == LOG_END_CLOSED, "the log ends with %d: %s", log->end, log->fault);
  return log;
}

/* Stop the server; its log must then be EXPECTED, in the form of log-text.h. */
static void
stop_and_check_log (const char *expected)
{
  CLEANUP_FREE char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  server_stop ();
  struct write_log *log = open_log ();
  log_text_write (log, file);
  write_log_close (log);
  fclose (file);
  ck_assert_str_eq (text, expected);
}

/* What DEVICE holds if everything in the log is done in the order of issue, into IMAGE. */
static void
replay (const struct write_log *log, unsigned device, char *image)
{
  struct log_cursor cursor;
  struct log_event event;

  memset (image, 0, log->device_sizes[device]);
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    const struct log_record *record = &event.record;

    if (record->device != device)
      continue;
    if (record->kind == LOG_WRITE)
      memcpy (image + record->offset, event.data, record->length);
    else if (record->kind == LOG_ZERO || record->kind == LOG_TRIM)
      memset (image + record->offset, 0, record->length);
  }
}

static int
add_name (void *opaque, const char *name, const char *description)
{
  (void) description;
  fprintf (opaque, "%s ", name);
  return 0;
}

START_TEST (the_disks_and_mark_are_listed)
{
  CLEANUP_FREE char *names = NULL;
  size_t length;
  FILE *file = open_memstream (&names, &length);
  struct nbd_handle *client = nbd_create ();

  START ("size=1M", "size=2M", "size=512");
  ck_nbd (nbd_set_opt_mode (client, true));
  ck_nbd (nbd_connect_unix (client, "nbd.sock"));
  ck_nbd (nbd_opt_list (client, (nbd_list_callback) { .callback = add_name, .user_data = file }));
  ck_nbd (nbd_opt_abort (client));
  nbd_close (client);
  fclose (file);
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
  ck_assert_int_eq (nbd_is_read_only (client), 0);
  ck_assert_int_eq (nbd_can_flush (client), 1);
  ck_assert_int_eq (nbd_can_fua (client), 1);
  ck_assert_int_eq (nbd_can_zero (client), 1);
  ck_assert_int_eq (nbd_can_trim (client), 1);
  ck_assert_int_eq (nbd_can_multi_conn (client), 1);
  ck_assert_int_eq (nbd_get_block_size (client, LIBNBD_SIZE_MINIMUM), 512);
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

/* Ask for something by the export `control`: TEXTS, which ends with one NUL more than a text needs. */
#define ASK(control, texts) nbd_pwrite ((control), texts, sizeof texts, 0, 0)

START_TEST (who_did_not_start_the_server_has_no_control)
{
  int status;

  START ("size=1M");
  client_close (client_open ("control"));
  pid_t stranger = fork ();
  if (stranger == 0) {
    struct nbd_handle *client = nbd_create ();

    nbd_set_export_name (client, "control");
    _exit (nbd_connect_unix (client, "nbd.sock") == -1 && nbd_get_errno () == ENOENT ? 0 : 1);
  }
  ck_assert_int_eq (waitpid (stranger, &status, 0), stranger);
  ck_assert_msg (status == 0, "a stranger can open it");
  server_stop ();
}
END_TEST

START_TEST (what_is_done_after_the_end_works_and_is_not_in_the_log)
{
  char data[512], later[512];

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *mark = client_open ("mark"), *control = client_open ("control");
  fill (data, sizeof data, 1);
  fill (later, sizeof later, 2);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 0, 0));
  ck_nbd (ASK (control, "end\0"));
  ck_nbd (nbd_pwrite (client, later, sizeof later, 0, 0));
  ck_nbd (nbd_pwrite (mark, "late", 4, 0, 0));
  ck_nbd (nbd_flush (client, 0));
  check_content (client, later, sizeof later, 0);
  client_close (control);
  client_close (mark);
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n");
}
END_TEST

START_TEST (without_a_log_requests_are_refused)
{
  char data[512] = "";

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *mark = client_open ("mark"), *control = client_open ("control");
  ck_nbd (ASK (control, "close\0"));
  ck_nbd_fails (nbd_pwrite (client, data, sizeof data, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_pread (client, data, sizeof data, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_zero (client, 512, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_trim (client, 512, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_flush (client, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_pwrite (mark, "mark", 4, 0, 0), ESHUTDOWN);
  ck_nbd_fails (ASK (control, "end\0"), EINVAL);
  client_close (control);
  client_close (mark);
  client_close (client);
  stop_and_check_log ("mark base\n");
}
END_TEST

START_TEST (another_log_begins_with_empty_devices_and_its_own_notes)
{
  char data[512];

  START ("size=1M", "info=a=1", "info=b=2");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  fill (data, sizeof data, 1);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 0, 0));
  ck_nbd (ASK (control, "close\0"));
  ck_assert_int_eq (rename ("log.bin", "first.bin"), 0);
  ck_nbd (ASK (control, "open\0log=log.bin\0info=b=3\0"));
  check_content (client, NULL, MIB, 0);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 512, 0));
  client_close (control);
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 write 512 512\n"
                      "done 1\n");
  struct write_log *log = open_log ();
  ck_assert_ptr_null (log_info (log, "a"));
  ck_assert_str_eq (log_info (log, "b"), "3");
  write_log_close (log);
  log = write_log_open ("first.bin");
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->write_count, 1);
  ck_assert_uint_eq (log->writes[0].offset_bytes, 0);
  write_log_close (log);
}
END_TEST

START_TEST (another_log_can_have_a_base)
{
  char data[512];
  FILE *base = fopen ("base", "w");

  fill (data, sizeof data, 1);
  fwrite (data, 1, sizeof data, base);
  fclose (base);
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  ck_nbd (ASK (control, "open\0log=second.bin\0base=base\0"));
  check_content (client, data, sizeof data, 0);
  check_content (client, NULL, MIB - 512, 512);
  client_close (control);
  client_close (client);
  stop_and_check_log ("mark base\n");
}
END_TEST

START_TEST (what_the_device_holds_can_be_saved_as_a_base)
{
  char data[8192];
  struct stat status;

  fill (data, sizeof data, 1);
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  ck_nbd (nbd_pwrite (client, data, sizeof data, 64 * KIB, 0));
  ck_nbd (nbd_zero (client, 512, 64 * KIB + 512, 0));
  ck_nbd (ASK (control, "save\0image\0"));
  ck_assert_int_eq (stat ("image", &status), 0);
  ck_assert_int_eq (status.st_size, MIB);
  ck_nbd (ASK (control, "open\0log=second.bin\0base=image\0"));
  memset (data + 512, 0, 512);
  check_content (client, NULL, 64 * KIB, 0);
  check_content (client, data, sizeof data, 64 * KIB);
  client_close (control);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (a_link_in_the_directory_leads_to_the_log)
{
  ck_assert_int_eq (mkdir ("links", 0700), 0);
  ck_assert_int_eq (symlink ("second.bin", "links/log"), 0);
  server_start ("writelog", "log=log.bin", "directory=links", "size=1M", NULL);
  struct nbd_handle *control = client_open ("control");
  ck_nbd (ASK (control, "open\0log=log\0"));
  client_close (control);
  server_stop ();
  ck_assert_int_eq (access ("second.bin", F_OK), 0);
}
END_TEST

START_TEST (without_a_directory_no_file_can_be_named)
{
  server_start ("writelog", "log=log.bin", "size=1M", NULL);
  struct nbd_handle *control = client_open ("control");
  ck_nbd_fails (ASK (control, "open\0log=new.bin\0"), EINVAL);
  ck_assert_int_eq (access ("new.bin", F_OK), -1);
  client_close (control);
  server_stop ();
}
END_TEST

static const struct {
  const char *texts;
  size_t size;
} senseless[] = {
#define SENSELESS(texts) { texts, sizeof texts - 1 }
  SENSELESS ("\0"), SENSELESS ("end"), SENSELESS ("End\0"), SENSELESS ("open\0"), SENSELESS ("open\0info=a=b\0"),
  SENSELESS ("open\0log\0"), SENSELESS ("open\0log=new.bin\0size=2M\0"), SENSELESS ("open\0log=new.bin\0nothing=1\0"),
  SENSELESS ("open\0log=new.bin\0base=a\0base=b\0"), SENSELESS ("open\0log=new.bin"), SENSELESS ("open\0log=new.bin\0info=a\0"),
  SENSELESS ("open\0log=/tmp/new.bin\0"), SENSELESS ("open\0log=../new.bin\0"), SENSELESS ("open\0log=./new.bin\0"),
  SENSELESS ("open\0log=..\0"), SENSELESS ("open\0log=\0"), SENSELESS ("open\0log=new.bin\0base=/etc/passwd\0"),
  SENSELESS ("open\0log=new.bin\0directory=/\0"), SENSELESS ("save\0"), SENSELESS ("save\0/tmp/new.bin\0"),
#undef SENSELESS
};
#define SENSELESS_COUNT ((int) (sizeof senseless / sizeof senseless[0]))

START_TEST (a_senseless_request_is_refused_and_another_log_can_follow)
{
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  ck_nbd_fails (nbd_pwrite (control, senseless[_i].texts, senseless[_i].size, 0, 0), EINVAL);
  ck_assert_int_eq (access ("new.bin", F_OK), -1);
  ck_nbd (ASK (control, "open\0log=second.bin\0"));
  check_content (client, NULL, MIB, 0);
  client_close (control);
  client_close (client);
  server_stop ();
}
END_TEST

/* SIZE bytes of the loop test below go into the recorder's buffer or around it. */
static const size_t write_sizes[] = { 512, 4096, 32 * KIB, 32 * KIB + 512, MIB };
#define WRITE_SIZE_COUNT ((int) (sizeof write_sizes / sizeof write_sizes[0]))

START_TEST (data_read_back_before_and_after_they_reach_the_file)
{
  size_t size = write_sizes[_i];
  CLEANUP_FREE char *data = malloc (size);

  START ("size=4M");
  struct nbd_handle *client = client_open ("disk0"), *other = client_open ("disk0");
  fill (data, size, 1);
  ck_nbd (nbd_pwrite (client, data, size, 512, 0));
  for (int flushed = 0; flushed < 2; flushed++) {
    check_content (client, NULL, 512, 0);
    check_content (client, data, size, 512);
    check_content (other, data, size, 512);
    check_content (client, NULL, 512, 512 + size);
    ck_nbd (nbd_flush (other, 0));
  }
  client_close (other);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (an_overwritten_sector_reads_as_what_came_last)
{
  char old[4096], new[1024];

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *other = client_open ("disk0");
  fill (old, sizeof old, 1);
  fill (new, sizeof new, 2);
  ck_nbd (nbd_pwrite (client, old, sizeof old, 8192, 0));
  ck_nbd (nbd_pwrite (other, new, sizeof new, 8192 + 1024, 0));
  memcpy (old + 1024, new, sizeof new);
  check_content (client, old, sizeof old, 8192);
  ck_nbd (nbd_zero (client, 512, 8192 + 1536, 0));
  memset (old + 1536, 0, 512);
  check_content (other, old, sizeof old, 8192);
  ck_nbd (nbd_trim (other, 1024, 8192 + 512, 0));
  memset (old + 512, 0, 1024);
  check_content (client, old, sizeof old, 8192);
  ck_nbd (nbd_pwrite (client, new, 512, 8192 + 512, 0));
  memcpy (old + 512, new, 512);
  check_content (other, old, sizeof old, 8192);
  client_close (other);
  client_close (client);
  server_stop ();
}
END_TEST

/* Choose a range of whole sectors, more often a small one. */
static void
random_range (uint64_t *state, uint32_t device_size, uint32_t *offset, uint32_t *count)
{
  uint32_t most = random_below (state, 2) ? 8 : 256;

  *count = (1 + random_below (state, most)) * 512;
  *offset = random_below (state, (device_size - *count) / 512 + 1) * 512;
}

START_TEST (many_operations_leave_what_they_would_leave_in_memory)
{
  CLEANUP_FREE char *model = calloc (1, MIB);
  CLEANUP_FREE char *image = malloc (MIB);
  uint64_t state = 1;

  START ("size=1M");
  struct nbd_handle *clients[] = { client_open ("disk0"), client_open ("disk0") };
  for (unsigned i = 0; i < 1000; i++) {
    uint32_t offset, count, kind = random_below (&state, 8);

    random_range (&state, MIB, &offset, &count);
    if (kind == 0)
      ck_nbd (nbd_zero (clients[i % 2], count, offset, 0));
    else if (kind == 1)
      ck_nbd (nbd_trim (clients[i % 2], count, offset, 0));
    if (kind < 2)
      memset (model + offset, 0, count);
    else {
      fill (model + offset, count, i);
      ck_nbd (nbd_pwrite (clients[i % 2], model + offset, count, offset, 0));
    }
    random_range (&state, MIB, &offset, &count);
    check_content (clients[(i + 1) % 2], model + offset, count, offset);
  }
  client_close (clients[0]);
  client_close (clients[1]);
  server_stop ();
  struct write_log *log = open_log ();
  replay (log, 0, image);
  ck_assert (memcmp (image, model, MIB) == 0);
  write_log_close (log);
}
END_TEST

#define CLIENT_COUNT 4
#define QUEUE_DEPTH 16
#define STORMS 20
#define STORM_BYTES (2 * MIB)   /* each storm has a part of the device of its own */
#define STORM_WRITE_BYTES 4096

/* Send operations on every connection before the first is answered: zeroes and trims that take long, and writes into them. */
static void
storm (struct nbd_handle **clients, uint64_t *state, uint64_t start)
{
  char buffers[CLIENT_COUNT * QUEUE_DEPTH][STORM_WRITE_BYTES];
  int64_t cookies[CLIENT_COUNT * QUEUE_DEPTH];

  for (size_t i = 0; i < CLIENT_COUNT * QUEUE_DEPTH; i++) {
    struct nbd_handle *client = clients[i % CLIENT_COUNT];
    uint32_t kind = random_below (state, 8), sectors = 1 + random_below (state, STORM_WRITE_BYTES / 512);
    uint64_t offset = start + random_below (state, STORM_BYTES / 512 - sectors + 1) * 512;

    fill (buffers[i], STORM_WRITE_BYTES, *state);
    cookies[i] = kind == 0 ? nbd_aio_zero (client, STORM_BYTES, start, NBD_NULL_COMPLETION, 0)
      : kind == 1 ? nbd_aio_trim (client, STORM_BYTES, start, NBD_NULL_COMPLETION, 0)
      : nbd_aio_pwrite (client, buffers[i], sectors * 512, offset, NBD_NULL_COMPLETION, 0);
    ck_nbd (cookies[i]);
  }
  for (size_t i = 0; i < CLIENT_COUNT * QUEUE_DEPTH; i++) {
    int completed;

    while ((completed = nbd_aio_command_completed (clients[i % CLIENT_COUNT], (uint64_t) cookies[i])) == 0)
      ck_nbd (nbd_poll (clients[i % CLIENT_COUNT], -1));
    ck_nbd (completed);
  }
}

START_TEST (the_device_shows_what_the_log_says_when_clients_race)
{
  CLEANUP_FREE char *seen = malloc (STORMS * STORM_BYTES);
  CLEANUP_FREE char *image = malloc (STORMS * STORM_BYTES);
  struct nbd_handle *clients[CLIENT_COUNT];
  uint64_t state = 1;

  START ("size=40M");
  for (size_t i = 0; i < CLIENT_COUNT; i++)
    clients[i] = client_open ("disk0");
  for (size_t i = 0; i < STORMS; i++) {
    storm (clients, &state, i * STORM_BYTES);
    ck_nbd (nbd_pread (clients[0], seen + i * STORM_BYTES, STORM_BYTES, i * STORM_BYTES, 0));
  }
  for (size_t i = 0; i < CLIENT_COUNT; i++)
    client_close (clients[i]);
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log->write_count, STORMS * CLIENT_COUNT * QUEUE_DEPTH);
  replay (log, 0, image);
  ck_assert (memcmp (image, seen, STORMS * STORM_BYTES) == 0);
  write_log_close (log);
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

/* A file with data, a hole, blocks of zeros, a lone sector and an end in the middle of a sector. */
#define BASE_BYTES (3 * MIB + 700)

static void
make_base (char *image)
{
  CLEANUP_CLOSE int fd = open ("base.img", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  static const struct {
    size_t offset, size;
  } parts[] = {
    { 0, 4096 }, { 12 * KIB, 1536 }, { 64 * KIB + 512, 512 }, { 2 * MIB - 8192, MIB }, { 3 * MIB + 512, 188 }
  };

  ck_assert_int_ne (fd, -1);
  ck_assert_int_eq (ftruncate (fd, BASE_BYTES), 0);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    fill (image + parts[i].offset, parts[i].size, i);
    ck_assert_int_gt (pwrite (fd, image + parts[i].offset, parts[i].size, (off_t) parts[i].offset), 0);
  }
  ck_assert_int_eq (pwrite (fd, image + 32 * KIB, 16 * KIB, 32 * KIB), 16 * KIB);      /* zeros that are no hole */
}

/* The 4 KiB blocks of IMAGE that are not all zeros, in bytes. */
static uint64_t
used_bytes (const char *image, size_t size)
{
  static const char zeros[4096];
  uint64_t used = 0;

  for (size_t at = 0; at < size; at += sizeof zeros) {
    size_t part = size - at < sizeof zeros ? size - at : sizeof zeros;

    used += memcmp (image + at, zeros, part) != 0 ? part : 0;
  }
  return used;
}

/* The log must begin with a base of these contents: writes, one flush, then the mark. */
static void
check_base_in_log (const char *image, uint64_t device_size)
{
  CLEANUP_FREE char *replayed = malloc (device_size);
  struct write_log *log = open_log ();
  uint64_t written = 0;

  ck_assert_uint_eq (log->device_sizes[0], device_size);
  replay (log, 0, replayed);
  ck_assert (memcmp (replayed, image, device_size) == 0);
  for (uint32_t i = 0; i < log->write_count; i++) {
    ck_assert_int_eq (log->writes[i].kind, LOG_WRITE);
    written += log->writes[i].length_bytes;
  }
  ck_assert_uint_eq (written, used_bytes (image, device_size));
  ck_assert_uint_eq (log->flush_count, 1);
  ck_assert_uint_eq (log->mark_count, 1);
  ck_assert_uint_gt (log->flushes[0].issue, log->writes[log->write_count - 1].completion);
  ck_assert_uint_lt (log->flushes[0].completion, log->marks[0].position);
  ck_assert_uint_eq (log->event_count, log->marks[0].position + 1);
  ck_assert_uint_eq (log->marks[0].length, 4);
  ck_assert_mem_eq (log->marks[0].text, "base", 4);
  write_log_close (log);
}

START_TEST (a_base_is_the_first_content_and_stands_before_its_mark)
{
  const size_t size = 3 * MIB + 1024;   /* whole sectors */
  CLEANUP_FREE char *image = calloc (1, size);

  make_base (image);
  START ("base=base.img");
  struct nbd_handle *client = client_open ("disk0");
  ck_assert_int_eq (nbd_get_size (client), size);
  check_content (client, image, size, 0);
  client_close (client);
  server_stop ();
  check_base_in_log (image, size);
}
END_TEST

START_TEST (a_base_may_be_smaller_than_its_device)
{
  const size_t size = 8 * MIB + 512;
  CLEANUP_FREE char *image = calloc (1, size);

  make_base (image);
  START ("size=8389120", "base=base.img");
  struct nbd_handle *client = client_open ("disk0");
  check_content (client, image, size, 0);
  client_close (client);
  server_stop ();
  check_base_in_log (image, size);
}
END_TEST

START_TEST (a_base_can_be_overwritten)
{
  CLEANUP_FREE char *image = calloc (1, 3 * MIB + 1024);
  char sector[512];

  make_base (image);
  START ("base=base.img");
  struct nbd_handle *client = client_open ("disk0");
  fill (sector, sizeof sector, 99);
  ck_nbd (nbd_pwrite (client, sector, sizeof sector, 512, 0));
  memcpy (image + 512, sector, sizeof sector);
  check_content (client, image, 4096, 0);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (every_disk_can_have_a_base)
{
  CLEANUP_FREE char *image = calloc (1, 3 * MIB + 1024);

  make_base (image);
  ck_assert_int_ne (truncate ("base.img", 1536), -1);
  START ("base=base.img", "base=base.img");
  struct nbd_handle *client = client_open ("disk1");
  check_content (client, image, 1536, 0);
  client_close (client);
  stop_and_check_log ("disk0 write 0 1536\n"
                      "done 0\n"
                      "disk0 flush\n"
                      "done 2\n"
                      "disk1 write 0 1536\n"
                      "done 4\n"
                      "disk1 flush\n"
                      "done 6\n"
                      "mark base\n");
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

static TCase *
add_case (Suite *suite, const char *name)
{
  TCase *tcase = tcase_create (name);

  tcase_add_checked_fixture (tcase, enter_folder, NULL);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return tcase;
}

int
main (void)
{
  Suite *suite = suite_create ("writelog");
  TCase *exports = add_case (suite, "exports"), *records = add_case (suite, "records");
  TCase *control = add_case (suite, "control");
  TCase *content = add_case (suite, "content"), *base = add_case (suite, "base"), *marks = add_case (suite, "marks");

  tcase_add_test (exports, the_disks_and_mark_are_listed);
  tcase_add_test (exports, every_disk_has_its_size);
  tcase_add_test (exports, an_unknown_export_is_refused);
  tcase_add_test (exports, clients_are_offered_all_that_can_be_recorded);
  tcase_add_test (records, a_fua_write_is_one_record);
  tcase_add_test (records, zeroes_and_trims_are_recorded_as_what_they_are);
  tcase_add_test (records, a_flush_has_an_issue_and_a_completion);
  tcase_add_test (records, reading_is_not_recorded);
  tcase_add_test (records, requests_of_broken_sectors_are_invalid);
  tcase_add_test (records, each_disk_has_its_number_and_its_content);
  tcase_add_test (records, the_header_holds_sizes_and_notes);
  tcase_add_test (control, who_did_not_start_the_server_has_no_control);
  tcase_add_test (control, what_is_done_after_the_end_works_and_is_not_in_the_log);
  tcase_add_test (control, without_a_log_requests_are_refused);
  tcase_add_test (control, another_log_begins_with_empty_devices_and_its_own_notes);
  tcase_add_test (control, another_log_can_have_a_base);
  tcase_add_test (control, what_the_device_holds_can_be_saved_as_a_base);
  tcase_add_test (control, a_link_in_the_directory_leads_to_the_log);
  tcase_add_test (control, without_a_directory_no_file_can_be_named);
  tcase_add_loop_test (control, a_senseless_request_is_refused_and_another_log_can_follow, 0, SENSELESS_COUNT);
  tcase_add_loop_test (content, data_read_back_before_and_after_they_reach_the_file, 0, WRITE_SIZE_COUNT);
  tcase_add_test (content, an_overwritten_sector_reads_as_what_came_last);
  tcase_add_test (content, many_operations_leave_what_they_would_leave_in_memory);
  tcase_add_test (content, the_device_shows_what_the_log_says_when_clients_race);
  tcase_add_test (base, a_base_is_the_first_content_and_stands_before_its_mark);
  tcase_add_test (base, a_base_may_be_smaller_than_its_device);
  tcase_add_test (base, a_base_can_be_overwritten);
  tcase_add_test (base, every_disk_can_have_a_base);
  tcase_add_test (marks, marks_stand_among_the_events_of_the_disks);
  tcase_add_test (marks, a_mark_is_the_text_before_a_newline_or_NUL);
  tcase_add_test (marks, what_is_no_text_makes_no_mark);
  tcase_add_test (marks, a_mark_can_be_a_megabyte_long);
  return run_plugin_suite (suite);
}
