/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "batch/matrix/cell-summary.h"
#include "batch/matrix/matrix.h"
#include "common/cleanup.h"
#include "common/printable.h"

void
matrix_print_cell (const struct grid *grid, const struct cell *cell)
{
  const struct protocol *protocol = cell->row;
  const size_t number = (size_t) (cell - grid->cells);
  struct update_verdict verdict;

  update_verdict_make (&verdict, cell);
  if (number % grid->row_count == 0) {
    CLEANUP_FREE char *environment = environment_describe (cell->environment);

    fputs (number ? "\n" : "", stdout);
    print_safe_text (environment ? environment : "", stdout);
    printf ("\n%-18s %-6s %-7s %-12s %13s %-10s %6s %7s\n", "protocol", "atomic", "durable", "leftovers", "states",
            "exhaustive", "runs", "time");
  }
  if (cell->outcome == UPDATE_MEASURED)
    printf ("%-18s %-6s %-7s %-12s %13s %-10s %6s %5.1f s\n", protocol->name, verdict.atomic, verdict.durable,
            verdict.leftovers ? verdict.leftovers : "", verdict.states, verdict.exhaustive, verdict.runs,
            cell_seconds (cell));
  else {
    printf ("%-18s ", protocol->name);
    print_safe_text (verdict.wrong ? verdict.wrong : "", stdout);
    putchar ('\n');
  }
  fflush (stdout);
  update_verdict_free (&verdict);
}

/* Print what was wrong in CELL, if it was measured and something was.  Returns whether something was; HEADING is put
 * before that.
 */
static bool
print_wrong (const struct cell *cell, const char *heading)
{
  CLEANUP_FREE char *environment = environment_describe (cell->environment);
  const struct protocol *protocol = cell->row;
  struct update_verdict verdict;

  update_verdict_make (&verdict, cell);
  const bool wrong = cell->outcome == UPDATE_MEASURED && verdict.wrong && *verdict.wrong;

  if (wrong) {
    printf ("%s%s, ", heading, protocol->name);
    print_safe_text (environment ? environment : "", stdout);
    fputs (":\n    ", stdout);
    print_safe_text (verdict.wrong, stdout);
    putchar ('\n');
  }
  update_verdict_free (&verdict);
  return wrong;
}

void
matrix_print_end (const struct grid *grid)
{
  CLEANUP_FREE char *counts = matrix_describe_counts (grid);
  bool wrong = false;

  for (size_t i = 0; i < grid->cell_count; i++)
    wrong |= print_wrong (&grid->cells[i], wrong ? "" : "\nWhat was wrong:\n");
  printf ("\n%s\n", counts ? counts : "");
}

void
matrix_describe_rows (const struct grid *grid, cJSON *object)
{
  const struct protocol *protocols = grid->rows;
  cJSON *list = cJSON_AddArrayToObject (object, "protocols");

  for (size_t i = 0; i < grid->row_count; i++) {
    cJSON *protocol = cJSON_CreateObject ();

    cJSON_AddStringToObject (protocol, "name", protocols[i].name);
    cJSON_AddStringToObject (protocol, "what", protocols[i].what);
    cJSON_AddItemToArray (list, protocol);
  }
}

void
matrix_describe_cell (const struct cell *cell, cJSON *object)
{
  const struct protocol *protocol = cell->row;

  cJSON_AddStringToObject (object, "protocol", protocol->name);
  cJSON_AddStringToObject (object, "filesystem", cell->environment->filesystem);
  cJSON_AddStringToObject (object, "mount", cell->environment->mount_options);
  cJSON_AddStringToObject (object, "kernel", cell->environment->kernel->release);
}
