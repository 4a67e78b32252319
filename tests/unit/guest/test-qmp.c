/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands to QEMU, of which the other end of a pair of sockets says what it likes. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "guest/qmp.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define DONE "{\"return\": {}}\r\n"
#define EVENT "{\"timestamp\": {\"seconds\": 1}, \"event\": \"RESUME\", \"return\": {}}\r\n"
#define REFUSED "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\r\n"
#define STATUS(word) "{\"return\": {\"status\": \"" word "\", \"total-time\": 1}}\r\n"
#define COMMAND "{\"execute\": \"stop\"}"
#define LONG_MS 60000
#define SHORT_MS 50

static int ours, qemu;

static void
begin (void)
{
  int ends[2];

  ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  ours = ends[0];
  qemu = ends[1];
  forget_messages ();
}

static void
end (void)
{
  close (ours);
  if (qemu >= 0)
    close (qemu);
  ck_assert_uint_eq (message_count, 0);
}

static void
say (const char *text)
{
  ck_assert_int_eq (write (qemu, text, strlen (text)), (ssize_t) strlen (text));
}

/* QEMU has come to its end: what it said can still be read. */
static void
go (void)
{
  close (qemu);
  qemu = -1;
}

/* What QEMU was told since the last call, up to 255 bytes. */
static const char *
heard (void)
{
  static char text[256];
  const ssize_t count = recv (qemu, text, sizeof text - 1, MSG_DONTWAIT);

  text[count > 0 ? count : 0] = '\0';
  return text;
}

static const struct {
  const char *text;             /* that QEMU says */
  int result;                   /* of beginning */
} greetings[] = {
  { GREETING DONE, 0 }, { EVENT GREETING EVENT EVENT DONE, 0 }, { GREETING REFUSED, -1 }, { DONE DONE, -1 },
  { REFUSED, -1 }, { "QEMU 7.2\r\n" DONE, -1 }, { "\r\n" GREETING DONE, -1 }, { "[\"QMP\"]\r\n" DONE, -1 },
  { "\"QMP\"\r\n" DONE, -1 }, { "{\"QMP\": ", -1 }, { GREETING, -1 }, { "", -1 },
};

START_TEST (the_conversation_begins_with_a_greeting)
{
  say (greetings[_i].text);
  if (greetings[_i].result == -1)
    ck_assert_int_eq (shutdown (qemu, SHUT_WR), 0);
  ck_assert_int_eq (qmp_begin (ours, LONG_MS), greetings[_i].result);
  if (greetings[_i].result == 0)
    ck_assert_str_eq (heard (), "{\"execute\": \"qmp_capabilities\"}");
}
END_TEST

static const struct {
  const char *text;             /* that QEMU says */
  const char *status;           /* that is asked for */
  int result;
} answers[] = {
  { DONE, NULL, 0 }, { EVENT EVENT DONE, NULL, 0 }, { "{\"return\": [], \"id\": 1}\n", NULL, 0 },
  { REFUSED, NULL, -1 }, { EVENT REFUSED, NULL, -1 }, { "{}\r\n", NULL, -1 }, { "return\r\n", NULL, -1 },
  { "{\"return\": {}\r\n", NULL, -1 }, { "{\"Return\": {}}\r\n", NULL, -1 }, { EVENT, NULL, -1 },
  { "{\"return\": {}}", NULL, -1 },
  { STATUS ("completed"), "completed", 0 }, { STATUS ("completed"), NULL, 0 }, { STATUS ("active"), "completed", -1 },
  { DONE, "completed", -1 }, { "{\"return\": {\"status\": 1}}\r\n", "completed", -1 },
  { "{\"return\": \"completed\"}\r\n", "completed", -1 }, { "{\"status\": \"completed\"}\r\n", "completed", -1 },
};

START_TEST (a_command_is_done_if_qemu_says_so)
{
  say (answers[_i].text);
  ck_assert_int_eq (shutdown (qemu, SHUT_WR), 0);
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, answers[_i].status), answers[_i].result);
  ck_assert_str_eq (heard (), COMMAND);
}
END_TEST

START_TEST (an_answer_is_that_of_its_own_command)
{
  say (DONE REFUSED EVENT STATUS ("active") STATUS ("completed"));
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, NULL), 0);
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, NULL), -1);
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, "completed"), -1);
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, "completed"), 0);
}
END_TEST

START_TEST (a_descriptor_goes_with_its_command)
{
  char text[sizeof COMMAND], control[CMSG_SPACE (sizeof (int))];
  struct iovec piece = { .iov_base = text, .iov_len = sizeof text };
  struct msghdr heard_with = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                               .msg_controllen = sizeof control };
  CLEANUP_CLOSE int passed = memfd_create ("passed", MFD_CLOEXEC);
  int got = -1;

  ck_assert_int_eq (write (passed, "state", 5), 5);
  say (DONE);
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, passed, NULL), 0);
  ck_assert_int_eq (recvmsg (qemu, &heard_with, 0), (ssize_t) strlen (COMMAND));
  const struct cmsghdr *head = CMSG_FIRSTHDR (&heard_with);
  ck_assert_ptr_nonnull (head);
  ck_assert_int_eq (head->cmsg_type, SCM_RIGHTS);
  memcpy (&got, CMSG_DATA (head), sizeof got);
  ck_assert_int_eq (pread (got, text, sizeof text, 0), 5);
  close (got);
}
END_TEST

/* Say an answer in a line of LENGTH bytes, without its end. */
static void
say_long (size_t length)
{
  CLEANUP_FREE char *line = malloc (length + 1);
  const size_t begun = (size_t) sprintf (line, "{\"return\": {}, \"more\": \"");

  memset (line + begun, 'x', length - begun);
  memcpy (line + length - 2, "\"}", 3);
  say (line);
}

START_TEST (a_line_may_be_long_but_not_endless)
{
  say_long (60000);
  say ("\r\n");
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, NULL), 0);
  say_long (65536);
  say ("\r\n" DONE);
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, NULL), -1);
}
END_TEST

START_TEST (who_says_nothing_is_not_waited_for)
{
  const int64_t begun_ms = clock_ms ();

  ck_assert_int_eq (qmp_begin (ours, SHORT_MS), -1);
  ck_assert_int_eq (qmp_command (ours, SHORT_MS, COMMAND, -1, NULL), -1);
  say ("{\"return\": ");
  ck_assert_int_eq (qmp_command (ours, SHORT_MS, COMMAND, -1, NULL), -1);
  ck_assert_int_ge (clock_ms () - begun_ms, 3 * SHORT_MS);
  ck_assert_int_lt (clock_ms () - begun_ms, LONG_MS);
}
END_TEST

START_TEST (who_has_gone_does_not_end_us)
{
  say (DONE);
  go ();
  ck_assert_int_eq (qmp_command (ours, LONG_MS, COMMAND, -1, NULL), -1);
  ck_assert_int_eq (qmp_begin (ours, LONG_MS), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("qmp", begin, end, LOOP_OVER (the_conversation_begins_with_a_greeting, greetings),
                     LOOP_OVER (a_command_is_done_if_qemu_says_so, answers), an_answer_is_that_of_its_own_command,
                     a_descriptor_goes_with_its_command, a_line_may_be_long_but_not_endless,
                     who_says_nothing_is_not_waited_for, who_has_gone_does_not_end_us)
