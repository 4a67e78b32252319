/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin crashstate: its exports, which state it serves, and what it refuses. */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "nbd-plugin/parameters.h"
#include "tests/plugin/crashstate-client.h"

START_TEST (the_disks_and_control_are_listed)
{
  serve_log ();
  CLEANUP_FREE char *names = client_list_exports ();
  ck_assert_str_eq (names, "disk0 disk1 control ");
  stop_serving ();
}
END_TEST

START_TEST (a_disk_has_its_size_and_takes_every_request)
{
  serve_log ();
  struct nbd_handle *other = client_open ("disk1"), *unknown = nbd_create ();
  ck_assert_int_eq (nbd_get_size (disk), MIB);
  ck_assert_int_eq (nbd_get_size (other), 64 * KIB);
  ck_assert_int_eq (nbd_get_size (control), CONTROL_EXPORT_BYTES);
  check_offers (disk);
  ck_nbd (nbd_set_export_name (unknown, "disk2"));
  ck_assert_int_eq (nbd_connect_unix (unknown, "nbd.sock"), -1);
  nbd_close (unknown);
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (requests_of_broken_sectors_are_invalid)
{
  char data[1024] = "";

  serve_log ();
  ck_nbd (nbd_set_strict_mode (disk, nbd_get_strict_mode (disk) & ~(uint32_t) LIBNBD_STRICT_ALIGN));
  ck_nbd_fails (nbd_pwrite (disk, data, 100, 0, 0), EINVAL);
  ck_nbd_fails (nbd_pread (disk, data, 512, 511, 0), EINVAL);
  ck_nbd_fails (nbd_zero (disk, 1000, 0, 0), EINVAL);
  ck_nbd_fails (nbd_trim (disk, 512, 256, 0), EINVAL);
  check_present (disk, ALL);
  stop_serving ();
}
END_TEST

START_TEST (everything_is_there_at_first)
{
  char content[512];

  serve_log ();
  struct nbd_handle *other = client_open ("disk1");
  fill (content, sizeof content, DISK1);
  check_present (disk, ALL);
  check_content (disk, NULL, MIB - 8192, 8192);
  check_content (other, content, sizeof content, 0);
  check_content (other, NULL, 64 * KIB - 512, 512);
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  client_close (other);
  stop_serving ();
}
END_TEST

START_TEST (a_recorded_device_is_served_as_it_was)
{
  CLEANUP_FREE char *content = malloc (MIB);
  CLEANUP_FREE char *data = malloc (128 * KIB);
  uint64_t state = 7;

  server_start ("writelog", "log=log.bin", "size=512", "size=1M", NULL);
  struct nbd_handle *client = client_open ("disk1");
  for (unsigned i = 0; i < 300; i++) {
    uint32_t count = (1 + random_below (&state, i % 2 ? 8 : 256)) * 512;
    uint32_t offset = random_below (&state, (MIB - count) / 512 + 1) * 512, kind = random_below (&state, 8);

    fill (data, count, i);
    ck_nbd (kind == 0 ? nbd_zero (client, count, offset, 0) : kind == 1 ? nbd_trim (client, count, offset, 0)
            : nbd_pwrite (client, data, count, offset, 0));
  }
  ck_nbd (nbd_pread (client, content, MIB, 0, 0));
  client_close (client);
  server_stop ();
  server_start ("crashstate", "log=log.bin", NULL);
  client = client_open ("disk1");
  check_content (client, content, MIB, 0);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (a_selection_is_what_the_disks_become)
{
  serve_log ();
  select_choices (control, FLUSHED, NULL, 0, whole (PREFER_PRESENT));
  check_present (disk, 1u << OLD);
  select_choices (control, BEGIN, NULL, 0, whole (PREFER_PRESENT));
  check_present (disk, 0);
  select_choices (control, WRITE_NEXT, &(struct choice) { NEW, 0, CHOICE_END, CHOICE_ABSENT }, 1,
                  whole (PREFER_PRESENT));
  check_present (disk, 1u << OLD | 1u << NEXT);
  for (unsigned absent = 0; absent <= ALL; absent += 2) {
    select_writes (control, 0, absent, PREFER_PRESENT);
    check_present (disk, ALL & ~absent);
  }
  ck_assert_uint_eq (read_report (control).decision_count, 0);
  select_writes (control, 0, 0, PREFER_PRESENT);
  check_present (disk, ALL);
  stop_serving ();
}
END_TEST

#define FINE { { TEAR_ANY, LOG_SECTOR }, PREFER_PRESENT, 0 }

static const struct {
  const char *what;
  size_t bytes;
  uint32_t magic, point;
  struct decision_rule rule;
  uint32_t count;
  struct choice choices[2];
} illegal[] = {
  { "magic", 512, CONTROL_MAGIC + 1, 0, FINE, 0, { { 0 } } },
  { "point", 512, CONTROL_MAGIC, EVENTS, FINE, 0, { { 0 } } },
  { "largest point", 512, CONTROL_MAGIC, UINT32_MAX, FINE, 0, { { 0 } } },
  { "unknown mode", 512, CONTROL_MAGIC, 0, { { TEAR_ANY + 1, 512 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "no sector", 512, CONTROL_MAGIC, 0, { { TEAR_NONE, 0 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "half a sector", 512, CONTROL_MAGIC, 0, { { TEAR_ANY, 256 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "odd sector", 512, CONTROL_MAGIC, 0, { { TEAR_ANY, 1536 }, PREFER_PRESENT, 0 }, 0, { { 0 } } },
  { "unknown preference", 512, CONTROL_MAGIC, 0, { { TEAR_ANY, 512 }, PREFER_RANDOM + 1, 0 }, 0, { { 0 } } },
  { "write after the point", 512, CONTROL_MAGIC, FLUSHED, FINE, 1, { { NEW, 0, 1, CHOICE_ABSENT } } },
  { "unknown write", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 1, { { WRITES, 0, 1, CHOICE_ABSENT } } },
  { "unknown kind", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 2, { { NEW, 0, 1, CHOICE_ABSENT }, { NEXT, 0, 1, 3 } } },
  { "last before first", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 1, { { NEW, 2, 1, CHOICE_ABSENT } } },
  { "sector beyond the write", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 1, { { NEW, 8, 8, CHOICE_ABSENT } } },
  { "more choices than bytes", 512, CONTROL_MAGIC, EVENTS - 1, FINE, 31, { { 0 } } },
  { "more choices than memory", 512, CONTROL_MAGIC, EVENTS - 1, FINE, UINT32_MAX, { { 0 } } },
  { "half a head", 8, CONTROL_MAGIC, 0, FINE, 0, { { 0 } } },
};

START_TEST (an_illegal_selection_is_invalid_and_harms_nothing)
{
  const struct selection selection = {
    .point = illegal[_i].point, .choices = illegal[_i].choices, .count = 2, .rule = illegal[_i].rule
  };
  size_t size;
  CLEANUP_FREE char *request = control_encode_select (&selection, &size);

  ((struct control_select *) request)->magic = htole32 (illegal[_i].magic);
  ((struct control_select *) request)->choice_count = htole32 (illegal[_i].count);
  serve_log ();
  ck_nbd (nbd_set_strict_mode (control, nbd_get_strict_mode (control) & ~(uint32_t) LIBNBD_STRICT_ALIGN));
  ck_nbd_fails (nbd_pwrite (control, request, illegal[_i].bytes, 0, 0), EINVAL);
  check_present (disk, ALL);
  select_writes (control, 1u << SECTOR, 1u << NEXT, PREFER_ABSENT);
  check_present (disk, ALL & ~(1u << SECTOR) & ~(1u << NEXT));
  CHECK_DECISIONS (control, CHOICE_ABSENT, SECTOR);
  stop_serving ();
}
END_TEST

/* Ask for the log NAME. */
static int
open_another (const char *name)
{
  char request[1024] = "";
  const struct control_open head = {
    .magic = htole32 (CONTROL_OPEN_MAGIC), .name_length = htole32 ((uint32_t) strlen (name))
  };

  snprintf (mempcpy (request, &head, sizeof head), sizeof request - sizeof head, "%s", name);
  return nbd_pwrite (control, request, sizeof request, 0, 0);
}

/* A log like that of make_log, but for the SIZE of disk0, with one write. */
static void
make_other_log (const char *path, uint64_t size, const void *data)
{
  const uint64_t sizes[] = { size, 64 * KIB };
  struct log_writer *writer = log_writer_create (path, sizes, 2, NULL, 0);
  const struct log_operation operation = { .kind = LOG_WRITE, .length_bytes = 4 * KIB };
  struct log_issue issue;

  ck_assert_int_eq (log_writer_issue (writer, &operation, data, &issue), 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
}

START_TEST (another_log_takes_the_place_of_the_first)
{
  char data[4 * KIB], written[512];

  fill (data, sizeof data, 77);
  fill (written, sizeof written, 78);
  serve_log ();
  make_other_log ("other.bin", (uint64_t) nbd_get_size (disk), data);
  ck_nbd (nbd_pwrite (disk, written, sizeof written, 64 * KIB, 0));
  ck_nbd (open_another ("other.bin"));
  check_content (disk, data, sizeof data, 0);
  check_content (disk, NULL, 512, 64 * KIB);
  select_choices (control, 0, &(struct choice) { 0, 0, CHOICE_END, CHOICE_ABSENT }, 1, whole (PREFER_PRESENT));
  check_content (disk, NULL, sizeof data, 0);
  ck_assert_uint_eq (read_report (control).reads, 1);
  ck_assert_int_eq (symlink ("log.bin", "link"), 0);
  ck_nbd (open_another ("link"));
  check_present (disk, ALL);
  stop_serving ();
}
END_TEST

START_TEST (a_log_that_does_not_fit_is_refused_and_the_first_stays)
{
  static const char data[4 * KIB] = "x";
  struct control_open head = { .magic = htole32 (CONTROL_OPEN_MAGIC), .name_length = htole32 (505) };
  char request[512] = "";

  serve_log ();
  make_other_log ("other.bin", (uint64_t) nbd_get_size (disk) * 2, data);
  ck_nbd_fails (open_another ("other.bin"), EINVAL);
  ck_nbd_fails (open_another ("nowhere.bin"), EINVAL);
  memcpy (request, &head, sizeof head);
  ck_nbd_fails (nbd_pwrite (control, request, sizeof request, 0, 0), EINVAL);
  check_present (disk, ALL);
  select_choices (control, FLUSHED, NULL, 0, whole (PREFER_PRESENT));
  check_present (disk, 1u << OLD);
  stop_serving ();
}
END_TEST

/* LOG must not be opened by a server with PARAMETER. */
static void
check_out_of_reach (const char *parameter, const char *log)
{
  server_start ("crashstate", "log=log.bin", parameter, NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
  ck_nbd_fails (open_another (log), EINVAL);
  check_present (disk, ALL);
  stop_serving ();
}

START_TEST (no_client_reaches_another_file_of_the_host)
{
  make_log ();
  CLEANUP_FREE char *path = realpath ("log.bin", NULL);
  ck_assert_int_eq (mkdir ("inner", 0700), 0);
  check_out_of_reach ("directory=.", path);
  check_out_of_reach ("directory=.", "./log.bin");
  check_out_of_reach ("directory=inner", "../log.bin");
  check_out_of_reach ("directory=inner", "..");
  check_out_of_reach (NULL, "log.bin");
}
END_TEST

START_TEST (a_selection_stands_at_the_start_of_control)
{
  const struct selection selection = { FLUSHED, NULL, 0, whole (PREFER_PRESENT) };
  size_t size;
  CLEANUP_FREE char *request = control_encode_select (&selection, &size);

  serve_log ();
  ck_nbd_fails (nbd_pwrite (control, request, 512, 512, 0), EINVAL);
  check_present (disk, ALL);
  ck_nbd (nbd_pwrite (control, request, 512, 0, 0));
  check_present (disk, 1u << OLD);
  stop_serving ();
}
END_TEST

START_TEST (a_state_id_is_served)
{
  make_log ();
  server_start ("crashstate", "log=log.bin", "state=8:-5,+6,-8", NULL);
  disk = client_open ("disk0");
  struct nbd_handle *other = client_open ("disk1");
  check_present (disk, 1u << OLD | 1u << NEXT | 1u << SECTOR);
  check_content (other, NULL, 64 * KIB, 0);     /* its write is issued at 9 */
  client_close (other);
  client_close (disk);
  server_stop ();
}
END_TEST

START_TEST (a_torn_state_id_is_served)
{
  char content[8192], old[8192];

  make_log ();
  make_content (content, ALL);
  make_content (old, 1u << OLD);
  memcpy (content + 2048, old + 2048, 1536);
  memset (content + 4096, 0, 512);
  server_start ("crashstate", "log=log.bin", "state=9:-5/4-,+5/7,-6/0", NULL);
  disk = client_open ("disk0");
  check_content (disk, content, sizeof content, 0);
  client_close (disk);
  server_stop ();
}
END_TEST

START_TEST (the_valid_prefix_of_a_cut_log_is_served)
{
  make_log ();
  struct write_log *log = write_log_open ("log.bin");
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (truncate ("log.bin", (off_t) log->writes[SECTOR].data + 100), 0);
  write_log_close (log);
  server_start ("crashstate", "log=log.bin", NULL);
  disk = client_open ("disk0");
  check_present (disk, ALL & ~(1u << SECTOR) & ~(1u << TRIM));
  client_close (disk);
  server_stop ();
}
END_TEST

static const struct {
  const char *parameters[3];
  const char *named;            /* the message must name it */
} refused[] = {
  { { "log=missing.bin" }, "missing.bin" }, { { "log=text.bin" }, "text.bin: not a powercut log" },
  { { "log=empty.bin" }, "empty.bin: not a powercut log" }, { { "log=cut.bin" }, "cut.bin: its header is cut off" },
  { { "log=." }, "not a regular file" }, { { "state=1" }, "log=" }, { { "log=log.bin", "colour=red" }, "colour" },
  { { "log=log.bin", "state=" }, "state" }, { { "log=log.bin", "state=all" }, "state all" },
  { { "log=log.bin", "state=10" }, "state 10" }, { { "log=log.bin", "state=-1" }, "state -1" },
  { { "log=log.bin", "state=9:5" }, "state 9:5" }, { { "log=log.bin", "state=9:-2" }, "state 9:-2" },
  { { "log=log.bin", "state=5:-6" }, "state 5:-6" },
  { { "log=log.bin", "state=9:-99999999999" }, "state 9:-99999999999" },
  { { "log=log.bin", "state=9:-5/8" }, "state 9:-5/8" },
};

START_TEST (bad_logs_and_states_give_one_line)
{
  char text[4096];
  FILE *file = fopen ("text.bin", "wxe");

  make_log ();
  memset (text, 'x', sizeof text);
  ck_assert_uint_eq (fwrite (text, 1, sizeof text, file), sizeof text);
  ck_assert_int_eq (fclose (file), 0);
  file = fopen ("empty.bin", "wxe");
  ck_assert_int_eq (fclose (file), 0);
  struct log_writer *writer = log_writer_create ("cut.bin", (const uint64_t[]) { MIB, MIB, MIB }, 3, NULL, 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  ck_assert_int_eq (truncate ("cut.bin", 56), 0);
  CLEANUP_FREE char *line = server_refuse ("crashstate", refused[_i].parameters);
  ck_assert_msg (strstr (line, refused[_i].named) != NULL, "%s", line);
}
END_TEST

PLUGIN_TEST_MAIN ("crashstate", the_disks_and_control_are_listed, a_disk_has_its_size_and_takes_every_request,
                  requests_of_broken_sectors_are_invalid, everything_is_there_at_first,
                  a_recorded_device_is_served_as_it_was, a_selection_is_what_the_disks_become,
                  LOOP_OVER (an_illegal_selection_is_invalid_and_harms_nothing, illegal),
                  another_log_takes_the_place_of_the_first, a_log_that_does_not_fit_is_refused_and_the_first_stays,
                  no_client_reaches_another_file_of_the_host, a_selection_stands_at_the_start_of_control,
                  a_state_id_is_served, a_torn_state_id_is_served, the_valid_prefix_of_a_cut_log_is_served,
                  LOOP_OVER (bad_logs_and_states_give_one_line, refused))
