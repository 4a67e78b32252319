/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of a program that is held do what the program does. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/agent/original.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

#define COPIES 5

static int output = -1;

static void
open_output (void)
{
  output = open ("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  ck_assert_int_ge (output, 0);
}

static void
close_output (void)
{
  close (output);
}

/* A copy of ORIGINAL ends with STATUS, and has printed TEXT. */
static void
assert_run (const struct original *original, int status, const char *text)
{
  char seen[256];
  int got;

  ck_assert_int_eq (ftruncate (output, 0), 0);
  ck_assert (original_run (original, &got));
  ck_assert_int_eq (got, status);
  ssize_t length = pread (output, seen, sizeof seen - 1, 0);
  ck_assert_int_ge (length, 0);
  seen[length] = '\0';
  ck_assert_str_eq (seen, text);
}

START_TEST (each_copy_is_the_program_from_its_beginning)
{
  static const char *const argv[] = { "sh", "-c", "echo $0 $1; n=$((n + 1)); echo $n >&2; exit 3", "a b", "c", NULL };
  struct original original;

  ck_assert (original_start (&original, argv, output));
  for (int i = 0; i < COPIES; i++)
    assert_run (&original, 3 << 8, "a b c\n1\n");
  original_end (&original);
}
END_TEST

START_TEST (a_copy_that_is_killed_is_no_loss)
{
  static const char *const argv[] = { "sh", "-c", "echo one; kill -9 $$", NULL };
  struct original original;

  ck_assert (original_start (&original, argv, output));
  for (int i = 0; i < COPIES; i++)
    assert_run (&original, SIGKILL, "one\n");
  original_end (&original);
}
END_TEST

START_TEST (copies_are_processes_of_their_own)
{
  static const char *const argv[] = { "sh", "-c", "echo $$ $PPID", NULL };
  struct original original;
  int numbers[2], parent, status;
  char text[64];

  ck_assert (original_start (&original, argv, output));
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq (ftruncate (output, 0), 0);
    ck_assert (original_run (&original, &status));
    text[pread (output, text, sizeof text - 1, 0)] = '\0';
    ck_assert_int_eq (sscanf (text, "%d %d", &numbers[i], &parent), 2);
    ck_assert_int_eq (parent, getpid ());
  }
  ck_assert_int_ne (numbers[0], numbers[1]);
  original_end (&original);
  ck_assert_int_eq (waitpid (-1, &status, WNOHANG), -1);        /* nobody is left */
}
END_TEST

START_TEST (what_cannot_be_held_is_gone)
{
  static const char *const missing[] = { "powercut-no-such-program", NULL };
  CLEANUP_FREE char *script = new_path ();
  const char *const broken[] = { script, NULL };
  struct original original;
  int status;

  ck_assert (!original_start (&original, missing, output));
  /* No kernel takes it for a program. */
  CLEANUP_CLOSE int fd = open (script, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
  ck_assert_int_eq (write (fd, "\177ELF", 4), 4);
  close (fd);
  fd = -1;
  ck_assert (!original_start (&original, broken, output));
  ck_assert_int_eq (waitpid (-1, &status, WNOHANG), -1);
}
END_TEST

START_TEST (without_the_original_there_is_no_copy)
{
  static const char *const argv[] = { "true", NULL };
  struct original original;
  int status;

  ck_assert (original_start (&original, argv, output));
  kill (original.pid, SIGKILL);
  ck_assert (!original_run (&original, &status));
  ck_assert_int_eq (waitpid (-1, &status, WNOHANG), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("original", open_output, close_output,
                     each_copy_is_the_program_from_its_beginning, a_copy_that_is_killed_is_no_loss,
                     copies_are_processes_of_their_own, what_cannot_be_held_is_gone,
                     without_the_original_there_is_no_copy)
