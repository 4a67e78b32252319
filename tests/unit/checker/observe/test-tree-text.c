/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts of trees: what is accepted, and how it is told. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/judged.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

#define HASH_OF_X "5c7401c0ec22eeeeeaf06c6480b2cd11"     /* of a file with just this letter */

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
  ck_assert_int_gt (asprintf (&line, "f 0644 0 0 %zu %s%s%s - file\n", strlen (text), hash, old ? "" : "=",
                              old ? "" : escaped), 0);
  return line;
}

START_TEST (short_contents_are_told_as_text)
{
  CLEANUP_FREE char *old = text_file ("old\n", "old%0a", false), *new = text_file ("new\n", "new%0a", false);
  CLEANUP_FREE char *odd = text_file ("\"a\\b\"\t\xc3\xbc 100%", "%22a\\b%22%09%c3%bc%20100%25", false);

  assert_detail (old, old, new, EXPECT_NEW, "old contents after commit: file: \"old\\n\", should be \"new\\n\"");
  assert_detail (odd, old, new, EXPECT_NEW,
                 "file: \"\\\"a\\\\b\\\"\\t\xc3\xbc 100%\" (old: \"old\\n\", new: \"new\\n\")");
  assert_detail (EMPTY ("file"), old, FILE_1 ("file"), EXPECT_NEW,
                 "file: empty (old: \"old\\n\", new: 10 bytes 11111111...)");
}
END_TEST

START_TEST (logs_that_have_hashes_alone_are_judged_like_those_with_text)
{
  CLEANUP_FREE char *old = text_file ("old\n", "", true), *new = text_file ("new\n", "", true);
  CLEANUP_FREE char *seen_old = text_file ("old\n", "old%0a", false), *seen_new = text_file ("new\n", "new%0a", false);
  struct judgement as_new = judge_well (seen_new, old, new, EXPECT_NEW);
  struct judgement as_old = judge_well (seen_old, old, new, EXPECT_NEW);

  ck_assert (as_new.is_new && as_new.durable);
  ck_assert (as_old.is_old && as_old.atomic && !as_old.durable);
  ck_assert_ptr_nonnull (strstr (as_old.detail, "file: \"old\\n\", should be 4 bytes "));
  judgement_free (&as_new);
  judgement_free (&as_old);
}
END_TEST

START_TEST (lines_about_sectors_are_not_judged)
{
  struct judgement judgement = judge_well (FILE_2 ("a") "= z1 a\n= nonsense", FILE_1 ("a") "= z2 a\n", FILE_2 ("a"),
                                           EXPECT_NEW);

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
    "f 0644 0 0 0 empty -; a\n",
    "f 0644 0 0 0 empty -;links=1/2; a\n",
    "f 0644 0 0 0 empty -;links=1 a\n",
    "f 0644 0 0 0 empty -;flags= a\n",
    "f 0644 0 0 0 empty -;flags=ie a\n",
    "f 0644 0 0 0 empty -;project=01 a\n",
    "f 0644 0 0 0 empty -;mtime=-1 a\n",
    "d 0755 0 0 - - -;subvolume=r a\n",
    "f 0644 0 0 0 empty -;extents=4096:8 a\n",
    "d 0755 0 0 - - -;quota=other:1:1/2:3/4 a\n",
    "d 0755 0 0 - - -;quota=user:1:1/2:3 a\n",
    "d 0755 0 0 - - -;quota=user:4294967296:1/2:3/4 a\n",
    "d 0755 0 0 - - -;quota=user:1:1/2:3/4/5 a\n",
    "f 0644 0 0 0 empty -;=1/1 a\n",
    "f 0644 0 0 0 empty -;links=1/4294967296 a\n",
    "f 0644 0 0 0 empty -;links=1/2;other=1 a\n",
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
      forget_messages ();
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
    "d 0755 0 0 - - -;quota=project:4294967295:0/18446744073709551615:1/0 .\n"
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
    "p 0666 0 0 - - -;links=0/4294967295 q\n"
    "f 0644 0 0 0 empty -;flags=aci;project=4294967295;mtime=0;extents=512:1:0-512 facts\n"
    "? - - - - !EUCLEAN - x/y\n";
  struct judgement judgement = judge_well (tree, tree, tree, EXPECT_NEW);

  ck_assert (judgement.is_new);
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

UNIT_TEST_MAIN ("tree-text",
                escaped_paths_stay_escaped,
                a_long_path_is_shown_by_its_end,
                short_contents_are_told_as_text,
                logs_that_have_hashes_alone_are_judged_like_those_with_text,
                lines_about_sectors_are_not_judged,
                malformed_lines_are_refused_with_their_number,
                a_huge_line_is_refused,
                lines_of_every_kind_are_accepted,
                the_order_of_lines_does_not_matter)
