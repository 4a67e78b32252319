/* SPDX-License-Identifier: BSD-3-Clause */
/* What the JSON says of a corpus. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cause.h"
#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/corpus/remarks.h"
#include "batch/result.h"
#include "common/cleanup.h"
#include "common/printable.h"

static void
add_text_or_null (cJSON *object, const char *name, const char *text)
{
  CLEANUP_FREE char *safe = text ? safe_text (text) : NULL;

  cJSON_AddItemToObject (object, name, safe ? cJSON_CreateString (safe) : cJSON_CreateNull ());
}

/* Where CELL is. */
static void
add_place (cJSON *object, const struct cell *cell)
{
  const struct environment *environment = cell->environment;

  cJSON_AddStringToObject (object, "filesystem", environment->filesystem);
  cJSON_AddStringToObject (object, "mount", environment->mount_options);
  cJSON_AddStringToObject (object, "kernel", environment->kernel->release);
}

/* The cells of the remarks from FIRST up to END, which say the same. */
static void
add_cells (cJSON *object, const struct remark *first, const struct remark *end)
{
  cJSON *list = cJSON_AddArrayToObject (object, "cells");

  for (; first < end; first = remarks_next_cell (first, end)) {
    const struct corpus_case *corpus_case = first->cell->row;
    cJSON *place = cJSON_CreateObject ();

    add_text_or_null (place, "case", corpus_case->name);
    add_place (place, first->cell);
    cJSON_AddItemToArray (list, place);
  }
}

/* The parts of the cause of REMARK, and an example. */
static void
describe_cause (cJSON *object, const struct remark *remark)
{
  struct cause cause;
  cJSON *lost;

  if (cause_read (&cause, remark->violation, remark->cell->environment->filesystem) == 0) {
    add_text_or_null (object, "filesystem", cause.filesystem);
    add_text_or_null (object, "kind", cause.kind);
    add_text_or_null (object, "rule", cause.rule);
    add_text_or_null (object, "operation", cause.operation);
    lost = cJSON_AddArrayToObject (object, "lost");
    for (size_t i = 0; i < cause.lost_count; i++) {
      CLEANUP_FREE char *safe = safe_text (cause.lost[i]);

      cJSON_AddItemToArray (lost, cJSON_CreateString (safe ? safe : ""));
    }
  }
  cause_free (&cause);
  add_text_or_null (object, "detail", result_text (remark->violation, "detail"));
}

/* How many cells have each outcome. */
static void
add_counts (const struct grid *grid, cJSON *object)
{
  const struct corpus *corpus = grid->data;
  cJSON *outcomes = cJSON_AddObjectToObject (object, "outcomes");
  size_t counts[CASE_OUTCOME_COUNT] = { 0 };

  cells_count (grid->cells, grid->cell_count, counts);
  counts[CASE_PASS] += corpus->swept_passes;
  cJSON_AddNumberToObject (object, "cases", (double) (grid->row_count + corpus->swept));
  for (size_t i = 0; i < CASE_OUTCOME_COUNT; i++)
    cJSON_AddNumberToObject (outcomes, case_outcomes[i].word, (double) counts[i]);
}

/* Why cells fail: what is not expected, and what is known. */
static void
describe_causes (const struct grid *grid, cJSON *object)
{
  cJSON *causes = cJSON_AddArrayToObject (object, "causes"), *known = cJSON_AddArrayToObject (object, "known");
  const struct remark *end;
  struct remarks remarks;

  remarks_make (grid, &remarks);
  for (const struct remark *remark = remarks.list; remark < remarks.list + remarks.count; remark = end) {
    const bool is_known = remark->cell->outcome == CASE_KNOWN;
    cJSON *told;

    end = remarks_end (&remarks, remark);
    if (!is_known && remark->violation == NULL)
      continue;
    told = cJSON_CreateObject ();
    add_text_or_null (told, is_known ? "why" : "cause", remark->about);
    if (!is_known)
      describe_cause (told, remark);
    add_cells (told, remark, end);
    cJSON_AddItemToArray (is_known ? known : causes, told);
  }
  remarks_free (&remarks);
}

void
corpus_describe_all (const struct grid *grid, cJSON *object)
{
  add_counts (grid, object);
  describe_causes (grid, object);
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
  add_place (object, cell);
  cJSON_AddStringToObject (object, "expected", failure ? "fail" : "pass");
  add_text_or_null (object, "why", failure ? failure->why : NULL);
}
