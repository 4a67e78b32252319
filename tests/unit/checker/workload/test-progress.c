/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/workload/progress.h"
#include "tests/unit/unit.h"

START_TEST (what_was_printed_is_read_again)
{
  static const struct workload_progress all[] = {
    { { 0 } }, { { 1 } }, { { 7, 3 } }, { { 9, 5, 1 } }, { { 10000, 9999, 9998, 9997, 9996, 9995, 9994, 9993 } }
  };
  static const char *const expected[] = {
    "0", "1", "7 beside 3", "9 beside 5 1", "10000 beside 9999 9998 9997 9996 9995 9994 9993"
  };
  static const char *const said[] = {
    "", "operation 1 has returned", "operations 3 and 7 have returned", "operations 1, 5 and 9 have returned",
    "operations 9993, 9994, 9995, 9996, 9997, 9998, 9999 and 10000 have returned"
  };

  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    char text[PROGRESS_TEXT_SIZE], words[PROGRESS_SAID_SIZE];

    progress_print (all[i], text);
    ck_assert_str_eq (text, expected[i]);
    ck_assert_int_eq (progress_compare (progress_parse (text), all[i]), 0);
    progress_say (all[i], words);
    ck_assert_str_eq (words, said[i]);
  }
}
END_TEST

START_TEST (what_is_no_progress_is_none)
{
  static const char *const bad[] = { "", "x", "5x", "-5", "99999999999999999999999", "70000", " 5", "beside 4" };
  static const char *const alone[] = {
    "5", "5 besides", "5 beside", "5 beside ", "5 beside x", "5 and 4", "5 beside  4"
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_uint_eq (progress_parse (bad[i]).returned[0], 0);
  for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
    ck_assert_uint_eq (progress_parse (alone[i]).returned[0], 5);
    ck_assert_uint_eq (progress_parse (alone[i]).returned[1], 0);
  }
  ck_assert_uint_eq (progress_parse ("9 beside 8 7 6 5 4 3 2 1").returned[WORKLOAD_PROCESSES_MAX - 1], 2);
}
END_TEST

/* In the order in which marks of one run can come. */
START_TEST (later_marks_are_later)
{
  static const char *const marks[] = {
    "0", "1", "3", "3 beside 2", "5", "5 beside 2", "5 beside 3", "5 beside 3 1", "5 beside 3 2", "6", "6 beside 2"
  };

  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
    for (size_t j = 0; j < sizeof marks / sizeof marks[0]; j++) {
      const int order = progress_compare (progress_parse (marks[i]), progress_parse (marks[j]));

      ck_assert_msg (i < j ? order < 0 : i > j ? order > 0 : order == 0, "%s, %s: %d", marks[i], marks[j], order);
    }
}
END_TEST

UNIT_TEST_MAIN ("progress",
                what_was_printed_is_read_again,
                what_is_no_progress_is_none,
                later_marks_are_later)
