/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/matrix/report.h"
#include "batch/matrix/verdict.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "replay/report/json.h"

static void
print_text (const char *text)
{
  if (text)
    print_safely (text, strlen (text), stdout);
}

void
matrix_print_cell (const struct matrix *matrix, const struct cell *cell)
{
  size_t number = (size_t) (cell - matrix->cells);
  struct verdict verdict;

  verdict_make (&verdict, cell);
  if (number % matrix->protocol_count == 0) {
    CLEANUP_FREE char *environment = environment_describe (cell->environment);

    fputs (number ? "\n" : "", stdout);
    print_text (environment);
    printf ("\n%-18s %-6s %-7s %-12s %13s %-10s %6s %7s\n", "protocol", "atomic", "durable", "leftovers", "states", "exhaustive",
            "runs", "time");
  }
  if (cell->outcome == CELL_DONE)
    printf ("%-18s %-6s %-7s %-12s %13s %-10s %6s %5.1f s\n", cell->protocol->name, verdict.atomic, verdict.durable,
            verdict.leftovers ? verdict.leftovers : "", verdict.states, verdict.exhaustive, verdict.runs, cell->seconds);
  else {
    printf ("%-18s ", cell->protocol->name);
    print_text (verdict.wrong);
    putchar ('\n');
  }
  fflush (stdout);
  verdict_free (&verdict);
}

void
matrix_print_end (const struct matrix *matrix)
{
  CLEANUP_FREE char *counts = matrix_describe_counts (matrix);
  const char *heading = "\nWhat was wrong:\n";

  for (size_t i = 0; i < matrix->cell_count; i++) {
    const struct cell *cell = &matrix->cells[i];
    CLEANUP_FREE char *environment = environment_describe (cell->environment);
    struct verdict verdict;

    verdict_make (&verdict, cell);
    if (cell->outcome == CELL_DONE && verdict.wrong && *verdict.wrong) {
      printf ("%s%s, ", heading, cell->protocol->name);
      print_text (environment);
      fputs (":\n    ", stdout);
      print_text (verdict.wrong);
      putchar ('\n');
      heading = "";
    }
    verdict_free (&verdict);
  }
  printf ("\n%s\n", counts ? counts : "");
}

/* The object of one cell. */
static cJSON *
make_cell_json (const struct cell *cell)
{
  static const char *const outcomes[] = {
    [CELL_DONE] = "measured", [CELL_NOT_SUPPORTED] = "not supported", [CELL_FAILED] = "failed"
  };
  cJSON *object = cJSON_CreateObject (), *result;

  cJSON_AddStringToObject (object, "protocol", cell->protocol->name);
  cJSON_AddStringToObject (object, "filesystem", cell->environment->filesystem);
  cJSON_AddStringToObject (object, "mount", cell->environment->mount_options);
  cJSON_AddStringToObject (object, "kernel", cell->environment->release);
  cJSON_AddStringToObject (object, "outcome", outcomes[cell->outcome]);
  cJSON_AddItemToObject (object, "reason", cell->reason ? cJSON_CreateString (cell->reason) : cJSON_CreateNull ());
  cJSON_AddNumberToObject (object, "seconds", cell->seconds);
  result = cell->result ? cJSON_Duplicate (cell->result, true) : cJSON_CreateNull ();
  /* The log is gone, and the numbers of its events with it. */
  cJSON_DeleteItemFromObjectCaseSensitive (result, "log");
  cJSON_DeleteItemFromObjectCaseSensitive (result, "points");
  cJSON_AddItemToObject (object, "result", result);
  return object;
}

char *
matrix_make_json (const struct matrix *matrix)
{
  cJSON *object = cJSON_CreateObject (), *list;
  char *text;

  cJSON_AddStringToObject (object, "command", matrix->command);
  cJSON_AddStringToObject (object, "powercut", PACKAGE_VERSION);
  cJSON_AddNumberToObject (object, "seconds", matrix->seconds);
  list = cJSON_AddArrayToObject (object, "protocols");
  for (size_t i = 0; i < matrix->protocol_count; i++) {
    cJSON *protocol = cJSON_CreateObject ();

    cJSON_AddStringToObject (protocol, "name", matrix->protocols[i].name);
    cJSON_AddStringToObject (protocol, "what", matrix->protocols[i].what);
    cJSON_AddItemToArray (list, protocol);
  }
  list = cJSON_AddArrayToObject (object, "cells");
  for (size_t i = 0; i < matrix->cell_count; i++)
    cJSON_AddItemToArray (list, make_cell_json (&matrix->cells[i]));
  text = json_print (object, true);
  cJSON_Delete (object);
  if (text == NULL)
    error_message ("out of memory");
  return text;
}
