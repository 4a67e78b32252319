/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/corpus/verdict.h"
#include "tests/unit/unit.h"

#define NOTHING "{\"exhaustive\": true, \"violations\": []}"
#define OLD "{\"kind\": \"durability\", \"detail\": \"old contents after commit: f: 4 bytes\"}"
#define EMPTY "{\"kind\": \"atomicity\", \"detail\": \"f: empty\"}"

static char *findings[] = { (char *) "durability: old contents", (char *) "hang" };
static const struct case_failure failure = { .findings = { findings, 2 }, .why = (char *) "w" };

static enum case_outcome
judge_text (int status, const char *text, const struct case_failure *expected)
{
  cJSON *result = text ? cJSON_Parse (text) : NULL;
  enum case_outcome outcome = outcome_judge (status, result, expected);

  ck_assert (text == NULL || result != NULL);
  cJSON_Delete (result);
  return outcome;
}

START_TEST (expected_to_pass)
{
  ck_assert_int_eq (judge_text (0, NOTHING, NULL), OUTCOME_PASS);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" OLD "]}", NULL), OUTCOME_FAIL);
}
END_TEST

START_TEST (expected_to_fail)
{
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" OLD "]}", &failure), OUTCOME_KNOWN);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" OLD "," OLD "]}", &failure), OUTCOME_KNOWN);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [{\"kind\": \"hang\"}]}", &failure), OUTCOME_KNOWN);
  ck_assert_int_eq (judge_text (0, NOTHING, &failure), OUTCOME_FIXED);
}
END_TEST

START_TEST (expected_to_fail_by_luck)
{
  const struct case_failure by_luck = { .by_luck = true, .findings = { findings, 2 }, .why = (char *) "w" };

  ck_assert_int_eq (judge_text (0, NOTHING, &by_luck), OUTCOME_PASS);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" OLD "]}", &by_luck), OUTCOME_KNOWN);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" EMPTY "]}", &by_luck), OUTCOME_FAIL);
}
END_TEST

START_TEST (expected_to_fail_otherwise)
{
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" EMPTY "]}", &failure), OUTCOME_FAIL);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" OLD "," EMPTY "]}", &failure), OUTCOME_FAIL);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [{\"kind\": \"durability\", \"detail\": \"new\"}]}", &failure),
                    OUTCOME_FAIL);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [{\"kind\": \"hangs\"}]}", &failure), OUTCOME_FAIL);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [{}]}", &failure), OUTCOME_FAIL);
}
END_TEST

#define UNREPEATED "{\"kind\": \"kernel\", \"detail\": \"a panic\", \"repeated\": false, \"states\": \"0\"}"

START_TEST (what_a_second_run_did_not_see_decides_nothing)
{
  ck_assert_int_eq (judge_text (0, "{\"exhaustive\": true, \"violations\": [" UNREPEATED "]}", NULL), OUTCOME_PASS);
  ck_assert_int_eq (judge_text (0, "{\"exhaustive\": true, \"violations\": [" UNREPEATED "]}", &failure), OUTCOME_FIXED);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": true, \"violations\": [" UNREPEATED "," OLD "]}", &failure), OUTCOME_KNOWN);
}
END_TEST

START_TEST (what_is_known_may_hide_something_where_states_are_left)
{
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": false, \"violations\": [" OLD "]}", &failure), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": false, \"violations\": [" EMPTY "]}", &failure), OUTCOME_FAIL);
}
END_TEST

START_TEST (not_measured)
{
  ck_assert_int_eq (judge_text (77, NULL, NULL), OUTCOME_NOT_APPLICABLE);
  ck_assert_int_eq (judge_text (77, NULL, &failure), OUTCOME_NOT_APPLICABLE);
  ck_assert_int_eq (judge_text (2, NULL, NULL), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (2, NOTHING, NULL), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (3, NOTHING, NULL), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (-1, NOTHING, NULL), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (1, NOTHING, NULL), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (0, "{}", NULL), OUTCOME_ERROR);
  ck_assert_int_eq (judge_text (0, NULL, &failure), OUTCOME_ERROR);
}
END_TEST

START_TEST (what_is_as_expected)
{
  ck_assert (outcome_is_expected (OUTCOME_PASS) && outcome_is_expected (OUTCOME_KNOWN));
  ck_assert (outcome_is_expected (OUTCOME_NOT_APPLICABLE));
  ck_assert (!outcome_is_expected (OUTCOME_FAIL) && !outcome_is_expected (OUTCOME_FIXED) && !outcome_is_expected (OUTCOME_ERROR));
  ck_assert_str_eq (outcome_word (OUTCOME_FIXED), "FIXED");
  ck_assert_str_eq (outcome_word (OUTCOME_NOT_APPLICABLE), "n/a");
}
END_TEST

static void
assert_cause (const char *violation, const char *wanted)
{
  cJSON *object = cJSON_Parse (violation);
  char *cause = violation_cause (object);

  ck_assert_str_eq (cause, wanted);
  free (cause);
  cJSON_Delete (object);
}

START_TEST (causes_are_the_same_for_other_names_and_numbers)
{
  assert_cause (OLD, "durability: old contents after commit: f: # bytes");
  assert_cause (EMPTY, "atomicity: *: empty");
  assert_cause ("{\"kind\": \"atomicity\", \"detail\": \"a/b12: 10 bytes 3611dc87... (old: 0 bytes)\"}",
                "atomicity: *: # bytes #... (old: # bytes)");
  assert_cause ("{\"kind\": \"durability\", \"detail\": \"fsync-data: a/b: empty, should be 4 bytes e29... (fsync at line 5)\"}",
                "durability: fsync-data: *: empty, should be # bytes #... (fsync at line #)");
  assert_cause ("{\"kind\": \"kernel\"}", "kernel: ");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("corpus-verdict");
  TCase *tests = tcase_create ("corpus-verdict");

  tcase_add_test (tests, expected_to_pass);
  tcase_add_test (tests, expected_to_fail);
  tcase_add_test (tests, expected_to_fail_by_luck);
  tcase_add_test (tests, expected_to_fail_otherwise);
  tcase_add_test (tests, what_a_second_run_did_not_see_decides_nothing);
  tcase_add_test (tests, what_is_known_may_hide_something_where_states_are_left);
  tcase_add_test (tests, not_measured);
  tcase_add_test (tests, what_is_as_expected);
  tcase_add_test (tests, causes_are_the_same_for_other_names_and_numbers);
  suite_add_tcase (suite, tests);
  return run_suite (suite);
}
