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

/* What was seen, old and new, and the class of page number PAGE. */
static const struct {
  const char *seen, *old, *new;
  size_t page;
  const char *class;
} classes[] = {
  /* A page like the old and the new one is unchanged. */
  { "aaaabbbb", "aaaabbbb", "aaaacccc", 0, "unchanged" },
  { "....", "....", "....", 0, "unchanged" },
  { NULL, NULL, NULL, 0, "unchanged" },
  { "aaaa", "aaaa", "aaaa", 1, "unchanged" },
  /* A page like one of them is old or new. */
  { "abcd", "abcd", "abce", 0, "old" },
  { "abce", "abcd", "abce", 0, "new" },
  { "aaaabbbb", "aaaabbbb", "aaaacccc", 1, "old" },
  { "aaaacccc", "aaaabbbb", "aaaacccc", 1, "new" },
  /* Zeros that are old or new are no damage. */
  { "....", "....", "abcd", 0, "old" },
  { "....", "abcd", "....", 0, "new" },
  /* A page that one of them lacks is old or new by its absence. */
  { "aaaa", "aaaa", "aaaabbbb", 1, "old" },
  { "aaaa", "aaaabbbb", "aaaa", 1, "new" },
  { NULL, NULL, "aaaa", 0, "old" },
  { NULL, "aaaa", NULL, 0, "new" },
  { "", NULL, "aaaa", 0, "old" },
  /* A page that both have and that is not there is missing. */
  { NULL, "aaaa", "bbbb", 0, "missing" },
  { "", "aaaa", "bbbb", 0, "missing" },
  { "aaaa", "aaaabbbb", "aaaacccc", 1, "missing" },
  { "aaaa", "aaaabbbb", "aaaabbbb", 1, "missing" },
  /* A page of old and new sectors is torn. */
  { "aabb", "aaaa", "bbbb", 0, "torn" },
  { "xaby", "xaay", "xbby", 0, "torn" },
  /* A sector of neither makes a torn page another. */
  { "abcb", "aaaa", "bbbb", 0, "other" },
  { "ab.b", "aaaa", "bbbb", 0, "other" },
  { "cccc", "aaaa", "bbbb", 0, "other" },
  /* New sectors in a page that was not there are torn if the rest is zero. */
  { "aaaab..b", "aaaa", "aaaabbbb", 1, "torn" },
  { "bb..", NULL, "bbbb", 0, "torn" },
  { "bbc.", NULL, "bbbb", 0, "other" },
  { "aaaab", "aaaa", "aaaabb", 1, "torn" },
  /* A page of zeros where neither is zero is zero. */
  { "....", "aaaa", "bbbb", 0, "zero" },
  { "aaaa....", "aaaa", "aaaabbbb", 1, "zero" },
  { "....", "aaaa", "aaaa", 0, "zero" },
  /* A new page that has zeros itself is not half there yet, and an old one that has some not half gone. */
  { "....", NULL, "b...", 0, "zero" },
  { "aaaa....", "aaaab...", "aaaa", 1, "zero" },
  /* Zeros that are old here and new there are torn. */
  { "....", "a...", "...b", 0, "torn" },
  /* An unchanged page cannot be torn. */
  { "aa..", "aaaa", "aaaa", 0, "other" },
  /* A sector that cannot be read is like no other. */
  { "aaa!", "aaaa", "bbbb", 0, "other" },
  { "aaa!", "aaa!", "bbbb", 0, "other" },
  { "!!!!", "!!!!", "!!!!", 0, "other" },
  /* After the end of a file that has the page are zeros. */
  { "ab", "ab..", "cdef", 0, "old" },
  { "ab..", "ab", "cdef", 0, "old" },
  { "abcd", "ab", "abcd", 0, "new" },
  /* A page of zeros in a file that was too short is not old. */
  { "aaaa....", "aaaa", "aaaa", 1, "zero" },
  { "aaaabbbb", "aaaa", "aaaa", 1, "other" },
};

START_TEST (a_page_has_its_class)
{
  struct page_file *seen = make_file (classes[_i].seen), *old = make_file (classes[_i].old);
  struct page_file *new = make_file (classes[_i].new);
  enum page_class class = page_classify (seen, old, new, classes[_i].page * PAGE_SECTORS, PAGE_SECTORS);

  ck_assert_msg (strcmp (page_class_name (class), classes[_i].class) == 0, "case %d: %s and not %s", _i,
                 page_class_name (class), classes[_i].class);
  free_file (seen);
  free_file (old);
  free_file (new);
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

START_TEST (lines_about_sectors_begin_after_all_others)
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
                LOOP_OVER (a_page_has_its_class, classes),
                lines_are_parsed,
                malformed_lines_are_refused,
                lines_about_sectors_begin_after_all_others,
                a_page_has_whole_sectors)
