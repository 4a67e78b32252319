/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "replay/report/page-table.h"
#include "tests/unit/checker/seen-pages.h"
#include "tests/unit/unit.h"

/* Results with two trees, points as told and no more than a table needs. */
static char *session_trees[2];
static struct pages session_pages;
static struct session_config config = { .pages = &session_pages };
static struct crash_point points[3];
static struct point_result found[3];
static struct results results;

/* Begin with the pages of the trees. */
static void
begin_results (void)
{
  ck_assert_int_eq (pages_init (&session_pages, session_trees, 2, PAGE_SECTORS * SECTOR_SIZE), 0);
  results = (struct results) { .config = &config, .points = { points, 0, 0 }, .found = found };
  ck_assert_int_eq (page_counts_begin (&results.pages, &session_pages), 0);
}

static void
setup_session (void)
{
  session_trees[0] = make_text ("file", "aaaabbbbcccc", NULL);
  session_trees[1] = make_text ("file", "aaaaxxxxyyyy", NULL);
  begin_results ();
}

static void
teardown_session (void)
{
  for (size_t i = 0; i < results.points.count; i++) {
    tally_free (&found[i].tally);
    mpz_clear (found[i].states);
    mpz_clear (found[i].covered);
  }
  page_counts_free (&results.pages);
  pages_free (&session_pages);
  free (session_trees[0]);
  free (session_trees[1]);
}

static void
add_point (enum phase phase, unsigned long states)
{
  size_t number = results.points.count++;

  points[number] = (struct crash_point) { .moment = { .phase = phase, .step = phase != PHASE_UNKNOWN } };
  found[number] = (struct point_result) { .done = true };
  mpz_init_set_ui (found[number].states, states);
  mpz_init_set_ui (found[number].covered, states);
}

/* STATES states of the last point showed the tree TEXT (taken over; NULL: could not be mounted). */
static void
saw_text (char *text, unsigned long states)
{
  struct outcome outcome = { .kind = text ? OUTCOME_TREE : OUTCOME_UNMOUNTABLE, .detail = (char *) "EIO" };
  const size_t last = results.points.count - 1;
  CLEANUP_FREE uint8_t *classes = text ? pages_classify (&session_pages, text) : NULL;
  mpz_t number;

  if (text)
    tree_digest (text, outcome.digest);
  mpz_init_set_ui (number, states);
  ck_assert_int_eq (tally_add (&found[last].tally, &outcome, number), 0);
  page_counts_add (&results.pages, &points[last].moment, classes, number);
  mpz_clear (number);
  free (text);
}

/* ... with SECTORS of `file`. */
static void
saw (const char *sectors, unsigned long states)
{
  saw_text (sectors ? make_text ("file", sectors, NULL) : NULL, states);
}

static char *
print_table (void)
{
  char *text = NULL;
  struct page_table table;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  ck_assert_int_eq (page_table_make (&table, &(const struct results *) { &results }, 1), 0);
  page_table_print (&table, "ext4", file);
  fclose (file);
  page_table_free (&table);
  return text;
}

static void
assert_printed (const char *expected)
{
  CLEANUP_FREE char *text = print_table ();

  ck_assert_str_eq (text, expected);
}

START_TEST (states_are_counted_by_class_and_by_whether_the_update_had_returned)
{
  add_point (PHASE_UNKNOWN, 1);
  saw ("zzzz", 1);
  add_point (PHASE_UPDATE, 7);
  saw ("aaaabbbbcccc", 4);
  saw ("aaaabbxxyyyy", 3);
  add_point (PHASE_COMMITTED, 100);
  saw ("aaaaxxxxyyyy", 90);
  saw ("aaaabbbbyyyy", 10);
  assert_printed ("pages of 2048 bytes, in 7 crash states in the update and in 100 after commit:\n"
                  "file  pages  crash      unchanged  old  new  torn\n"
                  "file  0      in update          7    -    -     -\n"
                  "file  0      committed        100    -    -     -\n"
                  "file  1      in update          -    4    -     3\n"
                  "file  1      committed          -   10   90     -\n"
                  "file  2      in update          -    4    3     -\n"
                  "file  2      committed          -    -  100     -\n"
                  "never damaged in all 107 crash states on ext4: file 0, 2\n"
                  "damaged in some of them: file 1\n"
                  "still old in some after commit: file 1\n");
}
END_TEST

START_TEST (rows_that_are_alike_are_one)
{
  add_point (PHASE_UPDATE, 5);
  saw ("aaaabbbbcccc", 3);
  saw ("aaaa........", 2);
  assert_printed ("pages of 2048 bytes, in 5 crash states in the update and in 0 after commit:\n"
                  "file  pages  crash      unchanged  old  zero\n"
                  "file  0      in update          5    -     -\n"
                  "file  1-2    in update          -    3     2\n"
                  "never damaged in all 5 crash states on ext4: file 0\n"
                  "damaged in some of them: file 1-2\n");
}
END_TEST

START_TEST (long_numbers_are_shortened_in_the_table_alone)
{
  add_point (PHASE_UPDATE, 5);
  saw ("aaaabbbbcccc", 999999999999999);
  saw ("aaaa....cccc", 1234567890123456);
  CLEANUP_FREE char *text = print_table ();
  ck_assert_ptr_nonnull (strstr (text, "file  1      in update          -  999999999999999  1.23e15\n"));
  ck_assert_ptr_nonnull (strstr (text, "never damaged in all 2.23e15 crash states"));
}
END_TEST

START_TEST (what_cannot_be_mounted_has_no_pages)
{
  add_point (PHASE_COMMITTED, 5);
  saw ("aaaaxxxxyyyy", 3);
  saw (NULL, 2);
  assert_printed ("pages of 2048 bytes, in 0 crash states in the update and in 5 after commit:\n"
                  "file  pages  crash      unchanged  new  missing\n"
                  "file  0      committed          3    -        2\n"
                  "file  1-2    committed          -    3        2\n"
                  "never damaged in all 5 crash states on ext4: no page\n"
                  "damaged in some of them: file 0-2\n"
                  "still old in some after commit: no page\n");
}
END_TEST

START_TEST (a_search_that_did_not_finish_does_not_say_all)
{
  add_point (PHASE_UPDATE, 5);
  saw ("aaaabbbbcccc", 3);
  mpz_set_ui (found[0].covered, 3);
  CLEANUP_FREE char *text = print_table ();
  ck_assert_ptr_nonnull (strstr (text, "never damaged in the 3 crash states on ext4 that were visited, "
                                 "and there are more: file 0-2\n"));
}
END_TEST

START_TEST (ranges_are_told_by_file_and_the_last_of_many_are_counted)
{
  char old[4 * PAGE_SECTORS * 50 + 1] = "", seen[4 * PAGE_SECTORS * 50 + 1] = "";

  teardown_session ();
  for (int i = 0; i < 50; i++) {
    strcat (old, "aaaa");
    strcat (seen, i % 2 ? "aaaa" : "....");
  }
  session_trees[0] = make_text ("a", "xxxx", "b", old, "c", "xxxx", NULL);
  session_trees[1] = strdup (session_trees[0]);
  begin_results ();
  add_point (PHASE_UPDATE, 1);
  saw_text (make_text ("a", "....", "b", seen, "c", "xxxx", NULL), 1);
  CLEANUP_FREE char *text = print_table ();
  ck_assert_ptr_nonnull (strstr (text, "damaged in some of them: a 0; b 0, 2, 4,"));
  ck_assert_ptr_nonnull (strstr (text, ", 36; and 6 more ranges\n"));
}
END_TEST

START_TEST (json_has_each_page_with_decimal_strings)
{
  struct page_table table;

  add_point (PHASE_UPDATE, 5);
  saw ("aaaabbbbcccc", 3);
  saw ("aaaa....yyyy", 2);
  ck_assert_int_eq (page_table_make (&table, &(const struct results *) { &results }, 1), 0);
  cJSON *list = page_table_json (&table);
  CLEANUP_FREE char *text = cJSON_PrintUnformatted (cJSON_GetArrayItem (list, 1));

  ck_assert_int_eq (cJSON_GetArraySize (list), 3);
  ck_assert_str_eq (text, "{\"path\":\"file\",\"page\":1,"
                    "\"in_update\":{\"unchanged\":\"0\",\"old\":\"3\",\"new\":\"0\","
                    "\"missing\":\"0\",\"torn\":\"0\",\"zero\":\"2\",\"other\":\"0\"},"
                    "\"committed\":{\"unchanged\":\"0\",\"old\":\"0\",\"new\":\"0\","
                    "\"missing\":\"0\",\"torn\":\"0\",\"zero\":\"0\",\"other\":\"0\"}}");
  cJSON_Delete (list);
  page_table_free (&table);
}
END_TEST

START_TEST (one_observation_is_told_in_ranges)
{
  CLEANUP_FREE char *text = NULL, *seen = make_text ("file", "aaaabbxxccyy", NULL);
  CLEANUP_FREE uint8_t *classes = pages_classify (&session_pages, seen);
  size_t length;
  FILE *file = open_memstream (&text, &length);

  page_classes_print (&session_pages, classes, file);
  fclose (file);
  ck_assert_str_eq (text, "pages      file: 0 unchanged, 1-2 torn\n");
}
END_TEST

UNIT_TEST_MAIN_WITH ("page-table", setup_session, teardown_session,
                     states_are_counted_by_class_and_by_whether_the_update_had_returned,
                     rows_that_are_alike_are_one,
                     long_numbers_are_shortened_in_the_table_alone,
                     what_cannot_be_mounted_has_no_pages,
                     a_search_that_did_not_finish_does_not_say_all,
                     ranges_are_told_by_file_and_the_last_of_many_are_counted,
                     json_has_each_page_with_decimal_strings,
                     one_observation_is_told_in_ranges)
