/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/unit.h"

START_TEST (a_list_has_whole_words_alone)
{
  ck_assert (text_lists ("noatime,fsync_mode=strict", ',', "noatime"));
  ck_assert (text_lists ("noatime,fsync_mode=strict", ',', "fsync_mode=strict"));
  ck_assert (text_lists ("a|b|c", '|', "b"));
  ck_assert (!text_lists ("noatime,fsync_mode=strictly", ',', "fsync_mode=strict"));
  ck_assert (!text_lists ("a|b|c", ',', "b"));
  ck_assert (!text_lists ("xa", ',', "a"));
  ck_assert (!text_lists ("", ',', "a"));
  ck_assert (!text_lists (NULL, ',', "a"));
}
END_TEST

START_TEST (what_was_written_is_the_text)
{
  struct text_stream stream;

  ck_assert (text_begin (&stream));
  fprintf (stream.file, "%d", 12);
  fwrite ("\0ab", 1, 3, stream.file);
  CLEANUP_FREE char *text = text_end (&stream);
  ck_assert_uint_eq (stream.length, 5);
  ck_assert_mem_eq (text, "12\0ab", 6);
}
END_TEST

START_TEST (nothing_written_is_an_empty_text)
{
  struct text_stream stream;

  ck_assert (text_begin (&stream));
  CLEANUP_FREE char *text = text_end (&stream);
  ck_assert_str_eq (text, "");
}
END_TEST

UNIT_TEST_MAIN ("text", a_list_has_whole_words_alone, what_was_written_is_the_text, nothing_written_is_an_empty_text)
