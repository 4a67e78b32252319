/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "checker/observe/pages.h"
#include "common/cleanup.h"
#include "tests/unit/checker/seen-pages.h"
#include "tests/unit/unit.h"

/* NULL for a file that is not there. */
static struct page_file *
make_file (const char *sectors)
{
  struct page_file *file = sectors ? malloc (sizeof *file) : NULL;
  CLEANUP_FREE char *line = sectors ? make_line ("file", sectors) : NULL;

  if (file)
    ck_assert_ptr_nonnull (page_file_parse (line, file));
  return file;
}

static void
free_file (struct page_file *file)
{
  if (file)
    page_file_free (file);
  free (file);
}

/* The class of page number PAGE_NUMBER. */
static void
assert_class (const char *seen, const char *old, const char *new, size_t page_number, const char *expected)
{
  struct page_file *files[] = { make_file (seen), make_file (old), make_file (new) };
  enum page_class class = page_classify (files[0], files[1], files[2], page_number * PAGE_SECTORS, PAGE_SECTORS);

  ck_assert_str_eq (page_class_name (class), expected);
  for (int i = 0; i < 3; i++)
    free_file (files[i]);
}

START_TEST (a_page_like_the_old_and_the_new_one_is_unchanged)
{
  assert_class ("aaaabbbb", "aaaabbbb", "aaaacccc", 0, "unchanged");
  assert_class ("....", "....", "....", 0, "unchanged");
  assert_class (NULL, NULL, NULL, 0, "unchanged");
  assert_class ("aaaa", "aaaa", "aaaa", 1, "unchanged");
}
END_TEST

START_TEST (a_page_like_one_of_them_is_old_or_new)
{
  assert_class ("abcd", "abcd", "abce", 0, "old");
  assert_class ("abce", "abcd", "abce", 0, "new");
  assert_class ("aaaabbbb", "aaaabbbb", "aaaacccc", 1, "old");
  assert_class ("aaaacccc", "aaaabbbb", "aaaacccc", 1, "new");
}
END_TEST

START_TEST (zeros_that_are_old_or_new_are_no_damage)
{
  assert_class ("....", "....", "abcd", 0, "old");
  assert_class ("....", "abcd", "....", 0, "new");
}
END_TEST

START_TEST (a_page_that_one_of_them_lacks_is_old_or_new_by_its_absence)
{
  assert_class ("aaaa", "aaaa", "aaaabbbb", 1, "old");
  assert_class ("aaaa", "aaaabbbb", "aaaa", 1, "new");
  assert_class (NULL, NULL, "aaaa", 0, "old");
  assert_class (NULL, "aaaa", NULL, 0, "new");
  assert_class ("", NULL, "aaaa", 0, "old");
}
END_TEST

START_TEST (a_page_that_both_have_and_that_is_not_there_is_missing)
{
  assert_class (NULL, "aaaa", "bbbb", 0, "missing");
  assert_class ("", "aaaa", "bbbb", 0, "missing");
  assert_class ("aaaa", "aaaabbbb", "aaaacccc", 1, "missing");
  assert_class ("aaaa", "aaaabbbb", "aaaabbbb", 1, "missing");
}
END_TEST

START_TEST (a_page_of_old_and_new_sectors_is_torn)
{
  assert_class ("aabb", "aaaa", "bbbb", 0, "torn");
  assert_class ("xaby", "xaay", "xbby", 0, "torn");
}
END_TEST

START_TEST (a_sector_of_neither_makes_a_torn_page_another)
{
  assert_class ("abcb", "aaaa", "bbbb", 0, "other");
  assert_class ("ab.b", "aaaa", "bbbb", 0, "other");
  assert_class ("cccc", "aaaa", "bbbb", 0, "other");
}
END_TEST

START_TEST (new_sectors_in_a_page_that_was_not_there_are_torn_if_the_rest_is_zero)
{
  assert_class ("aaaab..b", "aaaa", "aaaabbbb", 1, "torn");
  assert_class ("bb..", NULL, "bbbb", 0, "torn");
  assert_class ("bbc.", NULL, "bbbb", 0, "other");
  assert_class ("aaaab", "aaaa", "aaaabb", 1, "torn");
}
END_TEST

START_TEST (a_page_of_zeros_where_neither_is_zero_is_zero)
{
  assert_class ("....", "aaaa", "bbbb", 0, "zero");
  assert_class ("aaaa....", "aaaa", "aaaabbbb", 1, "zero");
  assert_class ("....", "aaaa", "aaaa", 0, "zero");
  /* A new page that has zeros itself is not half there yet, and an old one that has some not half gone. */
  assert_class ("....", NULL, "b...", 0, "zero");
  assert_class ("aaaa....", "aaaab...", "aaaa", 1, "zero");
}
END_TEST

START_TEST (zeros_that_are_old_here_and_new_there_are_torn)
{
  assert_class ("....", "a...", "...b", 0, "torn");
}
END_TEST

START_TEST (an_unchanged_page_cannot_be_torn)
{
  assert_class ("aa..", "aaaa", "aaaa", 0, "other");
}
END_TEST

START_TEST (a_sector_that_cannot_be_read_is_like_no_other)
{
  assert_class ("aaa!", "aaaa", "bbbb", 0, "other");
  assert_class ("aaa!", "aaa!", "bbbb", 0, "other");
  assert_class ("!!!!", "!!!!", "!!!!", 0, "other");
}
END_TEST

START_TEST (behind_the_end_of_a_file_that_has_the_page_are_zeros)
{
  assert_class ("ab", "ab..", "cdef", 0, "old");
  assert_class ("ab..", "ab", "cdef", 0, "old");
  assert_class ("abcd", "ab", "abcd", 0, "new");
}
END_TEST

START_TEST (a_page_of_zeros_in_a_file_that_was_too_short_is_not_old)
{
  assert_class ("aaaa....", "aaaa", "aaaa", 1, "zero");
  assert_class ("aaaabbbb", "aaaa", "aaaa", 1, "other");
}
END_TEST

START_TEST (lines_are_parsed)
{
  struct page_file file;
  const char *text = "= 0123456789abcdef,z3,!2,fedcba9876543210 a%20b\n= - c\n", *next = page_file_parse (text, &file);

  ck_assert_ptr_nonnull (next);
  ck_assert_str_eq (next, "= - c\n");
  ck_assert_str_eq (file.path, "a%20b");
  ck_assert_uint_eq (file.count, 7);
  ck_assert (file.sectors[0] == 0x0123456789abcdef && file.sectors[6] == 0xfedcba9876543210);
  ck_assert (file.sectors[1] == SECTOR_OF_ZEROS && file.sectors[3] == SECTOR_OF_ZEROS);
  ck_assert (file.sectors[4] == SECTOR_UNREADABLE && file.sectors[5] == SECTOR_UNREADABLE);
  page_file_free (&file);
  next = page_file_parse (next, &file);
  ck_assert_str_eq (next, "");
  ck_assert_str_eq (file.path, "c");
  ck_assert_uint_eq (file.count, 0);
  page_file_free (&file);
}
END_TEST

START_TEST (malformed_lines_are_refused)
{
  static const char *const texts[] = {
    "", "f 0644 0 0 0 empty - f\n", "= z1 f", "= z1\n", "= z1 \n", "= z1 f g\n", "=  f\n", "= z f\n", "= z0 f\n",
    "= z-1 f\n",
    "= z1, f\n", "= ,z1 f\n", "= !32769 f\n", "= z99999999999999999999 f\n", "= z32768,z1 f\n", "= 0123456789abcde f\n",
    "= 0123456789abcdef0 f\n", "= 0123456789abcdeF f\n", "= -,z1 f\n", "=z1 f\n",
  };
  struct page_file file;

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    errno = 0;
    ck_assert_msg (page_file_parse (texts[i], &file) == NULL && errno == EINVAL, "accepted: %s", texts[i]);
  }
  ck_assert_ptr_nonnull (page_file_parse ("= z32767,!1 f\n", &file));
  page_file_free (&file);
}
END_TEST

START_TEST (lines_about_sectors_begin_behind_all_others)
{
  const char *text = "f 0644 0 0 0 empty - a\n= - a\n= - b\n", *paths = "f 0644 0 0 0 empty - =\n";

  ck_assert_str_eq (pages_begin (text), "= - a\n= - b\n");
  ck_assert_str_eq (pages_begin ("= - a\n"), "= - a\n");
  ck_assert_ptr_eq (pages_begin (paths), paths + strlen (paths));
  ck_assert_str_eq (pages_begin (""), "");
}
END_TEST

START_TEST (a_page_has_whole_sectors)
{
  ck_assert_ptr_null (page_size_fault (512));
  ck_assert_ptr_null (page_size_fault (16 << 20));
  ck_assert_ptr_nonnull (page_size_fault (0));
  ck_assert_ptr_nonnull (page_size_fault (513));
  ck_assert_ptr_nonnull (page_size_fault ((16 << 20) + 512));
  ck_assert_ptr_nonnull (page_size_fault (UINT64_MAX - 511));
}
END_TEST

UNIT_TEST_MAIN ("pages",
                a_page_like_the_old_and_the_new_one_is_unchanged,
                a_page_like_one_of_them_is_old_or_new,
                zeros_that_are_old_or_new_are_no_damage,
                a_page_that_one_of_them_lacks_is_old_or_new_by_its_absence,
                a_page_that_both_have_and_that_is_not_there_is_missing,
                a_page_of_old_and_new_sectors_is_torn,
                a_sector_of_neither_makes_a_torn_page_another,
                new_sectors_in_a_page_that_was_not_there_are_torn_if_the_rest_is_zero,
                a_page_of_zeros_where_neither_is_zero_is_zero,
                zeros_that_are_old_here_and_new_there_are_torn,
                an_unchanged_page_cannot_be_torn,
                a_sector_that_cannot_be_read_is_like_no_other,
                behind_the_end_of_a_file_that_has_the_page_are_zeros,
                a_page_of_zeros_in_a_file_that_was_too_short_is_not_old,
                lines_are_parsed,
                malformed_lines_are_refused,
                lines_about_sectors_begin_behind_all_others,
                a_page_has_whole_sectors)
