/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/stop.h"
#include "tests/unit/unit.h"

START_TEST (a_file_that_is_written_to_has_a_limit)
{
  static const char script[] =
    "i=0; while [ $i -lt 100 ]; do echo 0123456789012345678901234567890123456789; i=$((i + 1)); done; exit 7";
  CLEANUP_CLOSE int output = memfd_create ("output", MFD_CLOEXEC), errors = memfd_create ("errors", MFD_CLOEXEC);
  const struct process_io io = { .stdout_fd = output, .stderr_fd = errors, .file_bytes_max = 1024 };
  struct stat status;
  int ended;

  pid_t pid = process_start ((const char *const[]) { "/bin/sh", "-c", script, NULL }, &io);
  ck_assert_int_ne (pid, -1);
  ck_assert_int_eq (process_wait (pid, -1, &ended), 1);
  ck_assert (WIFEXITED (ended) && WEXITSTATUS (ended) == 7);    /* it was not killed for it */
  ck_assert_int_eq (fstat (output, &status), 0);
  ck_assert_int_eq (status.st_size, 1024);
}
END_TEST

START_TEST (without_a_limit_there_is_none)
{
  CLEANUP_CLOSE int output = memfd_create ("output", MFD_CLOEXEC);
  const struct process_io io = { .stdout_fd = output, .stderr_fd = -1 };
  struct stat status;
  int ended;

  pid_t pid = process_start ((const char *const[]) { "/bin/sh", "-c", "head -c 100000 /dev/zero", NULL }, &io);
  ck_assert_int_eq (process_wait (pid, -1, &ended), 1);
  ck_assert_int_eq (fstat (output, &status), 0);
  ck_assert_int_eq (status.st_size, 100000);
}
END_TEST

/* In a child that was just forked: there is time for a signal. */
static void
linger (void)
{
  usleep (100000);
}

START_TEST (a_child_that_was_just_forked_can_be_ended)
{
  int status;

  ck_assert_int_eq (stop_install (), 0);
  ck_assert_int_eq (pthread_atfork (NULL, NULL, linger), 0);
  pid_t pid = process_start ((const char *const[]) { "/bin/sleep", "5", NULL }, NULL);
  ck_assert_int_eq (kill (pid, SIGTERM), 0);
  ck_assert_int_eq (process_wait (pid, -1, &status), 1);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM);
}
END_TEST

START_TEST (what_the_caller_left_open_is_not_passed_on)
{
  static const char script[] = "for fd in /proc/self/fd/*; do echo \"${fd##*/}\"; done | sort -n | tr '\\n' ' '";
  CLEANUP_CLOSE int output = memfd_create ("output", MFD_CLOEXEC), left = memfd_create ("left", 0);
  CLEANUP_CLOSE int kept = fcntl (left, F_DUPFD_CLOEXEC, 30);
  const struct process_io io = { .stdout_fd = output, .stderr_fd = -1, .inherit_fds = { kept } };
  char text[64] = "", leaked[16];
  int ended;

  pid_t pid = process_start ((const char *const[]) { "/bin/sh", "-c", script, NULL }, &io);
  ck_assert_int_eq (process_wait (pid, -1, &ended), 1);
  ck_assert_int_ge (pread (output, text, sizeof text - 1, 0), 0);
  snprintf (leaked, sizeof leaked, " %d ", left);
  ck_assert_ptr_nonnull (strstr (text, " 30 "));
  ck_assert_msg (strstr (text, leaked) == NULL, "descriptor%sis there: %s", leaked, text);
}
END_TEST

UNIT_TEST_MAIN ("process", a_file_that_is_written_to_has_a_limit, without_a_limit_there_is_none,
                a_child_that_was_just_forked_can_be_ended, what_the_caller_left_open_is_not_passed_on)
