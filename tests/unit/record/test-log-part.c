/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/workdir.h"
#include "log/format.h"
#include "record/log-part.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static char *directory;

static void
setup (void)
{
  directory = workdir_create ();
  ck_assert_ptr_nonnull (directory);
  ck_assert_int_eq (chdir (directory), 0);
}

static void
teardown (void)
{
  ck_assert_int_eq (chdir ("/"), 0);
  workdir_remove (directory);
  free (directory);
}

static void
put_file (const char *path, const char *text)
{
  CLEANUP_FCLOSE FILE *file = fopen (path, "we");

  ck_assert_int_ne (fputs (text, file), EOF);
}

/* How large PATH is, or -1 if it is not there. */
static intmax_t
size_of (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0 ? (intmax_t) status.st_size : -1;
}

/* It is refused, and EXPECTED in the message. */
static void
expect_refused (const char *expected)
{
  char *part = directory;

  ck_assert_int_eq (log_part_make ("log", &part), -1);
  ck_assert_ptr_null (part);
  ck_assert_msg (strstr (message, expected) != NULL, "%s", message);
}

START_TEST (a_second_recorder_is_refused)
{
  CLEANUP_FREE char *part = NULL, *again = NULL;
  int fd = log_part_make ("log", &part);

  ck_assert_int_ne (fd, -1);
  ck_assert_str_eq (part, "log.part");
  put_file ("log.part", LOG_MAGIC "of the first");
  expect_refused ("log: another recording is writing this log");
  ck_assert_int_gt (size_of ("log.part"), 0);
  ck_assert_int_eq (rename ("log.part", "log"), 0);
  CLEANUP_CLOSE int next = log_part_make ("log", &again);       /* its own file is another one */
  ck_assert_int_ne (next, -1);
  close (fd);
  ck_assert_int_gt (size_of ("log"), 0);
}
END_TEST

START_TEST (what_a_killed_recorder_left_is_replaced)
{
  static const char *const texts[] = { LOG_MAGIC "and what it had recorded", "" };

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    CLEANUP_FREE char *part = NULL;

    put_file ("log.part", texts[i]);
    CLEANUP_CLOSE int fd = log_part_make ("log", &part);
    ck_assert_int_ne (fd, -1);
    ck_assert_int_eq (size_of ("log.part"), 0);
  }
}
END_TEST

START_TEST (what_is_no_log_is_left_alone)
{
  put_file ("log.part", "precious");
  expect_refused ("log.part: is there and no log: move it away");
  ck_assert_int_eq (size_of ("log.part"), strlen ("precious"));
  unlink ("log.part");
  put_file ("victim", LOG_MAGIC);
  ck_assert_int_eq (symlink ("victim", "log.part"), 0);
  expect_refused ("log.part: is there and no log");
  ck_assert_int_eq (size_of ("victim"), strlen (LOG_MAGIC));
  unlink ("log.part");
  ck_assert_int_eq (mkdir ("log.part", 0700), 0);
  expect_refused ("log.part: is there and no log");
}
END_TEST

UNIT_TEST_MAIN_WITH ("log-part", setup, teardown, a_second_recorder_is_refused,
                     what_a_killed_recorder_left_is_replaced, what_is_no_log_is_left_alone)
