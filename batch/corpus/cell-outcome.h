/* SPDX-License-Identifier: BSD-3-Clause */
/* What a case came to on one kernel and file system, held against what its case.ini expects. */
#ifndef POWERCUT_BATCH_CORPUS_CELL_OUTCOME_H
#define POWERCUT_BATCH_CORPUS_CELL_OUTCOME_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "batch/corpus/case.h"
#include "batch/grid.h"

enum case_outcome {
  CASE_PASS,
  CASE_FAIL,                    /* a violation, or another one than is expected */
  CASE_KNOWN,                   /* the violation that is expected */
  CASE_FIXED,                   /* a violation is expected, and there is none */
  CASE_NOT_APPLICABLE,
  CASE_ERROR,                   /* not measured */
  CASE_OUTCOME_COUNT
};

/* Each as a word, with the exit status that it calls for. */
extern const struct cell_outcome case_outcomes[CASE_OUTCOME_COUNT];

/* STATUS is the exit status of `powercut run` or `replay`, or -1 if it did not exit; RESULT what replay --json said, or
 * NULL; FAILURE what is expected, or NULL: to pass.
 */
extern enum case_outcome case_judge (int status, const cJSON *result, const struct case_failure *failure);

/* Is VIOLATION, of replay's results, one that FAILURE (which may be NULL) expects? */
extern bool violation_is_expected (const cJSON *violation, const struct case_failure *failure);

#endif
