/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "common/escape.h"
#include "common/number.h"
#include "tests/unit/unit.h"

START_TEST (sizes_take_units_of_1024)
{
  uint64_t size;

  ck_assert_int_eq (parse_size ("300M", &size), 0);
  ck_assert_uint_eq (size, UINT64_C (300) << 20);
  ck_assert_int_eq (parse_size ("512", &size), 0);
  ck_assert_uint_eq (size, 512);
}
END_TEST

START_TEST (sloppy_numbers_are_refused)
{
  static const char *const bad[] = { "", " 1", "1 ", "-1", "+1", "0x10", "1MB", "M", "1.5G" };
  uint64_t size = 7;

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_int_eq (parse_size (bad[i], &size), -1);
    ck_assert_int_eq (errno, EINVAL);
  }
  ck_assert_uint_eq (size, 7);
}
END_TEST

START_TEST (numbers_that_overflow_are_refused)
{
  uint64_t value;

  ck_assert_int_eq (parse_size ("99999999999999999999", &value), -1);
  ck_assert_int_eq (errno, ERANGE);
  ck_assert_int_eq (parse_size ("8388608T", &value), -1);
  ck_assert_int_eq (errno, ERANGE);
  ck_assert_int_eq (parse_unsigned ("11", 10, &value), -1);
  ck_assert_int_eq (errno, ERANGE);
}
END_TEST

START_TEST (seconds_take_units)
{
  uint64_t seconds;

  ck_assert_int_eq (parse_seconds ("5m", &seconds), 0);
  ck_assert_uint_eq (seconds, 300);
}
END_TEST

START_TEST (escaping_any_bytes_and_back)
{
  char *text;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  escape_word ("a b%\n\xff", 6, file);
  fclose (file);
  ck_assert_str_eq (text, "a%20b%25%0a%ff");
  ck_assert_int_eq (unescape_word (text), 6);
  ck_assert_mem_eq (text, "a b%\n\xff", 7);
  free (text);
}
END_TEST

START_TEST (words_make_a_line_and_are_had_from_it)
{
  const char *const words[] = { "run", "", "a b", "c\n", NULL };
  size_t length, count;
  char *line = escape_words (words, &length);

  ck_assert_str_eq (line, "run  a%20b c%0a\n");
  ck_assert_uint_eq (length, strlen (line));
  line[length - 1] = '\0';
  char **back = unescape_words (line, &count);
  ck_assert_uint_eq (count, 4);
  for (size_t i = 0; i < count; i++)
    ck_assert_str_eq (back[i], words[i]);
  ck_assert_ptr_null (back[count]);
  free (back);
  free (line);
}
END_TEST

START_TEST (a_line_with_a_malformed_word_is_refused)
{
  static const char *const lines[] = { "a b%2", "a%zz", "a%00b" };
  size_t count;

  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    char *line = strdup (lines[i]);

    ck_assert_ptr_null (unescape_words (line, &count));
    ck_assert_int_eq (errno, EINVAL);
    free (line);
  }
}
END_TEST

START_TEST (a_broken_escape_is_refused)
{
  char text[] = "ab%2";

  ck_assert_int_eq (unescape_word (text), -1);
  ck_assert_int_eq (errno, EINVAL);
}
END_TEST

UNIT_TEST_MAIN ("number", sizes_take_units_of_1024, sloppy_numbers_are_refused, numbers_that_overflow_are_refused,
                seconds_take_units, escaping_any_bytes_and_back, a_broken_escape_is_refused,
                words_make_a_line_and_are_had_from_it, a_line_with_a_malformed_word_is_refused)
