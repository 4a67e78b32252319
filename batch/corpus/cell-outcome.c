/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/result.h"
#include "common/exit-status.h"
#include "log/state-id.h"
#include "record/record.h"

const struct cell_outcome case_outcomes[CASE_OUTCOME_COUNT] = {
  [CASE_PASS] = { "pass", EXIT_SUCCESS },
  [CASE_FAIL] = { "FAIL", EXIT_VIOLATION },
  [CASE_KNOWN] = { "known", EXIT_SUCCESS },
  [CASE_FIXED] = { "FIXED", EXIT_VIOLATION },
  [CASE_NOT_APPLICABLE] = { "n/a", EXIT_SUCCESS },
  [CASE_ERROR] = { "error", EXIT_UNUSABLE },
};

/* Is VIOLATION the FINDING `KIND` or `KIND: TEXT`? */
static bool
is_finding (const cJSON *violation, const char *finding)
{
  const char *kind = result_text (violation, "kind"), *text = strchr (finding, ':');
  size_t length = text ? (size_t) (text - finding) : strlen (finding);

  if (strlen (kind) != length || memcmp (kind, finding, length) != 0)
    return false;
  return text == NULL || strstr (result_text (violation, "detail"), text + 1 + strspn (text + 1, " ")) != NULL;
}

static bool
is_one_of (const cJSON *violation, const struct case_texts *findings)
{
  for (size_t i = 0; i < findings->count; i++)
    if (is_finding (violation, findings->list[i]))
      return true;
  return false;
}

bool
violation_is_expected (const cJSON *violation, const struct case_failure *failure)
{
  if (failure == NULL)
    return false;
  const bool again = strstr (result_text (violation, "state"), STATE_ID_AGAIN) != NULL;
  return is_one_of (violation, &failure->findings) || (again && is_one_of (violation, &failure->nested_findings));
}

/* Whether FAILURE, or NULL, says that there is a violation in RESULT for sure: one that interrupted recoveries alone
 * show only where some were.
 */
static bool
is_certain (const struct case_failure *failure, const cJSON *result)
{
  return failure && !failure->by_luck
    && (failure->findings.count > 0 || cJSON_GetArraySize (cJSON_GetObjectItemCaseSensitive (result, "nested")) > 0);
}

enum case_outcome
case_judge (int status, const cJSON *result, const struct case_failure *failure)
{
  const cJSON *violations = cJSON_GetObjectItemCaseSensitive (result, "violations"), *violation;
  size_t count = 0;

  if (status == RECORD_NOT_SUPPORTED)
    return CASE_NOT_APPLICABLE;
  if (!cJSON_IsArray (violations) || (status != EXIT_SUCCESS && status != EXIT_VIOLATION))
    return CASE_ERROR;       /* a search that is not finished has not shown that there is nothing, either */
  cJSON_ArrayForEach (violation, violations) {
    if (!violation_counts (violation))
      continue;
    if (!violation_is_expected (violation, failure))
      return CASE_FAIL;
    count++;
  }
  if (count == 0)
    return status == EXIT_VIOLATION ? CASE_ERROR : is_certain (failure, result) ? CASE_FIXED : CASE_PASS;
  /* Another violation may be in the states that were not covered. */
  return cJSON_IsTrue (cJSON_GetObjectItemCaseSensitive (result, "exhaustive")) ? CASE_KNOWN : CASE_ERROR;
}
