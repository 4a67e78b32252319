/* SPDX-License-Identifier: BSD-3-Clause */
/* JUnit's XML, as GitHub, GitLab and Jenkins read it: a suite for each environment, a test case for each case. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/corpus.h"
#include "common/escape.h"
#include "common/message.h"

static void
print_xml (const char *text, FILE *file)
{
  print_markup_safely (text, strlen (text), file);
}

static void
print_attribute (const char *name, const char *text, FILE *file)
{
  fprintf (file, " %s=\"", name);
  print_xml (text, file);
  putc ('"', file);
}

static void
print_environment (const struct case_environment *environment, FILE *file)
{
  print_xml (environment->filesystem, file);
  fputs (", kernel ", file);
  print_xml (environment->release, file);
}

/* The element NAME with MESSAGE and, line by line, the violations of CELL. */
static void
print_element (const char *name, const char *message, const struct case_cell *cell, FILE *file)
{
  const cJSON *violation;

  fprintf (file, "      <%s", name);
  print_attribute ("message", message, file);
  putc ('>', file);
  if (cell->job)
    cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (cell->job->result, "violations")) {
      print_xml (json_text (violation, "kind"), file);
      fputs (": ", file);
      print_xml (json_text (violation, "detail"), file);
      fputs ("\n", file);
    }
  fprintf (file, "</%s>\n", name);
}

/* What is expected to fail and does is skipped to JUnit, which has no word for it. */
static void
print_outcome (const struct case_cell *cell, FILE *file)
{
  const char *reason = cell->reason ? cell->reason : "";

  switch (cell->outcome) {
  case OUTCOME_FAIL:
    print_element ("failure", cell->failure ? "another violation than the known one" : "violation", cell, file);
    break;
  case OUTCOME_FIXED:
    print_element ("failure", "expected to fail, and did not", cell, file);
    break;
  case OUTCOME_ERROR:
    print_element ("error", reason, cell, file);
    break;
  case OUTCOME_KNOWN:
    print_element ("skipped", cell->failure->why, cell, file);
    break;
  case OUTCOME_NOT_APPLICABLE:
    print_element ("skipped", reason, cell, file);
    break;
  default:
    break;
  }
}

static void
print_cell (const struct case_cell *cell, FILE *file)
{
  fputs ("    <testcase classname=\"", file);
  print_environment (cell->environment, file);
  putc ('"', file);
  print_attribute ("name", cell->corpus_case->name, file);
  fprintf (file, " time=\"%.3f\">\n", cell->job ? cell->job->seconds : 0);
  print_outcome (cell, file);
  fputs ("    </testcase>\n", file);
}

static void
print_suite (const struct corpus *corpus, size_t number, FILE *file)
{
  const struct case_cell *cells = corpus->cells + number * corpus->case_count;
  size_t counts[OUTCOME_COUNT] = { 0 };

  for (size_t i = 0; i < corpus->case_count; i++)
    counts[cells[i].outcome]++;
  fputs ("  <testsuite name=\"", file);
  print_environment (&corpus->environments[number], file);
  fprintf (file, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", corpus->case_count,
           counts[OUTCOME_FAIL] + counts[OUTCOME_FIXED], counts[OUTCOME_ERROR],
           counts[OUTCOME_KNOWN] + counts[OUTCOME_NOT_APPLICABLE]);
  for (size_t i = 0; i < corpus->case_count; i++)
    print_cell (&cells[i], file);
  fputs ("  </testsuite>\n", file);
}

char *
corpus_make_junit (const struct corpus *corpus)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file) {
    fputs ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"powercut corpus\">\n", file);
    for (size_t i = 0; i < corpus->environment_count; i++)
      print_suite (corpus, i, file);
    fputs ("</testsuites>", file);
    if (fclose (file) == 0)
      return text;
    free (text);
  }
  error_message ("out of memory");
  return NULL;
}
