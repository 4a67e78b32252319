/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/matrix/cell-summary.h"
#include "batch/result.h"
#include "checker/violation.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/plural.h"

#define DIGITS_MAX 12           /* of a number of states that is written out */

static const char *
yes_or_no (const cJSON *result, const char *name)
{
  const cJSON *value = cJSON_GetObjectItemCaseSensitive (result, name);

  return cJSON_IsTrue (value) ? "yes" : cJSON_IsFalse (value) ? "NO" : "-";
}

/* A number of many digits as a power of ten. */
static void
shorten (const char *digits, char *text)
{
  size_t length = strlen (digits);

  if (length <= DIGITS_MAX)
    snprintf (text, VERDICT_NUMBER_MAX, "%s", digits);
  else
    snprintf (text, VERDICT_NUMBER_MAX, "%.1s.%.1se%zu", digits, digits + 1, length - 1);
}

/* The names of a report's leftovers. */
static void
write_leftovers (const cJSON *result, FILE *file)
{
  const cJSON *leftover;
  const char *separator = "";

  cJSON_ArrayForEach (leftover, cJSON_GetObjectItemCaseSensitive (result, "leftovers")) {
    const char *name = cJSON_GetStringValue (leftover);

    fprintf (file, "%s%s", separator, name ? name : "");
    separator = " ";
  }
  if (*separator == '\0')
    putc ('-', file);
}

static void
write_violations (const cJSON *result, FILE *file)
{
  const bool several = cJSON_GetArraySize (cJSON_GetObjectItemCaseSensitive (result, "schedules")) > 1;
  const cJSON *violation;
  const char *separator = "";

  cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (result, "violations")) {
    char states[VERDICT_NUMBER_MAX];
    const char *digits = result_text (violation, "states");

    shorten (digits, states);
    fprintf (file, "%s%s after %s in %s state%s%s%s: %s%s", separator, result_text (violation, "kind"),
             result_text (violation, "after"), states, plural_of_digits (digits, "", "s"),
             several ? " under " : "", several ? result_text (violation, "schedule") : "",
             result_text (violation, "detail"),
             cJSON_IsFalse (cJSON_GetObjectItemCaseSensitive (violation, "repeated")) ? " (not seen again)" : "");
    separator = "; ";
  }
}

/* Is there a violation besides those of the two verdicts, such as a file system that cannot be mounted? */
static bool
has_other_violation (const cJSON *result)
{
  const cJSON *violation;

  cJSON_ArrayForEach (violation, cJSON_GetObjectItemCaseSensitive (result, "violations")) {
    const char *name = result_text (violation, "kind");
    enum violation kind = violation_find (name, strlen (name));

    if (violation_counts (violation) && kind != VIOLATION_ATOMICITY && kind != VIOLATION_DURABILITY)
      return true;
  }
  return false;
}

/* What WRITE writes about RESULT, safe to print, to free, or NULL. */
static char *
text_from (const cJSON *result, void (*write) (const cJSON *result, FILE *file))
{
  CLEANUP_FREE char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file == NULL)
    return NULL;
  write (result, file);
  return fclose (file) == 0 ? safe_text (text) : NULL;
}

static void
sum_up (const struct cell *cell, struct update_verdict *verdict)
{
  static const char *const summaries[] = { "neither", "durable", "atomic", "atomic, durable" };
  static const char *const classes[] = { "bad", "half", "half", "good" };
  size_t which = (strcmp (verdict->atomic, "yes") == 0) * 2u + (strcmp (verdict->durable, "yes") == 0);

  if (cell->outcome != UPDATE_MEASURED) {
    verdict->summary = cell->outcome == UPDATE_FAILED ? "failed" : "not supported";
    verdict->class = cell->outcome == UPDATE_FAILED ? "bad" : "none";
  } else if (has_other_violation (cell_result (cell))) {
    verdict->summary = "broken";
    verdict->class = "bad";
  } else if (which == 3 && strcmp (verdict->exhaustive, "yes") != 0) {
    verdict->summary = "atomic, durable so far";
    verdict->class = "half";
  } else {
    verdict->summary = summaries[which];
    verdict->class = classes[which];
  }
}

void
update_verdict_make (struct update_verdict *verdict, const struct cell *cell)
{
  const cJSON *result = cell_result (cell);

  *verdict = (struct update_verdict) {
    .atomic = yes_or_no (result, "atomic"), .durable = yes_or_no (result, "durable"),
    .exhaustive = yes_or_no (result, "exhaustive"), .leftovers = text_from (result, write_leftovers),
    .wrong = cell->outcome == UPDATE_MEASURED ? text_from (result, write_violations) : NULL,
  };
  shorten (result_text (result, "crash_states"), verdict->states);
  if (result)
    snprintf (verdict->runs, sizeof verdict->runs, "%.0f",
              cJSON_GetNumberValue (cJSON_GetObjectItemCaseSensitive (result, "runs")));
  sum_up (cell, verdict);
  if (cell->outcome != UPDATE_MEASURED
      && asprintf (&verdict->wrong, "%s: %s", verdict->summary, cell->reason ? cell->reason : "") == -1)
    verdict->wrong = NULL;
}

void
update_verdict_free (struct update_verdict *verdict)
{
  free (verdict->leftovers);
  free (verdict->wrong);
}

char *
matrix_describe_counts (const struct grid *grid)
{
  size_t counts[UPDATE_OUTCOME_COUNT] = { 0 };
  char *text;

  cells_count (grid->cells, grid->cell_count, counts);
  if (asprintf (&text, "%zu %s: %zu measured, %zu not supported, %zu failed; %.0f s", grid->cell_count,
                plural (grid->cell_count, "cell", "cells"), counts[UPDATE_MEASURED], counts[UPDATE_NOT_SUPPORTED],
                counts[UPDATE_FAILED], grid->seconds) == -1)
    return NULL;
  return text;
}
