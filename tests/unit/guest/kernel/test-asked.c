/* SPDX-License-Identifier: BSD-3-Clause */
/* A question is asked once, and again when what it is about has changed. */
#include <config.h>

#include <stdio.h>

#include "guest/kernel/asked.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define FILE_ASKED_ABOUT "file"

/* Ask a program about WORD, which answers with it and with how often it was run, which is its status, too. */
static int
ask (const char *word)
{
  static const char script[] = "echo x >> runs; echo $1 $(wc -l < runs); echo no >&2; exit $(wc -l < runs)";
  struct capture answer;
  char expected[32];

  ck_assert_int_eq (asked_run ((const char *const[]) { "sh", "-c", script, "sh", word, NULL },
                               FILE_ASKED_ABOUT, &answer), 0);
  snprintf (expected, sizeof expected, "%s %d\n", word, answer.status);
  ck_assert_str_eq (answer.output, expected);
  ck_assert_str_eq (answer.complaint, "no");
  const int status = answer.status;
  capture_free (&answer);
  return status;
}

START_TEST (asks_once_while_nothing_changes)
{
  put_text (FILE_ASKED_ABOUT, 0644, "a");
  ck_assert_int_eq (ask ("one"), 1);
  ck_assert_int_eq (ask ("one"), 1);
  ck_assert_int_eq (ask ("other"), 2);
  ck_assert_int_eq (ask ("one"), 1);
  put_text (FILE_ASKED_ABOUT, 0644, "ab");
  ck_assert_int_eq (ask ("one"), 3);
  ck_assert_int_eq (ask ("one"), 3);
  ck_assert_int_eq (ask ("other"), 4);
}
END_TEST

START_TEST (asks_each_time_about_what_is_not_there)
{
  ck_assert_int_eq (ask ("one"), 1);
  ck_assert_int_eq (ask ("one"), 2);
}
END_TEST

UNIT_TEST_MAIN_WITH ("kernel-asked", enter_work, leave_work, asks_once_while_nothing_changes,
                     asks_each_time_about_what_is_not_there)
