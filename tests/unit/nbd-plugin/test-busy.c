/* SPDX-License-Identifier: BSD-3-Clause */
/* Which processes run, and what has come that nobody has read. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nbd-plugin/busy.h"
#include "tests/unit/unit.h"

#define LOOKS 100               /* how often to look for what may take a while to be so */
#define LOOK_US 10000

/* Run for ever, or sleep, without outliving the test. */
static void __attribute__ ((noreturn))
go_on (bool busy)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  prctl (PR_SET_NAME, ") R (", 0, 0, 0);
  for (;;)
    if (!busy)
      pause ();
}

/* A process that is BUSY or not, and has a child that is or not. */
static pid_t
start (bool busy, bool child_is_busy)
{
  const pid_t pid = fork ();

  ck_assert_int_ne (pid, -1);
  if (pid == 0) {
    setpgid (0, 0);             /* so that both are ended together */
    if (fork () == 0)
      go_on (child_is_busy);
    go_on (busy);
  }
  return pid;
}

static void
end (pid_t pid)
{
  while (kill (-pid, SIGKILL) == -1 && errno == ESRCH)
    usleep (LOOK_US);           /* it has no group of its own yet */
  waitpid (pid, NULL, 0);
}

/* Whether PID is found as busy as EXPECTED some time, and from then on. */
static bool
comes_to_be (pid_t pid, bool expected)
{
  for (int i = 0; i < LOOKS; i++) {
    if (busy_process (pid) == expected)
      return true;
    usleep (LOOK_US);
  }
  return false;
}

static const struct {
  bool process, child;
} cases[] = { { false, false }, { true, false }, { false, true }, { true, true } };

START_TEST (a_process_is_as_busy_as_what_it_has_started)
{
  const pid_t pid = start (cases[_i].process, cases[_i].child);
  const bool expected = cases[_i].process || cases[_i].child;

  ck_assert (comes_to_be (pid, expected));
  end (pid);
}
END_TEST

START_TEST (who_asks_does_not_count)
{
  ck_assert (!busy_process (getpid ()));
  if (fork () == 0)
    _exit (comes_to_be (getppid (), false) ? 0 : 1);     /* it waits, and its child is who asks */
  int status;
  wait (&status);
  ck_assert_int_eq (status, 0);
}
END_TEST

START_TEST (who_has_gone_is_not_busy)
{
  const pid_t pid = start (true, true);

  end (pid);
  ck_assert (!busy_process (pid));
}
END_TEST

START_TEST (what_nobody_has_read_is_seen)
{
  int ends[2];
  char byte;

  ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ck_assert (!busy_sockets ());
  ck_assert_int_eq (write (ends[0], "x", 1), 1);
  ck_assert (busy_sockets ());
  ck_assert_int_eq (read (ends[1], &byte, 1), 1);
  ck_assert (!busy_sockets ());
}
END_TEST

UNIT_TEST_MAIN ("busy", LOOP_OVER (a_process_is_as_busy_as_what_it_has_started, cases), who_asks_does_not_count,
                who_has_gone_is_not_busy, what_nobody_has_read_is_seen)
