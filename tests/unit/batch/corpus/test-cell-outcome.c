/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "common/exit-status.h"
#include "tests/unit/unit.h"

/* All is covered, with these violations. */
#define FOUND(LIST) "{\"exhaustive\": true, \"violations\": [" LIST "]}"
#define NOTHING FOUND ("")
#define OLD "{\"kind\": \"durability\", \"detail\": \"old contents after commit: f: 4 bytes\"}"
#define EMPTY "{\"kind\": \"atomicity\", \"detail\": \"f: empty\"}"

static char *findings[] = { (char *) "durability: old contents", (char *) "hang" };
static const struct case_failure failure = { .findings = { findings, 2 }, .why = (char *) "w" };

static enum case_outcome
judge_text (int status, const char *text, const struct case_failure *expected)
{
  cJSON *result = text ? cJSON_Parse (text) : NULL;
  enum case_outcome outcome = case_judge (status, result, expected);

  ck_assert (text == NULL || result != NULL);
  cJSON_Delete (result);
  return outcome;
}

START_TEST (expected_to_pass)
{
  ck_assert_int_eq (judge_text (0, NOTHING, NULL), CASE_PASS);
  ck_assert_int_eq (judge_text (1, FOUND (OLD), NULL), CASE_FAIL);
}
END_TEST

START_TEST (expected_to_fail)
{
  ck_assert_int_eq (judge_text (1, FOUND (OLD), &failure), CASE_KNOWN);
  ck_assert_int_eq (judge_text (1, FOUND (OLD "," OLD), &failure), CASE_KNOWN);
  ck_assert_int_eq (judge_text (1, FOUND ("{\"kind\": \"hang\"}"), &failure), CASE_KNOWN);
  ck_assert_int_eq (judge_text (0, NOTHING, &failure), CASE_FIXED);
}
END_TEST

START_TEST (expected_to_fail_by_luck)
{
  const struct case_failure by_luck = { .by_luck = true, .findings = { findings, 2 }, .why = (char *) "w" };

  ck_assert_int_eq (judge_text (0, NOTHING, &by_luck), CASE_PASS);
  ck_assert_int_eq (judge_text (1, FOUND (OLD), &by_luck), CASE_KNOWN);
  ck_assert_int_eq (judge_text (1, FOUND (EMPTY), &by_luck), CASE_FAIL);
}
END_TEST

START_TEST (expected_to_fail_otherwise)
{
  ck_assert_int_eq (judge_text (1, FOUND (EMPTY), &failure), CASE_FAIL);
  ck_assert_int_eq (judge_text (1, FOUND (OLD "," EMPTY), &failure), CASE_FAIL);
  ck_assert_int_eq (judge_text (1, FOUND ("{\"kind\": \"durability\", \"detail\": \"new\"}"), &failure),
                    CASE_FAIL);
  ck_assert_int_eq (judge_text (1, FOUND ("{\"kind\": \"hangs\"}"), &failure), CASE_FAIL);
  ck_assert_int_eq (judge_text (1, FOUND ("{}"), &failure), CASE_FAIL);
}
END_TEST

#define AGAIN(KIND) "{\"kind\": \"" KIND "\", \"detail\": \"\", \"state\": \"62:-60;75\"}"
#define ONCE(KIND) "{\"kind\": \"" KIND "\", \"detail\": \"\", \"state\": \"62:-60\"}"

START_TEST (expected_to_fail_when_power_fails_again)
{
  static char *nested_findings[] = { (char *) "kernel" };
  struct case_failure nested = failure;

  nested.nested_findings = (struct case_texts) { nested_findings, 1 };
  ck_assert_int_eq (judge_text (1, FOUND (AGAIN ("kernel")), &nested), CASE_KNOWN);
  ck_assert_int_eq (judge_text (1, FOUND (ONCE ("kernel")), &nested), CASE_FAIL);
  ck_assert_int_eq (judge_text (1, FOUND (AGAIN ("hang") "," ONCE ("hang")), &nested), CASE_KNOWN);
  ck_assert_int_eq (judge_text (1, FOUND (AGAIN ("atomicity")), &nested), CASE_FAIL);
}
END_TEST

START_TEST (nothing_is_fixed_where_power_did_not_fail_again)
{
  static char *nested_findings[] = { (char *) "kernel" };
  const struct case_failure nested = { .nested_findings = { nested_findings, 1 }, .why = (char *) "w" };

  ck_assert_int_eq (judge_text (0, "{\"violations\": [], \"nested\": []}", &nested), CASE_PASS);
  ck_assert_int_eq (judge_text (0, "{\"violations\": [], \"nested\": [{}]}", &nested), CASE_FIXED);
}
END_TEST

#define UNREPEATED "{\"kind\": \"kernel\", \"detail\": \"a panic\", \"repeated\": false, \"states\": \"0\"}"

START_TEST (what_a_second_run_did_not_see_decides_nothing)
{
  ck_assert_int_eq (judge_text (0, FOUND (UNREPEATED), NULL), CASE_PASS);
  ck_assert_int_eq (judge_text (0, FOUND (UNREPEATED), &failure), CASE_FIXED);
  ck_assert_int_eq (judge_text (1, FOUND (UNREPEATED "," OLD), &failure), CASE_KNOWN);
}
END_TEST

START_TEST (what_is_known_may_hide_something_where_states_are_left)
{
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": false, \"violations\": [" OLD "]}", &failure), CASE_ERROR);
  ck_assert_int_eq (judge_text (1, "{\"exhaustive\": false, \"violations\": [" EMPTY "]}", &failure), CASE_FAIL);
}
END_TEST

START_TEST (not_measured)
{
  ck_assert_int_eq (judge_text (77, NULL, NULL), CASE_NOT_APPLICABLE);
  ck_assert_int_eq (judge_text (77, NULL, &failure), CASE_NOT_APPLICABLE);
  ck_assert_int_eq (judge_text (2, NULL, NULL), CASE_ERROR);
  ck_assert_int_eq (judge_text (2, NOTHING, NULL), CASE_ERROR);
  ck_assert_int_eq (judge_text (3, NOTHING, NULL), CASE_ERROR);
  ck_assert_int_eq (judge_text (-1, NOTHING, NULL), CASE_ERROR);
  ck_assert_int_eq (judge_text (1, NOTHING, NULL), CASE_ERROR);
  ck_assert_int_eq (judge_text (0, "{}", NULL), CASE_ERROR);
  ck_assert_int_eq (judge_text (0, NULL, &failure), CASE_ERROR);
}
END_TEST

START_TEST (what_is_not_as_expected_calls_for_a_status)
{
  ck_assert_int_eq (case_outcomes[CASE_PASS].status, 0);
  ck_assert_int_eq (case_outcomes[CASE_KNOWN].status, 0);
  ck_assert_int_eq (case_outcomes[CASE_NOT_APPLICABLE].status, 0);
  ck_assert_int_eq (case_outcomes[CASE_FAIL].status, EXIT_VIOLATION);
  ck_assert_int_eq (case_outcomes[CASE_FIXED].status, EXIT_VIOLATION);
  ck_assert_int_eq (case_outcomes[CASE_ERROR].status, EXIT_UNUSABLE);
  ck_assert_str_eq (case_outcomes[CASE_FIXED].word, "FIXED");
  ck_assert_str_eq (case_outcomes[CASE_NOT_APPLICABLE].word, "n/a");
}
END_TEST

UNIT_TEST_MAIN ("corpus-verdict", expected_to_pass, expected_to_fail, expected_to_fail_by_luck,
                expected_to_fail_otherwise,
                expected_to_fail_when_power_fails_again, nothing_is_fixed_where_power_did_not_fail_again,
                what_a_second_run_did_not_see_decides_nothing,
                what_is_known_may_hide_something_where_states_are_left, not_measured,
                what_is_not_as_expected_calls_for_a_status)
