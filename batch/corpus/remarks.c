/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cause.h"
#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/corpus/remarks.h"
#include "batch/result.h"
#include "common/array.h"
#include "common/message.h"
#include "common/text.h"

/* ABOUT is taken over, and may be NULL after a message. */
static int
add_remark (struct remarks *remarks, const struct cell *cell, const cJSON *violation, char *about)
{
  struct remark *remark = about ? array_add (remarks->list, remarks->count) : NULL;

  if (remark == NULL) {
    free (about);
    return about ? out_of_memory () : -1;
  }
  *remark = (struct remark) { cell, violation, about, 0 };
  return 0;
}

const cJSON *
remarks_violation (const struct cell *cell, const cJSON *after)
{
  const cJSON *violation = after ? after->next : NULL;

  if (after == NULL) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive (cell_result (cell), "violations");

    violation = list ? list->child : NULL;
  }
  while (violation && (!violation_counts (violation) || violation_is_expected (violation, corpus_cell_failure (cell))))
    violation = violation->next;
  return violation;
}

/* Of a cell that fails, the violations that are not expected. */
static int
add_violations (struct remarks *remarks, const struct cell *cell)
{
  const cJSON *violation = NULL;

  while ((violation = remarks_violation (cell, violation)) != NULL)
    if (add_remark (remarks, cell, violation, cause_of (violation, cell->environment->filesystem)) == -1)
      return -1;
  return 0;
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
    return add_remark (remarks, cell, NULL, text_format ("%s", corpus_cell_failure (cell)->why));
  default:
    return add_remark (remarks, cell, NULL, text_format ("%s", cell->reason ? cell->reason : ""));
  }
}

/* By outcome, by how many cells there are, by what is said, then as they are in the table. */
static int
compare_remarks (const void *left, const void *right)
{
  static const int order[] = {
    [CASE_FAIL] = 0, [CASE_FIXED] = 1, [CASE_ERROR] = 2, [CASE_KNOWN] = 3, [CASE_NOT_APPLICABLE] = 4
  };
  const struct remark *a = left, *b = right;
  int r = order[a->cell->outcome] - order[b->cell->outcome];

  if (r == 0)
    r = (a->cell_count < b->cell_count) - (a->cell_count > b->cell_count);
  if (r == 0)
    r = strcmp (a->about, b->about);
  return r ? r : (a->cell > b->cell) - (a->cell < b->cell);
}

static void
count_cells (struct remarks *remarks)
{
  const struct remark *end;

  for (struct remark *first = remarks->list; first < remarks->list + remarks->count;
       first = remarks->list + (end - remarks->list)) {
    size_t count = 0;

    end = remarks_end (remarks, first);
    for (const struct remark *at = first; at < end; at = remarks_next_cell (at, end))
      count++;
    for (struct remark *at = first; at < end; at++)
      at->cell_count = count;
  }
}

int
remarks_make (const struct grid *grid, struct remarks *remarks)
{
  *remarks = (struct remarks) { NULL, 0 };
  for (size_t i = 0; i < grid->cell_count; i++)
    if (add_cell (remarks, &grid->cells[i]) == -1) {
      remarks_free (remarks);
      return -1;
    }
  if (remarks->count == 0)
    return 0;
  qsort (remarks->list, remarks->count, sizeof *remarks->list, compare_remarks);
  count_cells (remarks);
  qsort (remarks->list, remarks->count, sizeof *remarks->list, compare_remarks);
  return 0;
}

static void
free_remark (struct remark *remark)
{
  free (remark->about);
}

void
remarks_free (struct remarks *remarks)
{
  array_free (remarks->list, remarks->count, free_remark);
}

const struct remark *
remarks_end (const struct remarks *remarks, const struct remark *remark)
{
  const struct remark *end = remark;

  while (end < remarks->list + remarks->count && end->cell->outcome == remark->cell->outcome
         && strcmp (end->about, remark->about) == 0)
    end++;
  return end;
}

bool
remarks_begin_outcome (const struct remarks *remarks, const struct remark *remark)
{
  return remark == remarks->list || remark[-1].cell->outcome != remark->cell->outcome;
}

const struct remark *
remarks_next_cell (const struct remark *remark, const struct remark *end)
{
  const struct remark *next = remark;

  while (next < end && next->cell == remark->cell)
    next++;
  return next;
}
