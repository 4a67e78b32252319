/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/result.h"
#include "checker/violation.h"
#include "common/exit-status.h"
#include "common/text.h"
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

bool
violation_is_expected (const cJSON *violation, const struct case_failure *failure)
{
  for (size_t i = 0; failure && i < failure->findings.count; i++)
    if (is_finding (violation, failure->findings.list[i]))
      return true;
  return false;
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
    return status == EXIT_VIOLATION ? CASE_ERROR : failure && !failure->by_luck ? CASE_FIXED : CASE_PASS;
  /* Another violation may be in the states that were not covered. */
  return cJSON_IsTrue (cJSON_GetObjectItemCaseSensitive (result, "exhaustive")) ? CASE_KNOWN : CASE_ERROR;
}

/* How many bytes of DETAIL are before the path: the words at its beginning that end in a colon, but for the last. */
static size_t
path_start (const char *detail)
{
  size_t start = 0, at = 0;

  for (;;) {
    size_t word = strcspn (detail + at, " ");

    if (word < 2 || detail[at + word] != ' ' || detail[at + word - 1] != ':')
      return start;
    start = at;
    at += word + 1;
  }
}

/* DETAIL without what differs from case to case: the path at its beginning, numbers, and hashes, which are words that
 * end in `...`; into FILE.
 */
static void
print_cause (const char *detail, FILE *file)
{
  size_t start = path_start (detail), path = strcspn (detail + start, " ");

  fwrite (detail, 1, start, file);
  detail += start;
  if (path > 1 && detail[path] == ' ' && detail[path - 1] == ':') {
    putc ('*', file);
    detail += path - 1;
  }
  while (*detail) {
    size_t number = violation_number_length (detail);

    if (number > 0) {
      putc ('#', file);
      detail += number;
    }
    else
      putc (*detail++, file);
  }
}

char *
violation_cause (const cJSON *violation)
{
  struct text_stream cause;

  if (!text_begin (&cause))
    return NULL;
  fprintf (cause.file, "%s: ", result_text (violation, "kind"));
  print_cause (result_text (violation, "detail"), cause.file);
  return text_end (&cause);
}
