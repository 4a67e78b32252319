/* SPDX-License-Identifier: BSD-3-Clause */
/* What the reports of all grids have in common. */
#include <config.h>

#include <stdlib.h>

#include "batch/grid.h"
#include "common/message.h"
#include "replay/report/json-text.h"

const cJSON *
cell_result (const struct cell *cell)
{
  return cell->job ? cell->job->result : NULL;
}

double
cell_seconds (const struct cell *cell)
{
  return cell->job ? cell->job->seconds : 0;
}

const char *
cell_word (const struct grid *grid, const struct cell *cell)
{
  return grid->kind->outcomes[cell->outcome].word;
}

void
cells_count (const struct cell *cells, size_t count, size_t *counts)
{
  for (size_t i = 0; i < count; i++)
    counts[cells[i].outcome]++;
}

/* Delete NAME from each object in LIST, which may be NULL. */
static void
delete_from_each (cJSON *list, const char *name)
{
  cJSON *object;

  cJSON_ArrayForEach (object, list)
    cJSON_DeleteItemFromObjectCaseSensitive (object, name);
}

static cJSON *
make_cell (const struct grid *grid, const struct cell *cell)
{
  const cJSON *found = cell_result (cell);
  cJSON *object = cJSON_CreateObject (), *result;

  grid->kind->describe_cell (cell, object);
  cJSON_AddStringToObject (object, "outcome", cell_word (grid, cell));
  cJSON_AddItemToObject (object, "reason", cell->reason ? cJSON_CreateString (cell->reason) : cJSON_CreateNull ());
  cJSON_AddNumberToObject (object, "seconds", cell_seconds (cell));
  result = found ? cJSON_Duplicate (found, true) : cJSON_CreateNull ();
  /* The logs are gone, and the numbers of their events with them. */
  cJSON_DeleteItemFromObjectCaseSensitive (result, "log");
  delete_from_each (cJSON_GetObjectItemCaseSensitive (result, "schedules"), "log");
  delete_from_each (cJSON_GetObjectItemCaseSensitive (result, "violations"), "log");
  cJSON_DeleteItemFromObjectCaseSensitive (result, "points");
  cJSON_AddItemToObject (object, "result", result);
  return object;
}

char *
grid_make_json (const struct grid *grid)
{
  cJSON *object = cJSON_CreateObject (), *list;
  char *text;

  cJSON_AddStringToObject (object, "command", grid->request->command);
  cJSON_AddStringToObject (object, "powercut", PACKAGE_VERSION);
  cJSON_AddNumberToObject (object, "seconds", grid->seconds);
  if (grid->kind->describe_rows)
    grid->kind->describe_rows (grid, object);
  list = cJSON_AddArrayToObject (object, "cells");
  for (size_t i = 0; i < grid->cell_count; i++)
    cJSON_AddItemToArray (list, make_cell (grid, &grid->cells[i]));
  text = json_print (object, true);
  cJSON_Delete (object);
  if (text == NULL)
    out_of_memory ();
  return text;
}
