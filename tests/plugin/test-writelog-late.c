/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog as a device that answers late: what a client with many requests in flight sees, and what the log
 * says of it.
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "log/device.h"
#include "log/info.h"
#include "tests/plugin/log-text.h"
#include "tests/plugin/writelog-client.h"

#define HOLD "hold=100"         /* milliseconds: a busy machine, too, has sent all requests of a test by then */

static struct nbd_handle *disk, *mark;
static char data[4096];

/* Start a server, and open its disk and mark. */
#define BEGIN(...)                                                                                      \
  do {                                                                                                  \
    START ("size=1M", __VA_ARGS__);                                                                     \
    disk = client_open ("disk0");                                                                       \
    mark = client_open ("mark");                                                                        \
  } while (0)

static void
set_mark (const char *text)
{
  char sector[512] = "";

  strcpy (sector, text);
  ck_nbd (nbd_pwrite (mark, sector, sizeof sector, 0, 0));
}

/* Send a write to sector NUMBER.  Returns its cookie. */
static int64_t
send_write (uint64_t number)
{
  int64_t cookie = nbd_aio_pwrite (disk, data, 512, number * 512, NBD_NULL_COMPLETION, 0);

  ck_nbd (cookie);
  return cookie;
}

/* Wait until sector NUMBER, whose write is not answered, can be read; a read may overtake the write on its way. */
static void
wait_for_write (uint64_t number)
{
  char seen[512];

  do
    ck_nbd (nbd_pread (disk, seen, sizeof seen, number * 512, 0));
  while (memcmp (seen, data, sizeof seen) != 0);
}

static int64_t
send_flush (void)
{
  int64_t cookie = nbd_aio_flush (disk, NBD_NULL_COMPLETION, 0);

  ck_nbd (cookie);
  return cookie;
}

/* Wait for all answers. */
static void
wait_for_all (void)
{
  while (nbd_aio_in_flight (disk) > 0)
    ck_nbd (nbd_poll (disk, -1));
}

static void
close_clients (void)
{
  client_close (disk);
  client_close (mark);
}

/* The log of the server, which ends, as text. */
static char *
take_log (void)
{
  char *text = NULL;
  size_t length;

  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  FILE *file = open_memstream (&text, &length);
  log_text_write (log, file);
  fclose (file);
  write_log_close (log);
  return text;
}

/* The positions of issues in the order in which they were answered, as text to free: `5 4 3 `. */
static char *
answered (const char *log_text)
{
  char *order = NULL;
  size_t length;
  FILE *file = open_memstream (&order, &length);

  for (const char *line = log_text; line; line = strchr (line, '\n') ? strchr (line, '\n') + 1 : NULL)
    if (strncmp (line, "done ", 5) == 0)
      fprintf (file, "%.*s ", (int) strcspn (line + 5, "\n"), line + 5);
  fclose (file);
  return order;
}

START_TEST (the_newest_is_answered_first_and_a_flush_is_held_too)
{
  BEGIN ("device=late", HOLD);
  set_mark ("begin");
  send_write (1);
  send_write (2);
  wait_for_all ();              /* one batch, with both issues in the log before a flush comes */
  send_write (3);
  send_flush ();
  wait_for_all ();
  set_mark ("end");
  CLEANUP_FREE char *text = take_log (), *order = answered (text);
  ck_assert_str_eq (order, "4 3 8 7 ");
}
END_TEST

/* Let this process, the client, run for MS. */
static void
be_busy (int64_t ms)
{
  for (const int64_t end = clock_ms () + ms; clock_ms () < end;) {
    /* as a guest does that is about to send something */
  }
}

START_TEST (a_client_that_is_busy_is_waited_for)
{
  BEGIN ("device=late", "hold=40");
  set_mark ("begin");
  send_write (1);
  wait_for_write (1);
  be_busy (150);
  send_write (2);
  wait_for_all ();
  set_mark ("end");
  CLEANUP_FREE char *text = take_log (), *order = answered (text);
  ck_assert_str_eq (order, "4 3 ");
}
END_TEST

START_TEST (a_client_that_is_always_busy_has_its_answer_in_the_end)
{
  BEGIN ("device=late", "hold=5");
  set_mark ("begin");
  send_write (1);
  while (nbd_aio_in_flight (disk) > 0)
    ck_nbd (nbd_poll (disk, 0));
  close_clients ();
  server_stop ();
}
END_TEST

START_TEST (fua_writes_zeroes_and_trims_are_held)
{
  BEGIN ("device=late", HOLD);
  set_mark ("begin");
  ck_nbd (nbd_aio_pwrite (disk, data, 512, 0, NBD_NULL_COMPLETION, LIBNBD_CMD_FLAG_FUA));
  ck_nbd (nbd_aio_zero (disk, 512, 512, NBD_NULL_COMPLETION, 0));
  ck_nbd (nbd_aio_trim (disk, 512, 1024, NBD_NULL_COMPLETION, 0));
  wait_for_all ();
  CLEANUP_FREE char *text = take_log (), *order = answered (text);
  ck_assert_str_eq (order, "5 4 3 ");
}
END_TEST

START_TEST (an_answer_is_in_the_log_before_what_the_client_does_then)
{
  BEGIN ("device=late", "hold=5");
  set_mark ("begin 1");
  ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  set_mark ("written");
  ck_nbd (nbd_flush (disk, 0));
  set_mark ("end");
  close_clients ();
  stop_and_check_log ("mark base\n"
                      "mark powercut:device late hold=5.0ms\n"
                      "mark begin 1\n"
                      "disk0 write 0 512\n"
                      "done 3\n"
                      "mark written\n"
                      "disk0 flush\n"
                      "done 6\n"
                      "mark end\n");
}
END_TEST

START_TEST (nothing_is_held_before_begin_and_after_end)
{
  fill (data, sizeof data, 1);
  BEGIN ("device=late", "hold=10000");
  ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  set_mark ("beginning");
  ck_nbd (nbd_flush (disk, 0));
  set_mark ("begin");
  int64_t write = send_write (1);
  wait_for_write (1);
  set_mark ("end");             /* which lets go what is held */
  while (!nbd_aio_command_completed (disk, (uint64_t) write))
    ck_nbd (nbd_poll (disk, -1));
  ck_nbd (nbd_flush (disk, 0));
  close_clients ();
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n"
                      "mark beginning\n"
                      "disk0 flush\n"
                      "done 4\n"
                      "mark powercut:device late hold=10000.0ms\n"
                      "mark begin\n"
                      "disk0 write 512 512\n"
                      "mark end\n"
                      "done 8\n"
                      "disk0 flush\n"
                      "done 11\n");
}
END_TEST

START_TEST (reads_and_marks_pass_and_see_what_is_held)
{
  fill (data, sizeof data, 1);
  BEGIN ("device=late", "hold=10000");
  set_mark ("begin");
  send_write (1);
  set_mark ("middle");
  wait_for_write (1);
  ck_assert_int_eq (nbd_aio_in_flight (disk), 1);
  set_mark ("end");
  wait_for_all ();
  close_clients ();
  server_stop ();
}
END_TEST

START_TEST (a_fast_device_answers_at_once_and_in_any_case_the_header_says_what_it_was)
{
  BEGIN ("device=fast", HOLD);
  set_mark ("begin");
  ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_str_eq (log_device (log), "fast");
  ck_assert_uint_eq (log->mark_count, 2);
  write_log_close (log);
}
END_TEST

/* The order in which a device of SEED answers ten writes, to free. */
static char *
order_of (const char *seed)
{
  BEGIN (seed, HOLD);
  set_mark ("begin");
  for (uint64_t i = 0; i < 10; i++)
    send_write (i);
  wait_for_all ();
  CLEANUP_FREE char *text = take_log ();
  ck_assert_int_eq (remove ("log.bin"), 0);
  return answered (text);
}

START_TEST (a_random_order_is_repeatable)
{
  CLEANUP_FREE char *first = order_of ("device=random:1"), *again = order_of ("device=random:1");
  CLEANUP_FREE char *other = order_of ("device=random:2");
  ck_assert_str_eq (first, again);
  ck_assert_str_ne (first, other);
}
END_TEST

START_TEST (as_many_are_held_as_a_client_has_in_flight)
{
  enum { COUNT = 128 };

  BEGIN ("hold=10000", "hold-limit=3");
  set_mark ("begin");
  for (uint64_t i = 0; i < COUNT; i++)
    send_write (i);
  while (nbd_aio_in_flight (disk) == COUNT)
    ck_nbd (nbd_poll (disk, -1));
  wait_for_all ();
  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_str_eq (log_device (log), "late");
  ck_assert_uint_eq (log->in_flight_max, COUNT);
  ck_assert_uint_eq (log->in_flight_count, COUNT - 1);
  write_log_close (log);
}
END_TEST

START_TEST (after_the_limit_it_answers_at_once_and_the_log_says_from_where_on)
{
  BEGIN ("device=late", "hold=700", "hold-limit=1");
  set_mark ("begin");
  ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  const double before = clock_seconds (CLOCK_MONOTONIC);
  for (size_t i = 0; i < 10; i++)
    ck_nbd (nbd_pwrite (disk, data, 512, 0, 0));
  ck_assert_double_lt (clock_seconds (CLOCK_MONOTONIC) - before, 7 * 0.7);
  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  const struct log_mark *gave_up = log_device_gave_up (log);
  ck_assert_ptr_nonnull (gave_up);
  ck_assert_uint_eq (gave_up->position, log->writes[1].completion - 1);
  CLEANUP_FREE char *described = log_device_describe (log);
  ck_assert_str_eq (described, "late hold=700.0ms until event 6 (--hold-limit): 0 operations met others in flight, "
                    "at most 1 at once");
  write_log_close (log);
}
END_TEST

START_TEST (control_does_not_wait_for_what_is_held)
{
  BEGIN ("device=late", "hold=10000");
  struct nbd_handle *control = client_open ("control");
  set_mark ("begin");
  send_write (1);
  send_flush ();
  while (nbd_aio_peek_command_completed (disk) == 0)
    if (nbd_aio_in_flight (disk) == 2 && nbd_poll (disk, 50) == 0)
      break;                    /* both have been sent */
  const double before = clock_seconds (CLOCK_MONOTONIC);
  ck_nbd (nbd_pwrite (control, "close\0", 7, 0, 0));
  wait_for_all ();
  ck_nbd (nbd_pwrite (control, "open\0log=second.bin\0device=random:7\0hold=10000\0", 48, 0, 0));
  ck_assert_double_lt (clock_seconds (CLOCK_MONOTONIC) - before, 5);
  client_close (control);
  close_clients ();
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log->write_count, 1);
  ck_assert_uint_ne (log->writes[0].completion, LOG_NEVER);
  write_log_close (log);
  log = write_log_open ("second.bin");
  ck_assert_str_eq (log_device (log), "random:7");
  write_log_close (log);
}
END_TEST

/* Under the address sanitizer nbdkit does not end after that: in exit, p11-kit's destructor waits for a lock of the C
 * library's locale that nobody is left to release.
 */
#ifdef __SANITIZE_ADDRESS__
#define OF_A_CLIENT_THAT_GOES_AWAY
#else
#define OF_A_CLIENT_THAT_GOES_AWAY a_client_that_goes_away_is_not_waited_for,
START_TEST (a_client_that_goes_away_is_not_waited_for)
{
  BEGIN ("device=late", "hold=10000");
  set_mark ("begin");
  for (uint64_t i = 0; i < 20; i++)
    send_write (i);
  nbd_poll (disk, 100);
  const double before = clock_seconds (CLOCK_MONOTONIC);
  nbd_close (disk);
  nbd_close (mark);
  server_stop ();
  ck_assert_double_lt (clock_seconds (CLOCK_MONOTONIC) - before, 5);
  write_log_close (open_log ());
}
END_TEST
#endif

START_TEST (a_server_that_ends_does_not_wait)
{
  BEGIN ("device=late", "hold=10000");
  set_mark ("begin");
  for (uint64_t i = 0; i < 20; i++)
    send_write (i);
  nbd_poll (disk, 100);
  const double before = clock_seconds (CLOCK_MONOTONIC);
  kill (server_pid (), SIGTERM);
  wait_for_all ();
  ck_assert_double_lt (clock_seconds (CLOCK_MONOTONIC) - before, 5);
  nbd_close (disk);             /* for which nbdkit waits */
  nbd_close (mark);
  server_stop ();
  write_log_close (open_log ());
}
END_TEST

static const struct {
  const char *parameter, *message;
} senseless[] = {
  { "device=slow", "device=slow: give late, fast or random:SEED" }, { "hold=x", "hold=x: give milliseconds" },
  { "hold=", "hold=: give milliseconds" }, { "hold=-1", "hold=-1: give milliseconds" },
  { "hold=nan", "hold=nan: give milliseconds" }, { "hold=10001", "hold=10001: give milliseconds" },
  { "hold-limit=1s", "hold-limit=1s: give seconds" },
};

START_TEST (senseless_parameters_are_refused)
{
  const char *parameters[] = { "log=log.bin", "size=1M", senseless[_i].parameter, NULL };
  CLEANUP_FREE char *line = server_refuse ("writelog", parameters);
  ck_assert_msg (strstr (line, senseless[_i].message) != NULL, "%s", line);
}
END_TEST

PLUGIN_TEST_MAIN ("writelog-late", the_newest_is_answered_first_and_a_flush_is_held_too,
                  a_client_that_is_busy_is_waited_for, a_client_that_is_always_busy_has_its_answer_in_the_end,
                  fua_writes_zeroes_and_trims_are_held, an_answer_is_in_the_log_before_what_the_client_does_then,
                  nothing_is_held_before_begin_and_after_end, reads_and_marks_pass_and_see_what_is_held,
                  a_fast_device_answers_at_once_and_in_any_case_the_header_says_what_it_was,
                  a_random_order_is_repeatable, as_many_are_held_as_a_client_has_in_flight,
                  after_the_limit_it_answers_at_once_and_the_log_says_from_where_on,
                  control_does_not_wait_for_what_is_held, OF_A_CLIENT_THAT_GOES_AWAY
                  a_server_that_ends_does_not_wait, LOOP_OVER (senseless_parameters_are_refused, senseless))
