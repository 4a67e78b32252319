/* SPDX-License-Identifier: BSD-3-Clause */
/* What a case came to on one kernel and file system, held against what its case.ini expects. */
#ifndef POWERCUT_BATCH_CORPUS_VERDICT_H
#define POWERCUT_BATCH_CORPUS_VERDICT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "batch/corpus/case.h"

enum case_outcome {
  OUTCOME_PASS,
  OUTCOME_FAIL,                 /* a violation, or another one than is expected */
  OUTCOME_KNOWN,                /* the violation that is expected */
  OUTCOME_FIXED,                /* a violation is expected, and there is none */
  OUTCOME_NOT_APPLICABLE,
  OUTCOME_ERROR,                /* not measured */
  OUTCOME_COUNT
};

/* The word for it: pass, FAIL, known, FIXED, n/a, error. */
extern const char *outcome_word (enum case_outcome outcome);

/* Is it what was expected, or at least nothing against it? */
extern bool outcome_is_expected (enum case_outcome outcome);

/* STATUS is the exit status of `powercut run` or `replay`, or -1 if it did not exit; RESULT what replay --json said, or NULL;
 * FAILURE what is expected, or NULL: to pass.
 */
extern enum case_outcome outcome_judge (int status, const cJSON *result, const struct case_failure *failure);

/* Does VIOLATION, of replay's results, count?  Not if a first run saw it and a second one on a fresh boot did not: that stands for no
 * state, and may have been the host's trouble.
 */
extern bool violation_counts (const cJSON *violation);

/* Is VIOLATION, of replay's results, one that FAILURE (which may be NULL) expects? */
extern bool violation_is_expected (const cJSON *violation, const struct case_failure *failure);

/* VIOLATION in words that are the same for all of one cause: its kind and detail, without numbers, hashes and
 * names of files.  To free, or NULL if memory is short.
 */
extern char *violation_cause (const cJSON *violation);

/* The text NAME of OBJECT; "" if it has none. */
extern const char *json_text (const cJSON *object, const char *name);

#endif
