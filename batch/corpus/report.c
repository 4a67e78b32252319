/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/corpus/remarks.h"
#include "batch/result.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/plural.h"

#define CELL_WIDTH 6            /* of the table, with the blank after it */
#define NAMES_MAX 12            /* cases that are named in one line */

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

/* The cases of the remarks from FIRST up to END, which say the same; a line for each environment. */
static void
print_cases (const struct remark *first, const struct remark *end)
{
  const struct environment *environment = NULL;
  size_t names = 0;

  for (; first < end; first = remarks_next_cell (first, end)) {
    const struct cell *cell = first->cell;
    const struct corpus_case *corpus_case = cell->row;

    if (cell->environment != environment) {
      CLEANUP_FREE char *described = environment_describe (cell->environment);

      print_more (names);
      printf ("%s    %s:", environment ? "\n" : "", described ? described : "");
      environment = cell->environment;
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

/* What the first of the cells with one cause has shown, and how to see it again. */
static void
print_example (const struct remark *remark)
{
  fputs ("    first: ", stdout);
  print_safe_text (result_text (remark->violation, "detail"), stdout);
  putchar ('\n');
  print_command (remark->cell);
}

static void
print_remarks (const struct remarks *remarks)
{
  static const char *const headings[] = {
    [CASE_FAIL] = "FAIL: not expected", [CASE_FIXED] = "FIXED: expected to fail, and did not",
    [CASE_ERROR] = "error: not measured", [CASE_KNOWN] = "known: fails as expected", [CASE_NOT_APPLICABLE] = "n/a",
  };
  const struct remark *end;

  for (const struct remark *remark = remarks->list; remark < remarks->list + remarks->count; remark = end) {
    if (remarks_begin_outcome (remarks, remark))
      printf ("\n%s\n", headings[remark->cell->outcome]);
    fputs ("  ", stdout);
    print_safe_text (remark->about, stdout);
    putchar ('\n');
    end = remarks_end (remarks, remark);
    print_cases (remark, end);
    if (remark->violation)
      print_example (remark);
  }
}

/* The causes of failures, with how many cells have each. */
static void
print_causes (const struct remarks *remarks)
{
  const struct remark *end;

  for (const struct remark *remark = remarks->list;
       remark < remarks->list + remarks->count && remark->violation; remark = end) {
    if (remark == remarks->list)
      puts ("\ncells  cause of failure");
    printf ("%5zu  ", remark->cell_count);
    print_safe_text (remark->about, stdout);
    putchar ('\n');
    end = remarks_end (remarks, remark);
  }
}

static void
print_totals (const struct grid *grid)
{
  const struct corpus *corpus = grid->data;
  const size_t cases = grid->row_count + corpus->swept, cells = grid->cell_count + corpus->swept_passes;
  size_t counts[CASE_OUTCOME_COUNT] = { 0 };

  cells_count (grid->cells, grid->cell_count, counts);
  counts[CASE_PASS] += corpus->swept_passes;
  printf ("\n%zu %s, %zu %s:", cases, plural (cases, "case", "cases"), cells, plural (cells, "cell", "cells"));
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
  struct remarks remarks;

  if (remarks_make (grid, &remarks) == 0)
    print_causes (&remarks);
  if (grid->row_count > 0)      /* of a stream there are too many */
    print_table (grid);
  print_remarks (&remarks);
  print_totals (grid);
  remarks_free (&remarks);
}
