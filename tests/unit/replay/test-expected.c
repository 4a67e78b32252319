/* SPDX-License-Identifier: BSD-3-Clause */
/* What the header and the marks of a log say about what is right. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "replay/expected.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

#define SECTORS 8

static struct write_log *log_read;
static struct expected expected;

/* What is found in a log with INFO in its header and MARKS, NULL at the end. */
static int
find (const char *info, const char *const *marks, bool pages, uint64_t page_bytes)
{
  struct log_maker *maker = make_log_with_info (1, SECTORS, info);

  for (; *marks; marks++)
    add_mark (maker, *marks);
  log_read = finish_log (maker);
  forget_messages ();
  return expected_find (&expected, log_read, pages, page_bytes, false);
}

static void
let_go (void)
{
  expected_free (&expected);
  write_log_close (log_read);
}

#define MARKS(...) ((const char *const[]) { __VA_ARGS__, NULL })
#define NO_MARKS ((const char *const[]) { NULL })
#define UPDATE MARKS ("powercut:old a", "begin", "commit", "powercut:new b")

static void
assert_refused (const char *reason)
{
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, reason) != NULL, "%s", message);
}

START_TEST (there_is_a_tree_before_the_update_and_one_after_each_step)
{
  ck_assert_int_eq (find (NULL,
                          MARKS ("powercut:new early", "powercut:old a\nb", "begin 1", "powercut:new c", "begin 2",
                                       "powercut:old late", "powercut:new"), false, 0), 0);
  ck_assert_uint_eq (expected.trees.count, 3);
  ck_assert_str_eq (expected.trees.texts[0], "a\nb\n");
  ck_assert_str_eq (expected.trees.texts[1], "c\n");
  ck_assert_str_eq (expected.trees.texts[2], "");
  ck_assert_uint_eq (expected.watch_count, 0);
  ck_assert (!expected.paged && expected.persistence == NULL);
  let_go ();
}
END_TEST

START_TEST (a_log_that_was_closed_without_a_tree_is_not_judged)
{
  ck_assert_int_eq (find (NULL, MARKS ("begin", "commit"), false, 0), 0);
  ck_assert_uint_eq (expected.trees.count, 0);
  let_go ();
}
END_TEST

START_TEST (nobody_knows_what_is_right_after_an_update_that_was_not_committed)
{
  ck_assert_int_eq (find (NULL, MARKS ("powercut:old a", "begin"), false, 0), -1);
  assert_refused ("the log ends before the update was committed");
  let_go ();
}
END_TEST

START_TEST (the_watched_path_of_the_header_is_observed)
{
  ck_assert_int_eq (find ("watch=directory/file", UPDATE, false, 0), 0);
  ck_assert_uint_eq (expected.watch_count, 1);
  ck_assert_str_eq (expected.watch[0], "directory/file");
  let_go ();
}
END_TEST

START_TEST (pages_are_only_there_if_they_were_recorded)
{
  ck_assert_int_eq (find (NULL, UPDATE, _i == 0, _i == 0 ? 0 : 4096), -1);
  assert_refused ("has nothing about pages: record it with --pages");
  let_go ();
}
END_TEST

START_TEST (a_size_of_pages_that_cannot_be_is_refused)
{
  const char *const sizes[] = { "pages=", "pages=17", "pages=x", "pages=99999999999999999999" };

  ck_assert_int_eq (find (sizes[_i], UPDATE, false, 0), -1);
  assert_refused ("has a size of pages that cannot be: give --page-size");
  let_go ();
}
END_TEST

START_TEST (a_workload_that_is_none_is_refused_by_the_name_of_the_log)
{
  CLEANUP_FREE char *name = NULL;

  ck_assert_int_eq (find ("workload=nonsense", NO_MARKS, false, 0), -1);
  name = text_format ("%s: workload", log_read->path);
  assert_refused (name);
  let_go ();
}
END_TEST

UNIT_TEST_MAIN ("expected", there_is_a_tree_before_the_update_and_one_after_each_step,
                a_log_that_was_closed_without_a_tree_is_not_judged,
                nobody_knows_what_is_right_after_an_update_that_was_not_committed,
                the_watched_path_of_the_header_is_observed,
                unit_loop (pages_are_only_there_if_they_were_recorded, 2),
                unit_loop (a_size_of_pages_that_cannot_be_is_refused, 4),
                a_workload_that_is_none_is_refused_by_the_name_of_the_log)
