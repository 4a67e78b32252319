/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checker/judge.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "tests/unit/unit.h"

#define HASH_1 "1111111111111111aaaaaaaaaaaaaaaa"
#define HASH_2 "2222222222222222aaaaaaaaaaaaaaaa"
#define HASH_3 "3333333333333333aaaaaaaaaaaaaaaa"

#define HASH_OF_X "5c7401c0ec22eeeeeaf06c6480b2cd11"     /* of a file with just this letter */

#define FILE_1(path) "f 0644 0 0 10 " HASH_1 " - " path "\n"
#define FILE_2(path) "f 0644 0 0 20 " HASH_2 " - " path "\n"
#define FILE_3(path) "f 0644 0 0 30 " HASH_3 " - " path "\n"
#define EMPTY(path) "f 0644 0 0 0 empty - " path "\n"
#define FOLDER(path) "d 0755 0 0 - - - " path "\n"

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

static struct judgement
judge_well (const char *seen, const char *old, const char *new, enum expectation expectation)
{
  struct judgement judgement;

  message[0] = '\0';
  ck_assert_msg (judge (seen, old, new, expectation, &judgement) == 0, "refused: %s", message);
  ck_assert_ptr_nonnull (judgement.leftovers);
  return judgement;
}

static void
assert_detail (const char *seen, const char *old, const char *new, enum expectation expectation, const char *detail)
{
  struct judgement judgement = judge_well (seen, old, new, expectation);

  ck_assert_pstr_eq (judgement.detail, detail);
  judgement_free (&judgement);
}

START_TEST (the_old_tree_is_atomic_and_durable_before_commit)
{
  struct judgement judgement = judge_well (FILE_1 ("file"), FILE_1 ("file"), FILE_2 ("file"), EXPECT_OLD_OR_NEW);

  ck_assert (judgement.is_old && !judgement.is_new);
  ck_assert (judgement.atomic && judgement.durable);
  ck_assert_ptr_null (judgement.detail);
  ck_assert_ptr_null (judgement.leftovers[0]);
  judgement_free (&judgement);
}
END_TEST

START_TEST (the_old_tree_is_not_durable_after_commit)
{
  struct judgement judgement = judge_well (FILE_1 ("file"), FILE_1 ("file"), FILE_2 ("file"), EXPECT_NEW);

  ck_assert (judgement.is_old && !judgement.is_new);
  ck_assert (judgement.atomic && !judgement.durable);
  ck_assert_str_eq (judgement.detail,
                    "old contents after commit: file: 10 bytes 11111111..., should be 20 bytes 22222222...");
  judgement_free (&judgement);
}
END_TEST

START_TEST (the_new_tree_is_right_at_any_time)
{
  for (enum expectation expectation = EXPECT_OLD_OR_NEW; expectation <= EXPECT_NEW; expectation++) {
    struct judgement judgement = judge_well (FILE_2 ("file"), FILE_1 ("file"), FILE_2 ("file"), expectation);
    ck_assert (!judgement.is_old && judgement.is_new);
    ck_assert (judgement.atomic && judgement.durable);
    ck_assert_ptr_null (judgement.detail);
    judgement_free (&judgement);
  }
}
END_TEST

START_TEST (an_update_that_changes_nothing_is_old_and_new)
{
  struct judgement judgement = judge_well (FILE_1 ("file"), FILE_1 ("file"), FILE_1 ("file"), EXPECT_NEW);

  ck_assert (judgement.is_old && judgement.is_new && judgement.atomic && judgement.durable);
  judgement_free (&judgement);
}
END_TEST

START_TEST (contents_of_neither_tree_are_not_atomic)
{
  struct judgement judgement = judge_well (EMPTY ("file"), FILE_1 ("file"), FILE_2 ("file"), EXPECT_OLD_OR_NEW);

  ck_assert (!judgement.is_old && !judgement.is_new && !judgement.atomic);
  ck_assert (judgement.durable);
  ck_assert_str_eq (judgement.detail, "file: empty (old: 10 bytes 11111111..., new: 20 bytes 22222222...)");
  judgement_free (&judgement);
}
END_TEST

START_TEST (contents_of_neither_tree_are_neither_atomic_nor_durable_after_commit)
{
  struct judgement judgement = judge_well (FILE_3 ("file"), FILE_1 ("file"), FILE_2 ("file"), EXPECT_NEW);

  ck_assert (!judgement.atomic && !judgement.durable);
  judgement_free (&judgement);
}
END_TEST

START_TEST (a_path_missing_from_the_observation_is_a_fault)
{
  assert_detail ("", FILE_1 ("file"), FILE_2 ("file"), EXPECT_OLD_OR_NEW,
                 "file: missing (old: 10 bytes 11111111..., new: 20 bytes 22222222...)");
  assert_detail ("", FILE_1 ("file"), FILE_1 ("file"), EXPECT_OLD_OR_NEW,
                 "file: missing, should be 10 bytes 11111111...");
}
END_TEST

START_TEST (absence_is_a_state_that_a_tree_may_have)
{
  struct judgement created = judge_well ("", "", FILE_1 ("file"), EXPECT_OLD_OR_NEW);
  struct judgement removed = judge_well ("", FILE_1 ("file"), "", EXPECT_NEW);

  ck_assert (created.is_old && !created.is_new);
  ck_assert (!removed.is_old && removed.is_new && removed.durable);
  judgement_free (&created);
  judgement_free (&removed);
}
END_TEST

START_TEST (what_should_have_been_made_or_removed_is_named_after_commit)
{
  assert_detail ("", "", FILE_1 ("file"), EXPECT_NEW,
                 "old contents after commit: file: missing, should be 10 bytes 11111111...");
  assert_detail (FILE_1 ("file"), FILE_1 ("file"), "", EXPECT_NEW,
                 "old contents after commit: file: 10 bytes 11111111..., should be missing");
}
END_TEST

START_TEST (a_new_file_that_is_half_written_is_a_fault)
{
  assert_detail (EMPTY ("file"), "", FILE_1 ("file"), EXPECT_OLD_OR_NEW,
                 "file: empty (old: missing, new: 10 bytes 11111111...)");
}
END_TEST

START_TEST (paths_of_both_trees_together_are_a_mixture)
{
  struct judgement judgement = judge_well (FILE_2 ("a") FILE_1 ("b"), FILE_1 ("a") FILE_1 ("b"),
                                           FILE_2 ("a") FILE_2 ("b"), EXPECT_OLD_OR_NEW);

  ck_assert (!judgement.is_old && !judgement.is_new && !judgement.atomic);
  ck_assert_str_eq (judgement.detail, "b: old contents while a has new ones");
  judgement_free (&judgement);
}
END_TEST

START_TEST (a_mixture_tells_how_many_paths_are_on_each_side)
{
  assert_detail (FILE_2 ("a") FILE_1 ("b") FILE_1 ("c"), FILE_1 ("a") FILE_1 ("b") FILE_1 ("c"),
                 FILE_2 ("a") FILE_2 ("b") FILE_2 ("c"), EXPECT_OLD_OR_NEW,
                 "b: old contents while a has new ones (in all 2 paths old, 1 new)");
}
END_TEST

START_TEST (a_mixture_of_absence_and_presence_is_told_as_such)
{
  assert_detail (FILE_1 ("a"), "", FILE_1 ("a") FILE_1 ("b"), EXPECT_OLD_OR_NEW,
                 "b: still missing while a has the new contents");
  assert_detail ("", FILE_1 ("a"), FILE_1 ("b"), EXPECT_OLD_OR_NEW, "b: still missing while a is gone already");
  assert_detail (FILE_1 ("a") FILE_1 ("b"), FILE_1 ("a"), FILE_1 ("b"), EXPECT_OLD_OR_NEW,
                 "a: old contents while b has new ones");
  assert_detail ("f 0600 0 0 0 empty - a\n" FILE_1 ("b"), EMPTY ("a") FILE_1 ("b"),
                 "f 0600 0 0 0 empty - a\n" FILE_2 ("b"), EXPECT_NEW, "b: old contents while a has the new mode");
}
END_TEST

START_TEST (paths_that_do_not_change_do_not_count)
{
  struct judgement judgement = judge_well (FOLDER (".") FILE_1 ("a") FILE_2 ("b"),
                                           FOLDER (".") FILE_1 ("a") FILE_1 ("b"),
                                           FOLDER (".") FILE_1 ("a") FILE_2 ("b"), EXPECT_NEW);

  ck_assert (judgement.is_new && !judgement.is_old && judgement.atomic && judgement.durable);
  judgement_free (&judgement);
}
END_TEST

START_TEST (a_fault_in_an_unchanged_path_counts)
{
  assert_detail (EMPTY ("a") FILE_2 ("b"), FILE_1 ("a") FILE_1 ("b"), FILE_1 ("a") FILE_2 ("b"), EXPECT_OLD_OR_NEW,
                 "a: empty, should be 10 bytes 11111111...");
}
END_TEST

START_TEST (the_root_is_compared_like_others)
{
  assert_detail ("d 0700 0 0 - - - .\n", FOLDER ("."), FOLDER ("."), EXPECT_OLD_OR_NEW, ".: mode 0700, should be 0755");
}
END_TEST

START_TEST (each_attribute_counts)
{
  static const struct { const char *seen, *detail; } cases[] = {
    { "f 0600 0 0 10 " HASH_1 " - a\n", "a: mode 0600, should be 0644" },
    { "f 0644 7 0 10 " HASH_1 " - a\n", "a: owner 7:0, should be 0:0" },
    { "f 0644 0 7 10 " HASH_1 " - a\n", "a: owner 0:7, should be 0:0" },
    { "f 0644 0 0 11 " HASH_1 " - a\n", "a: 11 bytes 11111111..., should be 10 bytes 11111111..." },
    { "f 0644 0 0 10 " HASH_2 " - a\n", "a: 10 bytes 22222222..., should be 10 bytes 11111111..." },
    { "f 0644 0 0 10 zero - a\n", "a: 10 bytes, all zero, should be 10 bytes 11111111..." },
    { "f 0644 0 0 10 " HASH_1 " " HASH_2 " a\n", "a: xattrs 22222222..., should be none" },
    { "d 0644 0 0 - - - a\n", "a: folder, should be 10 bytes 11111111..." },
    { "l 0644 0 0 - to%20b - a\n", "a: link to to%20b, should be 10 bytes 11111111..." },
    { "c 0644 0 0 - 1:3 - a\n", "a: character device 1:3, should be 10 bytes 11111111..." },
    { "b 0644 0 0 - 1:3 - a\n", "a: block device 1:3, should be 10 bytes 11111111..." },
    { "p 0644 0 0 - - - a\n", "a: fifo, should be 10 bytes 11111111..." },
    { "s 0644 0 0 - - - a\n", "a: socket, should be 10 bytes 11111111..." },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_detail (cases[i].seen, FILE_1 ("a"), FILE_1 ("a"), EXPECT_OLD_OR_NEW, cases[i].detail);
}
END_TEST

START_TEST (types_without_contents_differ)
{
  assert_detail ("s 0644 0 0 - - - a\n", "p 0644 0 0 - - - a\n", "p 0644 0 0 - - - a\n", EXPECT_OLD_OR_NEW,
                 "a: socket, should be fifo");
}
END_TEST

START_TEST (an_attribute_of_neither_tree_is_told_with_both)
{
  assert_detail ("f 0600 0 0 0 empty - a\n", EMPTY ("a"), "f 0640 0 0 0 empty - a\n", EXPECT_OLD_OR_NEW,
                 "a: mode 0600 (old: 0644, new: 0640)");
}
END_TEST

START_TEST (half_of_a_change_to_one_path_is_told_as_such)
{
  assert_detail ("f 0600 0 0 20 " HASH_2 " - a\n", "f 0600 0 0 10 " HASH_1 " - a\n", FILE_2 ("a"), EXPECT_OLD_OR_NEW,
                 "a: new contents, old mode");
}
END_TEST

START_TEST (data_that_cannot_be_read_are_told_with_the_error)
{
  assert_detail ("f 0644 0 0 10 !EIO - file\n", FILE_1 ("file"), FILE_2 ("file"), EXPECT_OLD_OR_NEW,
                 "file: data cannot be read (EIO)");
  assert_detail ("d 0755 0 0 - !EIO - d\n", FOLDER ("d"), FOLDER ("d"), EXPECT_OLD_OR_NEW,
                 "d: folder cannot be read (EIO)");
  assert_detail ("l 0777 0 0 - !ENODATA - l\n", "l 0777 0 0 - a - l\n", "l 0777 0 0 - b - l\n", EXPECT_OLD_OR_NEW,
                 "l: link cannot be read (ENODATA)");
  assert_detail ("? - - - - !EUCLEAN - file\n", FILE_1 ("file"), FILE_2 ("file"), EXPECT_OLD_OR_NEW,
                 "file: object cannot be read (EUCLEAN)");
  assert_detail ("f 0644 0 0 0 empty !EIO file\n", EMPTY ("file"), EMPTY ("file"), EXPECT_OLD_OR_NEW,
                 "file: xattrs cannot be read (EIO)");
}
END_TEST

START_TEST (an_error_that_was_there_before_is_no_fault)
{
  static const char tree[] = "f 0644 0 0 10 !EACCES - file\n";
  struct judgement judgement = judge_well (tree, tree, tree, EXPECT_NEW);

  ck_assert (judgement.atomic && judgement.durable);
  judgement_free (&judgement);
}
END_TEST

START_TEST (more_wrong_paths_are_counted)
{
  assert_detail (EMPTY ("a") EMPTY ("b"), FILE_1 ("a") FILE_1 ("b"), FILE_1 ("a") FILE_1 ("b"), EXPECT_OLD_OR_NEW,
                 "a: empty, should be 10 bytes 11111111... (and 1 more path)");
  assert_detail ("", FILE_1 ("a") FILE_1 ("b") FILE_1 ("c") FILE_1 ("d"),
                 FILE_1 ("a") FILE_1 ("b") FILE_1 ("c") FILE_1 ("d"),
                 EXPECT_OLD_OR_NEW, "a: missing, should be 10 bytes 11111111... (and 3 more paths)");
  assert_detail (FILE_1 ("a") FILE_1 ("b") FILE_1 ("c"), FILE_1 ("a") FILE_1 ("b") FILE_1 ("c"),
                 FILE_2 ("a") FILE_2 ("b"), EXPECT_NEW,
                 "old contents after commit: a: 10 bytes 11111111..., should be 20 bytes 22222222... (and 2 more paths)");
}
END_TEST

START_TEST (a_wrong_path_is_named_before_a_mixture)
{
  assert_detail (FILE_2 ("a") FILE_1 ("b") EMPTY ("c"), FILE_1 ("a") FILE_1 ("b") FILE_1 ("c"),
                 FILE_2 ("a") FILE_2 ("b") FILE_1 ("c"), EXPECT_OLD_OR_NEW, "c: empty, should be 10 bytes 11111111...");
}
END_TEST

START_TEST (paths_in_neither_tree_are_leftovers_and_no_fault)
{
  struct judgement judgement = judge_well (FILE_1 ("file") EMPTY ("file.tmp") FILE_3 ("%0afile"), FILE_1 ("file"),
                                           FILE_2 ("file"), EXPECT_OLD_OR_NEW);

  ck_assert (judgement.is_old && judgement.atomic && judgement.durable);
  ck_assert_ptr_null (judgement.detail);
  ck_assert_str_eq (judgement.leftovers[0], "%0afile");
  ck_assert_str_eq (judgement.leftovers[1], "file.tmp");
  ck_assert_ptr_null (judgement.leftovers[2]);
  judgement_free (&judgement);
}
END_TEST

START_TEST (the_order_of_lines_does_not_matter)
{
  struct judgement judgement = judge_well (FILE_1 ("c") FILE_1 ("a") FILE_1 ("b"),
                                           FILE_1 ("b") FILE_1 ("c") FILE_1 ("a"),
                                           FILE_1 ("a") FILE_1 ("c") FILE_1 ("b"), EXPECT_NEW);

  ck_assert (judgement.is_old && judgement.is_new);
  judgement_free (&judgement);
}
END_TEST

START_TEST (escaped_paths_stay_escaped)
{
  assert_detail (EMPTY ("a%0ab%1b"), FILE_1 ("a%0ab%1b"), FILE_1 ("a%0ab%1b"), EXPECT_OLD_OR_NEW,
                 "a%0ab%1b: empty, should be 10 bytes 11111111...");
}
END_TEST

START_TEST (a_long_path_is_shown_by_its_end)
{
  char path[300], *old, *seen;

  memset (path, 'x', sizeof path - 1);
  path[sizeof path - 1] = '\0';
  ck_assert_int_gt (asprintf (&old, "f 0644 0 0 10 " HASH_1 " - %s/end\n", path), 0);
  ck_assert_int_gt (asprintf (&seen, "f 0644 0 0 0 empty - %s/end\n", path), 0);
  struct judgement judgement = judge_well (seen, old, old, EXPECT_OLD_OR_NEW);
  ck_assert_ptr_nonnull (strstr (judgement.detail, "xx/end: empty"));
  ck_assert_uint_lt (strlen (judgement.detail), 200);
  judgement_free (&judgement);
  free (old);
  free (seen);
}
END_TEST

/* A file that holds TEXT, which is ESCAPED; as it is in logs before there were texts, without it, if OLD. */
static char *
text_file (const char *text, const char *escaped, bool old)
{
  char hash[TREE_DIGEST_LENGTH + 1], *line;

  tree_content (text, strlen (text), hash);
  ck_assert_int_gt (asprintf (&line, "f 0644 0 0 %zu %s%s%s - file\n", strlen (text), hash, old ? "" : "=", old ? "" : escaped), 0);
  return line;
}

START_TEST (short_contents_are_told_as_text)
{
  CLEANUP_FREE char *old = text_file ("old\n", "old%0a", false), *new = text_file ("new\n", "new%0a", false);
  CLEANUP_FREE char *odd = text_file ("\"a\\b\"\t\xc3\xbc 100%", "%22a\\b%22%09%c3%bc%20100%25", false);

  assert_detail (old, old, new, EXPECT_NEW, "old contents after commit: file: \"old\\n\", should be \"new\\n\"");
  assert_detail (odd, old, new, EXPECT_NEW, "file: \"\\\"a\\\\b\\\"\\t\xc3\xbc 100%\" (old: \"old\\n\", new: \"new\\n\")");
  assert_detail (EMPTY ("file"), old, FILE_1 ("file"), EXPECT_NEW, "file: empty (old: \"old\\n\", new: 10 bytes 11111111...)");
}
END_TEST

START_TEST (logs_that_have_hashes_alone_are_judged_like_those_with_text)
{
  CLEANUP_FREE char *old = text_file ("old\n", "", true), *new = text_file ("new\n", "", true);
  CLEANUP_FREE char *seen_old = text_file ("old\n", "old%0a", false), *seen_new = text_file ("new\n", "new%0a", false);
  struct judgement as_new = judge_well (seen_new, old, new, EXPECT_NEW), as_old = judge_well (seen_old, old, new, EXPECT_NEW);

  ck_assert (as_new.is_new && as_new.durable);
  ck_assert (as_old.is_old && as_old.atomic && !as_old.durable);
  ck_assert_ptr_nonnull (strstr (as_old.detail, "file: \"old\\n\", should be 4 bytes "));
  judgement_free (&as_new);
  judgement_free (&as_old);
}
END_TEST

START_TEST (lines_about_sectors_are_not_judged)
{
  struct judgement judgement = judge_well (FILE_2 ("a") "= z1 a\n= nonsense", FILE_1 ("a") "= z2 a\n", FILE_2 ("a"), EXPECT_NEW);

  ck_assert (judgement.is_new && judgement.atomic && judgement.durable);
  ck_assert_ptr_null (judgement.leftovers[0]);
  judgement_free (&judgement);
}
END_TEST

START_TEST (malformed_lines_are_refused_with_their_number)
{
  static const char *const bad[] = {
    "\n",
    "f 0644 0 0 0 empty -\n",
    "f 0644 0 0 0 empty - a b\n",
    "f  0644 0 0 0 empty - a\n",
    "f 0644 0 0 0 empty - \n",
    "f 0644 0 0 0 empty - a",
    "x 0644 0 0 - - - a\n",
    "ff 0644 0 0 0 empty - a\n",
    " 0644 0 0 0 empty - a\n",
    "f 644 0 0 0 empty - a\n",
    "f 0648 0 0 0 empty - a\n",
    "f - 0 0 0 empty - a\n",
    "f 0644 -1 0 0 empty - a\n",
    "f 0644 00 0 0 empty - a\n",
    "f 0644 0 4294967296 0 empty - a\n",
    "f 0644 0 x 0 empty - a\n",
    "f 0644 0 0 - empty - a\n",
    "f 0644 0 0 1K zero - a\n",
    "f 0644 0 0 18446744073709551616 zero - a\n",
    "f 0644 0 0 1 empty - a\n",
    "f 0644 0 0 0 zero - a\n",
    "f 0644 0 0 0 " HASH_1 " - a\n",
    "f 0644 0 0 1 " HASH_1 "1 - a\n",
    "f 0644 0 0 1 " HASH_1 "x - a\n",
    "f 0644 0 0 1 1111111111111111AAAAAAAAAAAAAAAA - a\n",
    "f 0644 0 0 1 - - a\n",
    "f 0644 0 0 1 ! - a\n",
    "f 0644 0 0 1 !eio - a\n",
    "f 0644 0 0 1 !AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA - a\n",
    "f 0644 0 0 1 " HASH_1 "=x - a\n",         /* the hash of something else */
    "f 0644 0 0 2 " HASH_OF_X "=x - a\n",
    "f 0644 0 0 1 " HASH_OF_X "= - a\n",
    "f 0644 0 0 1 " HASH_OF_X "=%7 - a\n",
    "f 0644 0 0 1 " HASH_OF_X "=x=x - a\n",
    "f 0644 0 0 1 " HASH_OF_X "=%01 - a\n",
    "f 0644 0 0 0 empty= - a\n",
    "f 0644 0 0 0 empty x a\n",
    "f 0644 0 0 0 empty - a\x1b[2J\n",
    "f 0644 0 0 0 empty - \xc3\xa4\n",
    "f 0644 0 0 0 empty - a%\n",
    "f 0644 0 0 0 empty - a%4\n",
    "f 0644 0 0 0 empty - a%xx\n",
    "d 0755 0 0 4096 - - a\n",
    "d 0755 0 0 - x - a\n",
    "l 0777 0 0 - !x - a\n",
    "l 0777 0 0 -  - a\n",
    "l 0777 0 0 - %2 - a\n",
    "c 0666 0 0 - 13 - a\n",
    "c 0666 0 0 - 1: - a\n",
    "c 0666 0 0 - :3 - a\n",
    "c 0666 0 0 - 11111111111111111111:3 - a\n",
    "b 0666 0 0 - - - a\n",
    "p 0666 0 0 - 1:3 - a\n",
    "? 0644 0 0 0 !EIO - a\n",
    "? - - - - - - a\n",
    "? - - - - !EIO " HASH_1 " a\n",
    "? - - - - !EIO - \x7f\n",
    FILE_1 ("first"),
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    for (int position = 0; position < 3; position++) {
      static const char *const expected[] = { "observed tree, line 2", "old tree, line 2", "new tree, line 2" };
      const char *texts[3] = { "", "", "" };
      struct judgement judgement;
      char *text;

      ck_assert_int_gt (asprintf (&text, FILE_1 ("first") "%s", bad[i]), 0);
      texts[position] = text;
      message[0] = '\0';
      ck_assert_msg (judge (texts[0], texts[1], texts[2], EXPECT_NEW, &judgement) == -1, "accepted: %s", bad[i]);
      ck_assert_msg (strstr (message, expected[position]), "'%s' lacks '%s'", message, expected[position]);
      judgement_free (&judgement);
      free (text);
    }
}
END_TEST

START_TEST (a_huge_line_is_refused)
{
  size_t length = 1 << 20;
  char *text = malloc (length + 1);
  int prefix = snprintf (text, length, "f 0644 0 0 0 empty - ");
  struct judgement judgement;

  memset (text + prefix, 'a', length - (size_t) prefix);
  text[length - 1] = '\n';
  text[length] = '\0';
  ck_assert_int_eq (judge (text, "", "", EXPECT_NEW, &judgement), -1);
  ck_assert_ptr_nonnull (strstr (message, "line 1"));
  free (text);
}
END_TEST

START_TEST (lines_of_every_kind_are_accepted)
{
  static const char tree[] =
    FOLDER (".")
    "f 7777 4294967295 4294967295 18446744073709551615 zero " HASH_1 " zero\n"
    "f 0644 0 0 10 !EIO !EIO f\n"
    "f 0644 0 0 0 !EACCES - g\n"
    "d 0755 0 0 - !E2BIG - d\n"
    "l 0777 0 0 - %21a%0a - l\n"
    "l 0777 0 0 - !999 - m\n"
    "c 0666 0 0 - 4294967295:0 - c\n"
    "b 0666 0 0 - 8:1 - b\n"
    "p 0666 0 0 - - - p\n"
    "s 0666 0 0 - - - s%25\n"
    "? - - - - !EUCLEAN - x/y\n";
  struct judgement judgement = judge_well (tree, tree, tree, EXPECT_NEW);

  ck_assert (judgement.is_new);
  judgement_free (&judgement);
}
END_TEST

/* What judge_paths told, a line a path. */
static char told[1024];

static int
note_path (void *opaque, const struct judged_path *path)
{
  size_t length = strlen (told);

  ck_assert_ptr_eq (opaque, told);
  snprintf (told + length, sizeof told - length, "%s: %s | %s | %s%s%s\n", path->path, path->old ? path->old : "-",
            path->new ? path->new : "-", path->seen ? path->seen : "-", path->is_old ? " old" : "", path->is_new ? " new" : "");
  return 0;
}

static int
stop_at_once (void *opaque, const struct judged_path *path)
{
  (void) path;
  ++*(int *) opaque;
  return -1;
}

START_TEST (paths_that_differ_are_told_side_by_side)
{
  size_t same;

  told[0] = '\0';
  ck_assert_int_eq (judge_paths (FOLDER (".") FILE_1 ("a") FILE_2 ("b") EMPTY ("c") FILE_3 ("left"),
                                 FOLDER (".") FILE_1 ("a") FILE_1 ("b") FILE_1 ("c") FILE_1 ("gone"),
                                 FOLDER (".") FILE_1 ("a") FILE_2 ("b") FILE_2 ("c") "l 0777 0 0 - target - link\n", note_path, told,
                                 &same), 0);
  ck_assert_uint_eq (same, 2);
  ck_assert_str_eq (told,
                    "b: 10 bytes 11111111..., mode 0644, owner 0:0 | 20 bytes 22222222..., mode 0644, owner 0:0 | "
                    "20 bytes 22222222..., mode 0644, owner 0:0 new\n"
                    "c: 10 bytes 11111111..., mode 0644, owner 0:0 | 20 bytes 22222222..., mode 0644, owner 0:0 | "
                    "empty, mode 0644, owner 0:0\n"
                    "gone: 10 bytes 11111111..., mode 0644, owner 0:0 | - | - new\n"
                    "left: - | - | 30 bytes 33333333..., mode 0644, owner 0:0\n"
                    "link: - | link to target, mode 0777, owner 0:0 | - old\n");
}
END_TEST

START_TEST (telling_of_paths_ends_when_it_fails)
{
  int calls = 0;
  size_t same;

  ck_assert_int_eq (judge_paths (FILE_1 ("a") FILE_1 ("b"), "", "", stop_at_once, &calls, &same), -1);
  ck_assert_int_eq (calls, 1);
  ck_assert_int_eq (judge_paths ("nonsense\n", "", "", stop_at_once, &calls, &same), -1);
  ck_assert_int_eq (calls, 1);
  ck_assert_ptr_nonnull (strstr (message, "the observed tree, line 1"));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("judge");
  TCase *tcase = tcase_create ("judge");

  tcase_add_test (tcase, the_old_tree_is_atomic_and_durable_before_commit);
  tcase_add_test (tcase, the_old_tree_is_not_durable_after_commit);
  tcase_add_test (tcase, the_new_tree_is_right_at_any_time);
  tcase_add_test (tcase, an_update_that_changes_nothing_is_old_and_new);
  tcase_add_test (tcase, contents_of_neither_tree_are_not_atomic);
  tcase_add_test (tcase, contents_of_neither_tree_are_neither_atomic_nor_durable_after_commit);
  tcase_add_test (tcase, a_path_missing_from_the_observation_is_a_fault);
  tcase_add_test (tcase, absence_is_a_state_that_a_tree_may_have);
  tcase_add_test (tcase, what_should_have_been_made_or_removed_is_named_after_commit);
  tcase_add_test (tcase, a_new_file_that_is_half_written_is_a_fault);
  tcase_add_test (tcase, paths_of_both_trees_together_are_a_mixture);
  tcase_add_test (tcase, a_mixture_tells_how_many_paths_are_on_each_side);
  tcase_add_test (tcase, a_mixture_of_absence_and_presence_is_told_as_such);
  tcase_add_test (tcase, paths_that_do_not_change_do_not_count);
  tcase_add_test (tcase, a_fault_in_an_unchanged_path_counts);
  tcase_add_test (tcase, the_root_is_compared_like_others);
  tcase_add_test (tcase, each_attribute_counts);
  tcase_add_test (tcase, types_without_contents_differ);
  tcase_add_test (tcase, an_attribute_of_neither_tree_is_told_with_both);
  tcase_add_test (tcase, half_of_a_change_to_one_path_is_told_as_such);
  tcase_add_test (tcase, data_that_cannot_be_read_are_told_with_the_error);
  tcase_add_test (tcase, an_error_that_was_there_before_is_no_fault);
  tcase_add_test (tcase, more_wrong_paths_are_counted);
  tcase_add_test (tcase, a_wrong_path_is_named_before_a_mixture);
  tcase_add_test (tcase, paths_in_neither_tree_are_leftovers_and_no_fault);
  tcase_add_test (tcase, the_order_of_lines_does_not_matter);
  tcase_add_test (tcase, escaped_paths_stay_escaped);
  tcase_add_test (tcase, a_long_path_is_shown_by_its_end);
  tcase_add_test (tcase, short_contents_are_told_as_text);
  tcase_add_test (tcase, logs_that_have_hashes_alone_are_judged_like_those_with_text);
  tcase_add_test (tcase, lines_about_sectors_are_not_judged);
  tcase_add_test (tcase, malformed_lines_are_refused_with_their_number);
  tcase_add_test (tcase, a_huge_line_is_refused);
  tcase_add_test (tcase, lines_of_every_kind_are_accepted);
  tcase_add_test (tcase, paths_that_differ_are_told_side_by_side);
  tcase_add_test (tcase, telling_of_paths_ends_when_it_fails);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}
