/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/judge.h"
#include "tests/unit/checker/judged.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

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
  assert_detail (FILE_1 ("a") FILE_2 ("b") FILE_2 ("c"), FILE_1 ("a") FILE_1 ("b") FILE_1 ("c"),
                 FILE_2 ("a") FILE_2 ("b") FILE_2 ("c"), EXPECT_OLD_OR_NEW,
                 "a: old contents while b has new ones (in all 1 path old, 2 new)");
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
  static const struct { const char *seen, *old, *new, *detail; } cases[] = {
    { "f 0644 0 0 10 !EIO - a\n", FILE_1 ("a"), FILE_2 ("a"), "a: data cannot be read (EIO)" },
    { "d 0755 0 0 - !EIO - d\n", FOLDER ("d"), FOLDER ("d"), "d: folder cannot be read (EIO)" },
    { "l 0777 0 0 - !ENODATA - l\n", "l 0777 0 0 - a - l\n", "l 0777 0 0 - b - l\n",
      "l: link cannot be read (ENODATA)" },
    { "? - - - - !EUCLEAN - a\n", FILE_1 ("a"), FILE_2 ("a"), "a: object cannot be read (EUCLEAN)" },
    { "f 0644 0 0 0 empty !EIO a\n", EMPTY ("a"), EMPTY ("a"), "a: xattrs cannot be read (EIO)" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_detail (cases[i].seen, cases[i].old, cases[i].new, EXPECT_OLD_OR_NEW, cases[i].detail);
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
                 "old contents after commit: a: 10 bytes 11111111..., should be 20 bytes 22222222... "
                 "(and 2 more paths)");
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

/* What judge_paths told, a line a path. */
static char told[1024];

static int
note_path (void *opaque, const struct judged_path *path)
{
  size_t length = strlen (told);

  ck_assert_ptr_eq (opaque, told);
  snprintf (told + length, sizeof told - length, "%s: %s | %s | %s%s%s\n", path->path, path->old ? path->old : "-",
            path->new ? path->new : "-", path->seen ? path->seen : "-", path->is_old ? " old" : "",
            path->is_new ? " new" : "");
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
                                 FOLDER (".") FILE_1 ("a") FILE_2 ("b") FILE_2 ("c") "l 0777 0 0 - target - link\n",
                                 note_path, told,
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

UNIT_TEST_MAIN ("judge",
                the_old_tree_is_atomic_and_durable_before_commit,
                the_old_tree_is_not_durable_after_commit,
                the_new_tree_is_right_at_any_time,
                an_update_that_changes_nothing_is_old_and_new,
                contents_of_neither_tree_are_not_atomic,
                contents_of_neither_tree_are_neither_atomic_nor_durable_after_commit,
                a_path_missing_from_the_observation_is_a_fault,
                absence_is_a_state_that_a_tree_may_have,
                what_should_have_been_made_or_removed_is_named_after_commit,
                a_new_file_that_is_half_written_is_a_fault,
                paths_of_both_trees_together_are_a_mixture,
                a_mixture_tells_how_many_paths_are_on_each_side,
                a_mixture_of_absence_and_presence_is_told_as_such,
                paths_that_do_not_change_do_not_count,
                a_fault_in_an_unchanged_path_counts,
                the_root_is_compared_like_others,
                each_attribute_counts,
                types_without_contents_differ,
                an_attribute_of_neither_tree_is_told_with_both,
                half_of_a_change_to_one_path_is_told_as_such,
                data_that_cannot_be_read_are_told_with_the_error,
                an_error_that_was_there_before_is_no_fault,
                more_wrong_paths_are_counted,
                a_wrong_path_is_named_before_a_mixture,
                paths_in_neither_tree_are_leftovers_and_no_fault,
                paths_that_differ_are_told_side_by_side,
                telling_of_paths_ends_when_it_fails)
