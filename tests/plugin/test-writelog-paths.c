/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog where devices have two paths: which requests fail, and what the log says of each. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "log/paths.h"
#include "tests/plugin/writelog-client.h"

static struct nbd_handle *first, *second, *marks;
static char data[512], other[512];

/* A server of one device with two paths, and clients of both. */
#define BEGIN(...)                              \
  do {                                          \
    START ("size=1M", "paths=2", __VA_ARGS__);  \
    open_clients ();                            \
  } while (0)

static void
open_clients (void)
{
  first = client_open ("disk0");
  second = client_open ("disk0.path1");
  marks = client_open ("mark");
  fill (data, sizeof data, 1);
  fill (other, sizeof other, 2);
}

static void
close_clients (void)
{
  client_close (first);
  client_close (second);
  client_close (marks);
}

static void
set_mark (const char *text)
{
  char block[512] = "";

  memcpy (block, text, strlen (text));
  ck_nbd (nbd_pwrite (marks, block, sizeof block, 0, 0));
}

START_TEST (each_path_of_each_disk_is_listed)
{
  START ("size=1M", "size=2M", "paths=2");
  CLEANUP_FREE char *names = client_list_exports ();
  ck_assert_str_eq (names, "disk0 disk0.path1 disk1 disk1.path1 mark ");
  struct nbd_handle *client = client_open ("disk1.path1");
  ck_assert_int_eq (nbd_get_size (client), 2 * MIB);
  check_offers (client);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (both_paths_lead_to_one_device_and_the_log_says_by_which_a_request_came)
{
  BEGIN ("info=filesystem=ext4");
  ck_nbd (nbd_pwrite (first, data, sizeof data, 0, 0));
  check_content (second, data, sizeof data, 0);
  ck_nbd (nbd_zero (second, 512, 512, LIBNBD_CMD_FLAG_FUA));
  ck_nbd (nbd_trim (second, 512, 1024, 0));
  ck_nbd (nbd_pwrite (second, other, sizeof other, 0, 0));
  check_content (first, other, sizeof other, 0);
  ck_nbd (nbd_flush (first, 0));
  ck_nbd (nbd_flush (second, 0));
  close_clients ();
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n"
                      "disk0 zero 512 512 fua may-trim path1\n"
                      "done 3\n"
                      "disk0 trim 1024 512 path1\n"
                      "done 5\n"
                      "disk0 write 0 512 path1\n"
                      "done 7\n"
                      "disk0 flush\n"
                      "done 9\n"
                      "disk0 flush path1\n"
                      "done 11\n");
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log_paths (log), 2);
  ck_assert_ptr_null (log_path_cut (log));
  write_log_close (log);
}
END_TEST

/* EIO is 5. */
START_TEST (on_a_path_that_is_down_requests_fail_and_do_nothing)
{
  char read[512];

  BEGIN ("device=fast");
  ck_nbd (nbd_pwrite (first, data, sizeof data, 0, 0));
  set_mark ("powercut:path down 0");
  ck_nbd_fails (nbd_pwrite (first, other, sizeof other, 0, 0), EIO);
  ck_nbd_fails (nbd_trim (first, 512, 0, 0), EIO);
  ck_nbd_fails (nbd_flush (first, 0), EIO);
  ck_nbd_fails (nbd_pread (first, read, sizeof read, 0, 0), EIO);
  check_content (second, data, sizeof data, 0);
  ck_nbd (nbd_pwrite (second, other, sizeof other, 512, LIBNBD_CMD_FLAG_FUA));
  set_mark ("powercut:path up 0");
  check_content (first, data, sizeof data, 0);
  check_content (first, other, sizeof other, 512);
  ck_nbd (nbd_flush (first, 0));
  close_clients ();
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n"
                      "mark powercut:path down 0\n"
                      "disk0 write 0 512\n"
                      "done 4 5\n"
                      "disk0 trim 0 512\n"
                      "done 6 5\n"
                      "disk0 flush\n"
                      "done 8 5\n"
                      "disk0 write 512 512 fua path1\n"
                      "done 10\n"
                      "mark powercut:path up 0\n"
                      "disk0 flush\n"
                      "done 13\n");
  struct write_log *log = open_log ();
  CLEANUP_FREE char *described = log_paths_describe (log);
  ck_assert_str_eq (described, "2, path 0 down at event 3, path 0 up at event 12");
  write_log_close (log);
}
END_TEST

START_TEST (both_paths_can_be_down)
{
  BEGIN ("device=fast");
  set_mark ("powercut:path down 1");
  set_mark ("powercut:path down 0");
  ck_nbd_fails (nbd_flush (first, 0), EIO);
  ck_nbd_fails (nbd_flush (second, 0), EIO);
  set_mark ("powercut:path down 0");    /* as it is already */
  set_mark ("powercut:path up 0");
  ck_nbd (nbd_flush (first, 0));
  ck_nbd_fails (nbd_flush (second, 0), EIO);
  close_clients ();
  server_stop ();
}
END_TEST

START_TEST (a_mark_that_asks_for_nonsense_is_refused_and_not_recorded)
{
  static const char *const senseless[] = {
    "powercut:path", "powercut:path down", "powercut:path down 2", "powercut:path down 00", "powercut:path up -",
    "powercut:path sideways 0", "powercut:path down/0",
  };

  BEGIN ("device=fast");
  for (size_t i = 0; i < sizeof senseless / sizeof senseless[0]; i++) {
    char block[512] = "";

    memcpy (block, senseless[i], strlen (senseless[i]));
    ck_nbd_fails (nbd_pwrite (marks, block, sizeof block, 0, 0), EINVAL);
  }
  set_mark ("powercut:paths down 0");   /* another name */
  ck_nbd (nbd_flush (first, 0));
  close_clients ();
  stop_and_check_log ("mark base\nmark powercut:paths down 0\ndisk0 flush\ndone 2\n");
}
END_TEST

START_TEST (from_a_position_on_the_next_request_takes_its_path_down)
{
  BEGIN ("path-down-at=4");
  ck_nbd (nbd_pwrite (first, data, sizeof data, 0, 0));
  set_mark ("begin");
  ck_nbd_fails (nbd_pwrite (second, other, sizeof other, 0, 0), EIO);
  check_content (first, other, sizeof other, 0);        /* it was in flight */
  ck_nbd_fails (nbd_flush (second, 0), EIO);
  ck_nbd (nbd_flush (first, 0));
  close_clients ();
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n"
                      "mark begin\n"
                      "disk0 write 0 512 path1\n"
                      "mark powercut:path down 1\n"
                      "done 4 5\n"
                      "disk0 flush path1\n"
                      "done 7 5\n"
                      "disk0 flush\n"
                      "done 9\n");
}
END_TEST

START_TEST (from_a_mark_on_likewise_and_once)
{
  BEGIN ("path-down-at=half way");
  set_mark ("half");
  set_mark ("half way down");
  ck_nbd (nbd_flush (first, 0));
  set_mark ("half way");
  ck_nbd_fails (nbd_flush (first, 0), EIO);
  ck_nbd (nbd_flush (second, 0));
  set_mark ("half way");
  ck_nbd (nbd_flush (second, 0));
  set_mark ("powercut:path up 0");
  ck_nbd (nbd_flush (first, 0));
  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log_path_cut (log)->position, 7);
  write_log_close (log);
}
END_TEST

/* Send a write over CLIENT, and wait until what it writes can be read.  Returns its cookie. */
static uint64_t
send_write (struct nbd_handle *client, uint64_t offset)
{
  const int64_t cookie = nbd_aio_pwrite (client, data, sizeof data, offset, NBD_NULL_COMPLETION, 0);
  char seen[sizeof data];

  ck_nbd (cookie);
  do
    ck_nbd (nbd_pread (client, seen, sizeof seen, offset, 0));
  while (memcmp (seen, data, sizeof seen) != 0);
  return (uint64_t) cookie;
}

/* The answer to it: 1 or -1. */
static int
answer_to (struct nbd_handle *client, uint64_t cookie)
{
  int answer;

  while ((answer = nbd_aio_command_completed (client, cookie)) == 0)
    ck_nbd (nbd_poll (client, -1));
  return answer;
}

START_TEST (what_is_held_on_a_path_that_goes_down_fails)
{
  BEGIN ("device=late", "hold=10000");
  set_mark ("begin");
  const uint64_t kept = send_write (first, 0), lost = send_write (second, 512);
  set_mark ("powercut:path down 1");
  set_mark ("powercut:path up 1");      /* which does not bring it back */
  set_mark ("end");                     /* nothing is held from here on */
  ck_nbd_fails (answer_to (second, lost), EIO);
  ck_assert_int_eq (answer_to (first, kept), 1);
  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_ne (log->writes[0].completion, LOG_NEVER);
  ck_assert_uint_eq (log->writes[1].flags, LOG_FLAG_PATH1 | LOG_FAILED);
  write_log_close (log);
}
END_TEST

START_TEST (another_recording_begins_with_all_paths_up)
{
  static const char open[] = "open\0log=second.bin\0path-down-at=1\0";

  BEGIN ("device=fast");
  struct nbd_handle *control = client_open ("control");
  set_mark ("powercut:path down 0");
  ck_nbd_fails (nbd_pwrite (control, "open\0paths=1\0", 13, 0, 0), EINVAL);
  ck_nbd (nbd_pwrite (control, open, sizeof open, 0, 0));
  ck_nbd_fails (nbd_flush (first, 0), EIO);
  ck_nbd (nbd_flush (second, 0));
  client_close (control);
  close_clients ();
  server_stop ();
  struct write_log *log = write_log_open ("second.bin");
  ck_assert_uint_eq (log_paths (log), 2);
  ck_assert_uint_eq (log_path_cut (log)->position, 2);
  ck_assert (log->flushes[0].failed && !log->flushes[1].failed);
  write_log_close (log);
}
END_TEST

static const char *const counts[] = { "paths=0", "paths=3", "paths=", "paths=two" };

START_TEST (other_numbers_of_paths_are_refused)
{
  const char *parameters[] = { "log=log.bin", "size=1M", counts[_i], NULL };
  CLEANUP_FREE char *line = server_refuse ("writelog", parameters);
  ck_assert_msg (strstr (line, counts[_i]) != NULL && strstr (line, "give 1 or 2") != NULL, "%s", line);
}
END_TEST

PLUGIN_TEST_MAIN ("writelog-paths", each_path_of_each_disk_is_listed,
                  both_paths_lead_to_one_device_and_the_log_says_by_which_a_request_came,
                  on_a_path_that_is_down_requests_fail_and_do_nothing, both_paths_can_be_down,
                  a_mark_that_asks_for_nonsense_is_refused_and_not_recorded,
                  from_a_position_on_the_next_request_takes_its_path_down, from_a_mark_on_likewise_and_once,
                  what_is_held_on_a_path_that_goes_down_fails, another_recording_begins_with_all_paths_up,
                  LOOP_OVER (other_numbers_of_paths_are_refused, counts))
