/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "guest/agent/answer.h"
#include "tests/unit/unit.h"

START_TEST (a_head_is_read_as_it_was_written)
{
  static const struct { bool error; size_t length; const char *text; } heads[] = {
    { false, 0, "ok 0\n" }, { true, 17, "error 17\n" }, { false, SIZE_MAX, "ok 18446744073709551615\n" }
  };
  char head[ANSWER_HEAD_MAX];
  bool error;
  uint64_t length;

  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
    ck_assert_uint_eq (answer_write_head (head, heads[i].error, heads[i].length), strlen (heads[i].text));
    ck_assert_str_eq (head, heads[i].text);
    head[strlen (head) - 1] = '\0';
    ck_assert_int_eq (answer_read_head (head, UINT64_MAX, &error, &length), 0);
    ck_assert_int_eq (error, heads[i].error);
    ck_assert_uint_eq (length, heads[i].length);
  }
}
END_TEST

START_TEST (what_is_no_head_is_refused)
{
  static const char *const heads[] = {
    "", "ok", "ok ", "OK 3", "error", "errors 3", "ok -1", "ok 3 ", "ok 101", " ok 3"
  };
  bool error;
  uint64_t length;

  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
    ck_assert_msg (answer_read_head (heads[i], 100, &error, &length) == -1, "taken: %s", heads[i]);
  ck_assert_int_eq (answer_read_head ("ok 100", 100, &error, &length), 0);
}
END_TEST

START_TEST (lines_are_read_as_they_were_written)
{
  CLEANUP_FREE char *payload = NULL;
  size_t size;
  FILE *file = open_memstream (&payload, &size);
  enum answer_line line;
  char *value, *rest;

  ck_assert_ptr_nonnull (file);
  for (enum answer_line i = 0; i < ANSWER_OTHER; i++) {
    answer_begin_line (i, file);
    fprintf (file, "what %d says\n", i);
  }
  fclose (file);
  rest = payload;
  for (enum answer_line i = 0; i < ANSWER_OTHER; i++) {
    char text[32];

    ck_assert (answer_next_line (&rest, &line, &value));
    ck_assert_int_eq (line, i);
    snprintf (text, sizeof text, "what %d says", i);
    ck_assert_str_eq (value, text);
  }
  ck_assert (answer_next_line (&rest, &line, &value));  /* what comes after the last newline */
  ck_assert_int_eq (line, ANSWER_OTHER);
  ck_assert (!answer_next_line (&rest, &line, &value));
}
END_TEST

START_TEST (a_line_is_known_by_its_whole_word)
{
  char payload[] = "mounted ok\nmount\n\nlog \nmount ok", *rest = payload, *value;
  static const struct { enum answer_line line; const char *value; } lines[] = {
    { ANSWER_OTHER, "mounted ok" }, { ANSWER_OTHER, "mount" }, { ANSWER_OTHER, "" }, { ANSWER_LOG, "" },
    { ANSWER_MOUNT, ANSWER_DONE }
  };
  enum answer_line line;

  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    ck_assert (answer_next_line (&rest, &line, &value));
    ck_assert_int_eq (line, lines[i].line);
    ck_assert_str_eq (value, lines[i].value);
  }
  ck_assert (!answer_next_line (&rest, &line, &value));
}
END_TEST

START_TEST (an_ending_is_read_as_it_was_written)
{
  static const struct { bool ended; int status; const char *text; int exit_status; } endings[] = {
    { true, 0, "exit 0\n", 0 }, { true, 77 << 8, "exit 77\n", 77 }, { true, 9, "signal 9\n", -1 },
    { false, 0, ANSWER_TIMEOUT "\n", -1 }
  };

  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    CLEANUP_FREE char *text = NULL;
    size_t size;
    FILE *file = open_memstream (&text, &size);

    ck_assert_ptr_nonnull (file);
    answer_write_ending (endings[i].ended, endings[i].status, file);
    fclose (file);
    ck_assert_str_eq (text, endings[i].text);
    text[size - 1] = '\0';
    ck_assert_int_eq (answer_exit_status (text), endings[i].exit_status);
  }
  ck_assert_int_eq (answer_exit_status ("exit 256"), -1);
  ck_assert_int_eq (answer_exit_status ("exit 0: more"), -1);
}
END_TEST

UNIT_TEST_MAIN ("answer", a_head_is_read_as_it_was_written, what_is_no_head_is_refused,
                lines_are_read_as_they_were_written, a_line_is_known_by_its_whole_word,
                an_ending_is_read_as_it_was_written)
