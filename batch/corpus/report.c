/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/result.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"

#define CELL_WIDTH 6            /* of the table, with the blank after it */
#define NAMES_MAX 12            /* cases that are named in one line */

/* Something to say about a cell.  Remarks of one outcome with the same cause are told together. */
struct remark {
  const struct cell *cell;
  char *cause;                  /* to free */
  const char *text;             /* what is told: for violations the detail of the first one */
  const char *kind;             /* of a violation, else NULL */
};

struct remarks {
  struct remark *list;
  size_t count;
};

/* Does the column NUMBER begin another kernel's? */
static bool
begins_kernel (const struct grid *grid, size_t number)
{
  return number == 0 || grid->environments[number].kernel != grid->environments[number - 1].kernel;
}

/* The blanks before column NUMBER, whose last kernel's columns may be narrower than its release. */
static int
indent_of (const struct grid *grid, size_t number)
{
  size_t first = number;
  int width;

  if (number == 0 || !begins_kernel (grid, number))
    return 1;
  while (!begins_kernel (grid, --first))
    ;
  width = (int) strlen (grid->environments[first].kernel->release) - (int) (number - first) * CELL_WIDTH + 1;
  return width < 0 ? 2 : width + 2;
}

/* Two lines: each kernel once, and below it the file systems. */
static void
print_heading (const struct grid *grid, int name_width)
{
  int column = name_width, missing;

  printf ("%-*s", name_width, "case");
  for (size_t i = 0, used = (size_t) name_width; i < grid->environment_count; i++, column += CELL_WIDTH - 1) {
    column += indent_of (grid, i);
    if (!begins_kernel (grid, i))
      continue;
    missing = column - (int) used;
    used += (size_t) printf ("%*s%s", missing, "", grid->environments[i].kernel->release);
  }
  printf ("\n%*s", name_width, "");
  for (size_t i = 0; i < grid->environment_count; i++)
    printf ("%*s%-*.*s", indent_of (grid, i), "", CELL_WIDTH - 1, CELL_WIDTH - 1, grid->environments[i].filesystem);
  putchar ('\n');
}

static void
print_table (const struct grid *grid)
{
  const struct corpus_case *cases = grid->rows;
  int name_width = 4;

  for (size_t i = 0; i < grid->row_count; i++)
    if ((int) strlen (cases[i].name) > name_width)
      name_width = (int) strlen (cases[i].name);
  putchar ('\n');
  print_heading (grid, name_width);
  for (size_t i = 0; i < grid->row_count; i++) {
    CLEANUP_FREE char *name = safe_text (cases[i].name);

    printf ("%-*s", name_width, name ? name : "");
    for (size_t j = 0; j < grid->environment_count; j++) {
      const struct cell *cell = &grid->cells[j * grid->row_count + i];

      printf ("%*s%-*s", indent_of (grid, j), "", CELL_WIDTH - 1, cell_word (grid, cell));
    }
    putchar ('\n');
  }
}

/* CAUSE is taken over. */
static int
add_remark (struct remarks *remarks, const struct cell *cell, char *cause, const char *text, const char *kind)
{
  struct remark *remark = cause ? array_add (remarks->list, remarks->count) : NULL;

  if (remark == NULL) {
    free (cause);
    return out_of_memory ();
  }
  *remark = (struct remark) { cell, cause, text, kind };
  return 0;
}

/* Of a cell that fails, the violations that are not expected. */
static int
add_violations (struct remarks *remarks, const struct cell *cell)
{
  const struct case_failure *failure = corpus_cell_failure (cell);
  const cJSON *violation;

  cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (cell_result (cell), "violations"))
    if (violation_counts (violation) && !violation_is_expected (violation, failure)
        && add_remark (remarks, cell, violation_cause (violation), result_text (violation, "detail"),
                       result_text (violation, "kind")) == -1)
      return -1;
  return 0;
}

static int
add_told (struct remarks *remarks, const struct cell *cell, const char *text)
{
  return add_remark (remarks, cell, strdup (text), text, NULL);
}

static int
add_cell (struct remarks *remarks, const struct cell *cell)
{
  switch (cell->outcome) {
  case CASE_PASS:
    return 0;
  case CASE_FAIL:
    return add_violations (remarks, cell);
  case CASE_KNOWN:
  case CASE_FIXED:
    return add_told (remarks, cell, corpus_cell_failure (cell)->why);
  default:
    return add_told (remarks, cell, cell->reason ? cell->reason : "");
  }
}

/* By outcome, as they are to be told, then by cause, then as they are in the table. */
static int
compare_remarks (const void *left, const void *right)
{
  static const int order[] = {
    [CASE_FAIL] = 0, [CASE_FIXED] = 1, [CASE_ERROR] = 2, [CASE_KNOWN] = 3, [CASE_NOT_APPLICABLE] = 4
  };
  const struct remark *a = left, *b = right;
  int r = order[a->cell->outcome] - order[b->cell->outcome];

  if (r == 0)
    r = strcmp (a->cause, b->cause);
  return r ? r : (a->cell > b->cell) - (a->cell < b->cell);
}

static bool
is_same (const struct remark *a, const struct remark *b)
{
  return a->cell->outcome == b->cell->outcome && strcmp (a->cause, b->cause) == 0;
}

/* The command that does CELL alone. */
static void
print_command (const struct cell *cell)
{
  const struct corpus_case *corpus_case = cell->row;
  const struct pool_job *job = cell->job;

  fputs (job->log ? "    again: powercut replay" : "    again: powercut run", stdout);
  for (size_t i = 0; i < job->word_count; i++) {
    putchar (' ');
    print_shell_word (job->words[i], stdout);
  }
  if (job->log)
    printf (" LOG (unpack %s)", corpus_case->log);
  putchar ('\n');
}

/* How many cases of a line are not named in it, if any are not. */
static void
print_more (size_t names)
{
  if (names > NAMES_MAX)
    printf (" and %zu more", names - NAMES_MAX);
}

/* The cases of the remarks from FIRST up to END, which have one cause; a line for each environment. */
static void
print_cases (const struct remark *first, const struct remark *end)
{
  const struct cell *before = NULL;
  size_t names = 0;

  for (; first < end; before = first++->cell) {
    const struct cell *cell = first->cell;
    const struct corpus_case *corpus_case = cell->row;

    if (cell == before)
      continue;                 /* two violations of one cause */
    if (before == NULL || cell->environment != before->environment) {
      CLEANUP_FREE char *environment = environment_describe (cell->environment);

      print_more (names);
      printf ("%s    %s:", before ? "\n" : "", environment ? environment : "");
      names = 0;
    }
    if (++names <= NAMES_MAX) {
      putchar (' ');
      print_safe_text (corpus_case->name, stdout);
    }
  }
  print_more (names);
  putchar ('\n');
}

static void
print_remarks (const struct remarks *remarks)
{
  static const char *const headings[] = {
    [CASE_FAIL] = "FAIL: not expected", [CASE_FIXED] = "FIXED: expected to fail, and did not",
    [CASE_ERROR] = "error: not measured", [CASE_KNOWN] = "known: fails as expected", [CASE_NOT_APPLICABLE] = "n/a",
  };
  const struct remark *end = remarks->list + remarks->count, *next;

  for (const struct remark *remark = remarks->list; remark < end; remark = next) {
    enum case_outcome outcome = remark->cell->outcome;

    if (remark == remarks->list || remark[-1].cell->outcome != outcome)
      printf ("\n%s\n", headings[outcome]);
    for (next = remark + 1; next < end && is_same (remark, next);)
      next++;
    printf ("  %s%s", remark->kind ? remark->kind : "", remark->kind ? ": " : "");
    print_safe_text (remark->text, stdout);
    putchar ('\n');
    print_cases (remark, next);
    if (outcome == CASE_FAIL)
      print_command (remark->cell);
  }
}

static void
print_totals (const struct grid *grid)
{
  size_t counts[CASE_OUTCOME_COUNT] = { 0 };

  cells_count (grid->cells, grid->cell_count, counts);
  printf ("\n%zu %s, %zu %s:", grid->row_count, plural (grid->row_count, "case", "cases"), grid->cell_count,
          plural (grid->cell_count, "cell", "cells"));
  for (int i = 0; i < CASE_OUTCOME_COUNT; i++)
    printf (" %zu %s,", counts[i], case_outcomes[i].word);
  printf (" in %.0f s\n", grid->seconds);
}

void
corpus_print_begin (const struct grid *grid)
{
  printf ("%zu %s, %zu %s to run\n", grid->row_count, plural (grid->row_count, "case", "cases"),
          grid->job_count, plural (grid->job_count, "cell", "cells"));
  fflush (stdout);
}

void
corpus_print_environment (const struct grid *grid, const struct cell *first)
{
  CLEANUP_FREE char *environment = environment_describe (first->environment);
  size_t counts[CASE_OUTCOME_COUNT] = { 0 };
  const char *separator = ":";

  cells_count (first, grid->row_count, counts);
  fputs (environment ? environment : "", stdout);
  for (int i = 0; i < CASE_OUTCOME_COUNT; i++)
    if (counts[i] > 0) {
      printf ("%s %zu %s", separator, counts[i], case_outcomes[i].word);
      separator = ",";
    }
  putchar ('\n');
  fflush (stdout);
}

void
corpus_print_end (const struct grid *grid)
{
  struct remarks remarks = { NULL, 0 };
  int r = 0;

  print_table (grid);
  for (size_t i = 0; i < grid->cell_count && r == 0; i++)
    r = add_cell (&remarks, &grid->cells[i]);
  if (remarks.count > 0) {
    qsort (remarks.list, remarks.count, sizeof *remarks.list, compare_remarks);
    print_remarks (&remarks);
  }
  print_totals (grid);
  for (size_t i = 0; i < remarks.count; i++)
    free (remarks.list[i].cause);
  free (remarks.list);
}

static void
add_text_or_null (cJSON *object, const char *name, const char *text)
{
  CLEANUP_FREE char *safe = text ? safe_text (text) : NULL;

  cJSON_AddItemToObject (object, name, safe ? cJSON_CreateString (safe) : cJSON_CreateNull ());
}

void
corpus_describe_cell (const struct cell *cell, cJSON *object)
{
  const struct corpus_case *corpus_case = cell->row;
  const struct case_failure *failure = corpus_cell_failure (cell);

  add_text_or_null (object, "case", corpus_case->name);
  add_text_or_null (object, "title", corpus_case->title);
  add_text_or_null (object, "origin", corpus_case->origin);
  add_text_or_null (object, "reference", corpus_case->reference);
  cJSON_AddStringToObject (object, "filesystem", cell->environment->filesystem);
  cJSON_AddStringToObject (object, "kernel", cell->environment->kernel->release);
  cJSON_AddStringToObject (object, "expected", failure ? "fail" : "pass");
  add_text_or_null (object, "why", failure ? failure->why : NULL);
}
