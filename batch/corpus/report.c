/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/corpus.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "replay/report/json.h"

#define CELL_WIDTH 6            /* of the table, with the blank behind it */
#define NAMES_MAX 12            /* cases that are named in one line */

/* Something to say about a cell.  Entries of one outcome with the same cause are told together. */
struct entry {
  const struct case_cell *cell;
  char *cause;                  /* to free */
  const char *text;             /* what is told: for violations the detail of the first one */
  const char *kind;             /* of a violation, else NULL */
};

struct entries {
  struct entry *list;
  size_t count;
};

static void
print_text (const char *text)
{
  print_safely (text, strlen (text), stdout);
}

static const struct case_cell *
find_cell (const struct corpus *corpus, size_t environment, size_t number)
{
  return &corpus->cells[environment * corpus->case_count + number];
}

/* Does the column NUMBER begin another kernel's? */
static bool
begins_kernel (const struct corpus *corpus, size_t number)
{
  return number == 0 || corpus->environments[number].release != corpus->environments[number - 1].release;
}

/* The blanks before column NUMBER, whose last kernel's columns may be narrower than its release. */
static int
indent_of (const struct corpus *corpus, size_t number)
{
  size_t first = number;
  int width;

  if (number == 0 || !begins_kernel (corpus, number))
    return 1;
  while (!begins_kernel (corpus, --first))
    ;
  width = (int) strlen (corpus->environments[first].release) - (int) (number - first) * CELL_WIDTH + 1;
  return width < 0 ? 2 : width + 2;
}

/* Two lines: each kernel once, and below it the file systems. */
static void
print_heading (const struct corpus *corpus, int name_width)
{
  int column = name_width, missing;

  printf ("%-*s", name_width, "case");
  for (size_t i = 0, used = (size_t) name_width; i < corpus->environment_count; i++, column += CELL_WIDTH - 1) {
    column += indent_of (corpus, i);
    if (!begins_kernel (corpus, i))
      continue;
    missing = column - (int) used;
    used += (size_t) printf ("%*s%s", missing, "", corpus->environments[i].release);
  }
  printf ("\n%*s", name_width, "");
  for (size_t i = 0; i < corpus->environment_count; i++)
    printf ("%*s%-*.*s", indent_of (corpus, i), "", CELL_WIDTH - 1, CELL_WIDTH - 1, corpus->environments[i].filesystem);
  putchar ('\n');
}

static void
print_table (const struct corpus *corpus)
{
  int name_width = 4;

  for (size_t i = 0; i < corpus->case_count; i++)
    if ((int) strlen (corpus->cases[i].name) > name_width)
      name_width = (int) strlen (corpus->cases[i].name);
  putchar ('\n');
  print_heading (corpus, name_width);
  for (size_t i = 0; i < corpus->case_count; i++) {
    CLEANUP_FREE char *name = safe_text (corpus->cases[i].name);

    printf ("%-*s", name_width, name ? name : "");
    for (size_t j = 0; j < corpus->environment_count; j++)
      printf ("%*s%-*s", indent_of (corpus, j), "", CELL_WIDTH - 1, outcome_word (find_cell (corpus, j, i)->outcome));
    putchar ('\n');
  }
}

/* CAUSE is taken over. */
static int
add_entry (struct entries *entries, const struct case_cell *cell, char *cause, const char *text, const char *kind)
{
  struct entry *larger = reallocarray (entries->list, entries->count + 1, sizeof *larger);

  if (larger)
    entries->list = larger;
  if (larger == NULL || cause == NULL) {
    free (cause);
    return out_of_memory ();
  }
  entries->list[entries->count++] = (struct entry) { cell, cause, text, kind };
  return 0;
}

/* Of a cell that fails, the violations that are not expected. */
static int
add_violations (struct entries *entries, const struct case_cell *cell)
{
  const cJSON *violation;

  cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (cell->job->result, "violations"))
    if (violation_counts (violation) && !violation_is_expected (violation, cell->failure)
        && add_entry (entries, cell, violation_cause (violation), json_text (violation, "detail"),
                      json_text (violation, "kind")) == -1)
      return -1;
  return 0;
}

static int
add_cell (struct entries *entries, const struct case_cell *cell)
{
  switch (cell->outcome) {
  case OUTCOME_PASS:
    return 0;
  case OUTCOME_FAIL:
    return add_violations (entries, cell);
  case OUTCOME_KNOWN:
  case OUTCOME_FIXED:
    return add_entry (entries, cell, strdup (cell->failure->why), cell->failure->why, NULL);
  default:
    return add_entry (entries, cell, strdup (cell->reason ? cell->reason : ""), cell->reason ? cell->reason : "", NULL);
  }
}

/* By outcome, as they are to be told, then by cause, then as they are in the table. */
static int
compare_entries (const void *left, const void *right)
{
  static const int order[] = {
    [OUTCOME_FAIL] = 0, [OUTCOME_FIXED] = 1, [OUTCOME_ERROR] = 2, [OUTCOME_KNOWN] = 3, [OUTCOME_NOT_APPLICABLE] = 4
  };
  const struct entry *a = left, *b = right;
  int r = order[a->cell->outcome] - order[b->cell->outcome];

  if (r == 0)
    r = strcmp (a->cause, b->cause);
  return r ? r : (a->cell > b->cell) - (a->cell < b->cell);
}

static bool
is_same (const struct entry *a, const struct entry *b)
{
  return a->cell->outcome == b->cell->outcome && strcmp (a->cause, b->cause) == 0;
}

/* The command that does CELL alone. */
static void
print_command (const struct case_cell *cell)
{
  fputs (cell->job->log ? "    again: powercut replay" : "    again: powercut run", stdout);
  for (const char *const *word = cell->job->words; *word; word++) {
    putchar (' ');
    print_shell_word (*word, stdout);
  }
  if (cell->job->log)
    printf (" LOG (unpack %s)", cell->corpus_case->log);
  putchar ('\n');
}

/* The cases of the entries from FIRST up to END, which have one cause; a line for each environment. */
static void
print_cases (const struct entry *first, const struct entry *end)
{
  const struct case_environment *environment = NULL;
  const struct case_cell *before = NULL;
  size_t names = 0;

  for (; first < end; before = first++->cell) {
    if (first->cell == before)
      continue;                 /* two violations of one cause */
    if (first->cell->environment != environment) {
      if (names > NAMES_MAX)
        printf (" and %zu more", names - NAMES_MAX);
      environment = first->cell->environment;
      printf ("%s    %s, kernel %s:", before ? "\n" : "", environment->filesystem, environment->release);
      names = 0;
    }
    if (++names <= NAMES_MAX) {
      putchar (' ');
      print_text (first->cell->corpus_case->name);
    }
  }
  if (names > NAMES_MAX)
    printf (" and %zu more", names - NAMES_MAX);
  putchar ('\n');
}

static void
print_entries (const struct entries *entries)
{
  static const char *const headings[] = {
    [OUTCOME_FAIL] = "FAIL: not expected", [OUTCOME_FIXED] = "FIXED: expected to fail, and did not",
    [OUTCOME_ERROR] = "error: not measured", [OUTCOME_KNOWN] = "known: fails as expected", [OUTCOME_NOT_APPLICABLE] = "n/a",
  };
  const struct entry *end = entries->list + entries->count, *next;

  for (const struct entry *entry = entries->list; entry < end; entry = next) {
    enum case_outcome outcome = entry->cell->outcome;

    if (entry == entries->list || entry[-1].cell->outcome != outcome)
      printf ("\n%s\n", headings[outcome]);
    for (next = entry + 1; next < end && is_same (entry, next);)
      next++;
    printf ("  %s%s", entry->kind ? entry->kind : "", entry->kind ? ": " : "");
    print_text (entry->text);
    putchar ('\n');
    print_cases (entry, next);
    if (outcome == OUTCOME_FAIL)
      print_command (entry->cell);
  }
}

static void
print_totals (const struct corpus *corpus)
{
  size_t counts[OUTCOME_COUNT] = { 0 };

  for (size_t i = 0; i < corpus->cell_count; i++)
    counts[corpus->cells[i].outcome]++;
  printf ("\n%zu %s, %zu %s:", corpus->case_count, plural (corpus->case_count, "case", "cases"), corpus->cell_count,
          plural (corpus->cell_count, "cell", "cells"));
  for (int i = 0; i < OUTCOME_COUNT; i++)
    printf (" %zu %s,", counts[i], outcome_word ((enum case_outcome) i));
  printf (" in %.0f s\n", corpus->seconds);
}

void
corpus_print (const struct corpus *corpus)
{
  struct entries entries = { NULL, 0 };
  int r = 0;

  print_table (corpus);
  for (size_t i = 0; i < corpus->cell_count && r == 0; i++)
    r = add_cell (&entries, &corpus->cells[i]);
  if (entries.count > 0) {
    qsort (entries.list, entries.count, sizeof *entries.list, compare_entries);
    print_entries (&entries);
  }
  print_totals (corpus);
  for (size_t i = 0; i < entries.count; i++)
    free (entries.list[i].cause);
  free (entries.list);
}

static void
add_text_or_null (cJSON *object, const char *name, const char *text)
{
  CLEANUP_FREE char *safe = text ? safe_text (text) : NULL;

  cJSON_AddItemToObject (object, name, safe ? cJSON_CreateString (safe) : cJSON_CreateNull ());
}

static cJSON *
make_cell (const struct case_cell *cell)
{
  cJSON *object = cJSON_CreateObject (), *result;

  add_text_or_null (object, "case", cell->corpus_case->name);
  add_text_or_null (object, "title", cell->corpus_case->title);
  add_text_or_null (object, "origin", cell->corpus_case->origin);
  add_text_or_null (object, "reference", cell->corpus_case->reference);
  cJSON_AddStringToObject (object, "filesystem", cell->environment->filesystem);
  cJSON_AddStringToObject (object, "kernel", cell->environment->release);
  cJSON_AddStringToObject (object, "expected", cell->failure ? "fail" : "pass");
  add_text_or_null (object, "why", cell->failure ? cell->failure->why : NULL);
  cJSON_AddStringToObject (object, "outcome", outcome_word (cell->outcome));
  add_text_or_null (object, "reason", cell->reason);
  cJSON_AddNumberToObject (object, "seconds", cell->job ? cell->job->seconds : 0);
  result = cell->job && cell->job->result ? cJSON_Duplicate (cell->job->result, true) : cJSON_CreateNull ();
  /* The log is gone, and the numbers of its events with it. */
  cJSON_DeleteItemFromObjectCaseSensitive (result, "log");
  cJSON_DeleteItemFromObjectCaseSensitive (result, "points");
  cJSON_AddItemToObject (object, "result", result);
  return object;
}

char *
corpus_make_json (const struct corpus *corpus)
{
  cJSON *object = cJSON_CreateObject (), *list;
  char *text;

  add_text_or_null (object, "command", corpus->command);
  cJSON_AddStringToObject (object, "powercut", PACKAGE_VERSION);
  cJSON_AddNumberToObject (object, "seconds", corpus->seconds);
  list = cJSON_AddArrayToObject (object, "cells");
  for (size_t i = 0; i < corpus->cell_count; i++)
    cJSON_AddItemToArray (list, make_cell (&corpus->cells[i]));
  text = json_print (object, true);
  cJSON_Delete (object);
  if (text == NULL)
    error_message ("out of memory");
  return text;
}
