/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/observe/sectors.h"
#include "checker/watched-pages.h"
#include "common/cleanup.h"
#include "tests/unit/checker/seen-pages.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

/* The classes at STEP, as their first letters. */
static void
assert_classes (const struct pages *pages, const char *text, size_t step, const char *expected)
{
  CLEANUP_FREE uint8_t *classes = pages_classify (pages, text);
  char letters[64] = "";

  ck_assert_ptr_nonnull (classes);
  for (size_t i = 0; i < pages->page_count; i++)
    letters[i] = *page_class_name ((enum page_class) pages_at_step (pages, classes, step)[i]);
  ck_assert_str_eq (letters, expected);
}

START_TEST (pages_are_those_of_all_trees)
{
  char *trees[] = {
    make_text ("b", "aaaabbbb", "d", "cccc", NULL), make_text ("b", "aaaac", "c", "dddd", NULL), make_text ("b", "a",
                                                                                                            NULL),
  };
  CLEANUP_FREE char *seen = make_text ("b", "aaaa....", "e", "xxxx", NULL);
  struct pages pages;

  ck_assert_int_eq (pages_init (&pages, trees, 3, PAGE_SECTORS * SECTOR_SIZE), 0);
  ck_assert_uint_eq (pages.file_count, 3);
  ck_assert_uint_eq (pages.step_count, 2);
  ck_assert_uint_eq (pages.page_count, 4);
  ck_assert_str_eq (pages.paths[0], "b");
  ck_assert_str_eq (pages.paths[1], "c");
  ck_assert_str_eq (pages.paths[2], "d");
  assert_classes (&pages, trees[0], 1, "uooo");
  assert_classes (&pages, trees[1], 1, "unnn");
  /* At the second step the file d is in neither tree. */
  assert_classes (&pages, trees[1], 2, "ooou");
  assert_classes (&pages, trees[2], 2, "nnnu");
  assert_classes (&pages, seen, 1, "uzon");
  assert_classes (&pages, "", 1, "mmon");
  pages_free (&pages);
  for (int i = 0; i < 3; i++)
    free (trees[i]);
}
END_TEST

START_TEST (a_log_without_pages_is_refused)
{
  char *trees[] = { (char *) "d 0755 0 0 - - - .\n", (char *) "d 0755 0 0 - - - .\n" };
  struct pages pages;

  ck_assert_int_eq (pages_init (&pages, trees, 2, 4096), -1);
  ck_assert_ptr_nonnull (strstr (message, "record it with --pages"));
  pages_free (&pages);
  ck_assert_int_eq (pages_init (&pages, trees, 0, 4096), -1);
  pages_free (&pages);
}
END_TEST

START_TEST (more_than_anybody_records_is_refused)
{
  static const char *const texts[] = { "= z32768 a\n= z1 b\n", "= z1 a b\n" };
  static const char *const words[] = { "more sectors than are ever recorded", "makes no sense" };

  for (int i = 0; i < 2; i++) {
    char *trees[] = { (char *) "= - a\n", (char *) texts[i] };
    struct pages pages;

    ck_assert_int_eq (pages_init (&pages, trees, 2, 4096), -1);
    ck_assert_ptr_nonnull (strstr (message, words[i]));
    pages_free (&pages);
  }
}
END_TEST

START_TEST (too_many_pages_at_too_many_steps_are_refused)
{
  char *trees[34];
  struct pages pages;

  for (int i = 0; i < 34; i++)
    trees[i] = (char *) "= z32768 a\n";
  ck_assert_int_eq (pages_init (&pages, trees, 33, 512), 0);
  pages_free (&pages);
  ck_assert_int_eq (pages_init (&pages, trees, 34, 512), -1);
  ck_assert_ptr_nonnull (strstr (message, "--page-size"));
  pages_free (&pages);
  ck_assert_int_eq (pages_init (&pages, trees, 34, 1024), 0);
  pages_free (&pages);
}
END_TEST

START_TEST (an_observation_that_makes_no_sense_is_refused)
{
  char *trees[] = { (char *) "= z1 a\n", (char *) "= z2 a\n" };
  struct pages pages;

  ck_assert_int_eq (pages_init (&pages, trees, 2, 512), 0);
  ck_assert_ptr_null (pages_classify (&pages, "= z1 a\n= x a\n"));
  ck_assert_ptr_nonnull (strstr (message, "makes no sense"));
  pages_free (&pages);
}
END_TEST

UNIT_TEST_MAIN ("watched-pages",
                pages_are_those_of_all_trees,
                a_log_without_pages_is_refused,
                more_than_anybody_records_is_refused,
                too_many_pages_at_too_many_steps_are_refused,
                an_observation_that_makes_no_sense_is_refused)
