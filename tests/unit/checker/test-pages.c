/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checker/observe/pages.h"
#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "replay/report/page-table.h"
#include "tests/unit/unit.h"

#define PAGE 4                  /* sectors of a page here */

static char message[4096];

/* In place of libmessage: the tests read what is said. */
void
error_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (message, sizeof message, format, args);
  va_end (args);
}

/* The line of a file whose sectors are the letters of SECTORS: `.` zeros, `!` unreadable, others data; to free. */
static char *
make_line (const char *path, const char *sectors)
{
  char *line = NULL;
  size_t length;
  FILE *file = open_memstream (&line, &length);

  fputs (*sectors ? "= " : "= -", file);
  for (const char *at = sectors; *at; at++) {
    fputs (at == sectors ? "" : ",", file);
    if (*at == '.' || *at == '!')
      fprintf (file, "%c1", *at == '.' ? 'z' : '!');
    else
      for (int i = 0; i < 8; i++)
        fprintf (file, "%02x", *at);
  }
  fprintf (file, " %s\n", path);
  fclose (file);
  return line;
}

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
  enum page_class class = page_classify (files[0], files[1], files[2], page_number * PAGE, PAGE);

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
    "", "f 0644 0 0 0 empty - f\n", "= z1 f", "= z1\n", "= z1 \n", "= z1 f g\n", "=  f\n", "= z f\n", "= z0 f\n", "= z-1 f\n",
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

/* An observation with sectors: PATH SECTORS PATH SECTORS... NULL; to free. */
static char *
make_text (const char *path, ...)
{
  va_list args;
  char *text = strdup ("d 0755 0 0 - - - .\n");

  va_start (args, path);
  for (; path; path = va_arg (args, const char *)) {
    CLEANUP_FREE char *line = make_line (path, va_arg (args, const char *)), *before = text;
    ck_assert_int_ne (asprintf (&text, "%s%s", before, line), -1);
  }
  va_end (args);
  return text;
}

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
    make_text ("b", "aaaabbbb", "d", "cccc", NULL), make_text ("b", "aaaac", "c", "dddd", NULL), make_text ("b", "a", NULL),
  };
  CLEANUP_FREE char *seen = make_text ("b", "aaaa....", "e", "xxxx", NULL);
  struct pages pages;

  ck_assert_int_eq (pages_init (&pages, trees, 3, PAGE * SECTOR_SIZE), 0);
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

/* Results with two trees, points as told and no more than a table needs. */
static char *session_trees[2];
static struct pages session_pages;
static struct session_config config = { .pages = &session_pages };
static struct crash_point points[3];
static struct point_result found[3];
static struct results results;

static void
setup_session (void)
{
  session_trees[0] = make_text ("file", "aaaabbbbcccc", NULL);
  session_trees[1] = make_text ("file", "aaaaxxxxyyyy", NULL);
  ck_assert_int_eq (pages_init (&session_pages, session_trees, 2, PAGE * SECTOR_SIZE), 0);
  results = (struct results) { .config = &config, .points = { points, 0, 0 }, .found = found };
}

static void
teardown_session (void)
{
  for (size_t i = 0; i < results.points.count; i++) {
    tally_free (&found[i].tally);
    mpz_clear (found[i].states);
    mpz_clear (found[i].covered);
  }
  observations_free (&results.oracle.observations);
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
  mpz_t number;

  if (text) {
    tree_digest (text, outcome.digest);
    ck_assert_ptr_nonnull (observations_add (&results.oracle.observations, outcome.digest, text));
    observations_find (&results.oracle.observations, outcome.digest)->classes = pages_classify (&session_pages, text);
  }
  mpz_init_set_ui (number, states);
  ck_assert_int_eq (tally_add (&found[results.points.count - 1].tally, &outcome, number), 0);
  mpz_clear (number);
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

  ck_assert_int_eq (page_table_make (&table, &results), 0);
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
  ck_assert_ptr_nonnull (strstr (text, "never damaged in the 3 crash states on ext4 that were visited, and there are more: file 0-2\n"));
}
END_TEST

START_TEST (ranges_are_told_by_file_and_the_last_of_many_are_counted)
{
  char old[4 * PAGE * 50 + 1] = "", seen[4 * PAGE * 50 + 1] = "";

  teardown_session ();
  for (int i = 0; i < 50; i++) {
    strcat (old, "aaaa");
    strcat (seen, i % 2 ? "aaaa" : "....");
  }
  session_trees[0] = make_text ("a", "xxxx", "b", old, "c", "xxxx", NULL);
  session_trees[1] = strdup (session_trees[0]);
  ck_assert_int_eq (pages_init (&session_pages, session_trees, 2, PAGE * SECTOR_SIZE), 0);
  results = (struct results) { .config = &config, .points = { points, 0, 0 }, .found = found };
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
  ck_assert_int_eq (page_table_make (&table, &results), 0);
  cJSON *list = page_table_json (&table);
  CLEANUP_FREE char *text = cJSON_PrintUnformatted (cJSON_GetArrayItem (list, 1));

  ck_assert_int_eq (cJSON_GetArraySize (list), 3);
  ck_assert_str_eq (text, "{\"path\":\"file\",\"page\":1,\"in_update\":{\"unchanged\":\"0\",\"old\":\"3\",\"new\":\"0\",\"missing\":\"0\","
                    "\"torn\":\"0\",\"zero\":\"2\",\"other\":\"0\"},\"committed\":{\"unchanged\":\"0\",\"old\":\"0\",\"new\":\"0\","
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

int
main (void)
{
  Suite *suite = suite_create ("pages");
  TCase *classes = tcase_create ("classes"), *lines = tcase_create ("lines"), *logs = tcase_create ("logs");
  TCase *tables = tcase_create ("tables");

  tcase_add_test (classes, a_page_like_the_old_and_the_new_one_is_unchanged);
  tcase_add_test (classes, a_page_like_one_of_them_is_old_or_new);
  tcase_add_test (classes, zeros_that_are_old_or_new_are_no_damage);
  tcase_add_test (classes, a_page_that_one_of_them_lacks_is_old_or_new_by_its_absence);
  tcase_add_test (classes, a_page_that_both_have_and_that_is_not_there_is_missing);
  tcase_add_test (classes, a_page_of_old_and_new_sectors_is_torn);
  tcase_add_test (classes, a_sector_of_neither_makes_a_torn_page_another);
  tcase_add_test (classes, new_sectors_in_a_page_that_was_not_there_are_torn_if_the_rest_is_zero);
  tcase_add_test (classes, a_page_of_zeros_where_neither_is_zero_is_zero);
  tcase_add_test (classes, zeros_that_are_old_here_and_new_there_are_torn);
  tcase_add_test (classes, an_unchanged_page_cannot_be_torn);
  tcase_add_test (classes, a_sector_that_cannot_be_read_is_like_no_other);
  tcase_add_test (classes, behind_the_end_of_a_file_that_has_the_page_are_zeros);
  tcase_add_test (classes, a_page_of_zeros_in_a_file_that_was_too_short_is_not_old);
  suite_add_tcase (suite, classes);
  tcase_add_test (lines, lines_are_parsed);
  tcase_add_test (lines, malformed_lines_are_refused);
  tcase_add_test (lines, lines_about_sectors_begin_behind_all_others);
  tcase_add_test (lines, a_page_has_whole_sectors);
  suite_add_tcase (suite, lines);
  tcase_add_test (logs, pages_are_those_of_all_trees);
  tcase_add_test (logs, a_log_without_pages_is_refused);
  tcase_add_test (logs, more_than_anybody_records_is_refused);
  tcase_add_test (logs, too_many_pages_at_too_many_steps_are_refused);
  tcase_add_test (logs, an_observation_that_makes_no_sense_is_refused);
  suite_add_tcase (suite, logs);
  tcase_add_checked_fixture (tables, setup_session, teardown_session);
  tcase_add_test (tables, states_are_counted_by_class_and_by_whether_the_update_had_returned);
  tcase_add_test (tables, rows_that_are_alike_are_one);
  tcase_add_test (tables, long_numbers_are_shortened_in_the_table_alone);
  tcase_add_test (tables, what_cannot_be_mounted_has_no_pages);
  tcase_add_test (tables, a_search_that_did_not_finish_does_not_say_all);
  tcase_add_test (tables, ranges_are_told_by_file_and_the_last_of_many_are_counted);
  tcase_add_test (tables, json_has_each_page_with_decimal_strings);
  tcase_add_test (tables, one_observation_is_told_in_ranges);
  suite_add_tcase (suite, tables);
  return run_suite (suite);
}
