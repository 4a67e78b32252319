/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "batch/matrix/cell-summary.h"
#include "tests/unit/unit.h"

START_TEST (what_was_not_visited_to_its_end_is_good_so_far)
{
  static const struct {
    const char *result, *summary, *class;
  } cases[] = {
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": true}", "atomic, durable", "good" },
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": false}", "atomic, durable so far", "half" },
    { "{\"atomic\": true, \"durable\": false, \"exhaustive\": false}", "atomic", "half" },
    { "{\"atomic\": false, \"durable\": false, \"exhaustive\": true}", "neither", "bad" },
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": true, \"violations\": [{\"kind\": \"unmountable\"}]}",
      "broken", "bad" },
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": true,"
      " \"violations\": [{\"kind\": \"hang\", \"repeated\": false, \"states\": \"0\"}]}",
      "atomic, durable", "good" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct pool_job job = { .result = cJSON_Parse (cases[i].result) };
    const struct cell cell = { .outcome = UPDATE_MEASURED, .job = &job };
    struct update_verdict verdict;

    ck_assert_ptr_nonnull (job.result);
    update_verdict_make (&verdict, &cell);
    ck_assert_str_eq (verdict.summary, cases[i].summary);
    ck_assert_str_eq (verdict.class, cases[i].class);
    update_verdict_free (&verdict);
    cJSON_Delete (job.result);
  }
}
END_TEST

UNIT_TEST_MAIN ("matrix-verdict", what_was_not_visited_to_its_end_is_good_so_far)
