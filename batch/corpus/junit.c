/* SPDX-License-Identifier: BSD-3-Clause */
/* JUnit's XML, as GitHub, GitLab and Jenkins read it: a suite for each environment, a test case for each case. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cause.h"
#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/corpus/remarks.h"
#include "batch/result.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"

/* The cause of the first violation of CELL, which fails, as the type of its failure. */
static void
print_cause (const struct cell *cell, FILE *file)
{
  const cJSON *violation = remarks_violation (cell, NULL);
  CLEANUP_FREE char *text = violation ? cause_of (violation, cell->environment->filesystem) : NULL;

  if (text)
    print_attribute ("type", text, file);
}

/* The element NAME with MESSAGE and, line by line, the violations of CELL. */
static void
print_element (const char *name, const char *message, const struct cell *cell, FILE *file)
{
  const cJSON *violation;

  fprintf (file, "      <%s", name);
  print_attribute ("message", message, file);
  if (cell->outcome == CASE_FAIL)
    print_cause (cell, file);
  putc ('>', file);
  cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (cell_result (cell), "violations")) {
    print_safe_markup (result_text (violation, "kind"), file);
    fputs (": ", file);
    print_safe_markup (result_text (violation, "detail"), file);
    fputs ("\n", file);
  }
  fprintf (file, "</%s>\n", name);
}

/* What is expected to fail and does is skipped to JUnit, which has no word for it. */
static void
print_outcome (const struct cell *cell, FILE *file)
{
  const struct case_failure *failure = corpus_cell_failure (cell);
  const char *reason = cell->reason ? cell->reason : "";

  switch (cell->outcome) {
  case CASE_FAIL:
    print_element ("failure", failure ? "another violation than the known one" : "violation", cell, file);
    break;
  case CASE_FIXED:
    print_element ("failure", "expected to fail, and did not", cell, file);
    break;
  case CASE_ERROR:
    print_element ("error", reason, cell, file);
    break;
  case CASE_KNOWN:
    print_element ("skipped", failure->why, cell, file);
    break;
  case CASE_NOT_APPLICABLE:
    print_element ("skipped", reason, cell, file);
    break;
  default:
    break;
  }
}

static void
print_cell (const struct cell *cell, const char *environment, FILE *file)
{
  const struct corpus_case *corpus_case = cell->row;

  fputs ("    <testcase", file);
  print_attribute ("classname", environment, file);
  print_attribute ("name", corpus_case->name, file);
  fprintf (file, " time=\"%.3f\">\n", cell_seconds (cell));
  print_outcome (cell, file);
  fputs ("    </testcase>\n", file);
}

static void
print_suite (const struct grid *grid, size_t number, FILE *file)
{
  CLEANUP_FREE char *name = environment_describe (&grid->environments[number]);
  const struct cell *cells = grid->cells + number * grid->row_count;
  size_t counts[CASE_OUTCOME_COUNT] = { 0 };

  if (name == NULL)
    return;
  cells_count (cells, grid->row_count, counts);
  fputs ("  <testsuite", file);
  print_attribute ("name", name, file);
  fprintf (file, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", grid->row_count,
           counts[CASE_FAIL] + counts[CASE_FIXED], counts[CASE_ERROR],
           counts[CASE_KNOWN] + counts[CASE_NOT_APPLICABLE]);
  for (size_t i = 0; i < grid->row_count; i++)
    print_cell (&cells[i], name, file);
  fputs ("  </testsuite>\n", file);
}

char *
corpus_make_junit (const struct grid *grid)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file) {
    fputs ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"powercut corpus\">\n", file);
    for (size_t i = 0; i < grid->environment_count; i++)
      print_suite (grid, i, file);
  fputs ("</testsuites>", file);
    if (fclose (file) == 0)
      return text;
    free (text);
  }
  out_of_memory ();
  return NULL;
}
