/* SPDX-License-Identifier: BSD-3-Clause */
/* Every cell of the matrix is a `powercut run` of one update of a file. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "batch/matrix/matrix.h"
#include "batch/result.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "record/record.h"

#define UPDATED_FILE "file"
#define NOT_SUPPORTED "exit 77: "       /* before what a program says that ends so; see RECORD_NOT_SUPPORTED */

/* Make the tree that the updates start from. */
static int
prepare (const struct grid *grid, const char *folder)
{
  struct matrix *matrix = grid->data;
  CLEANUP_FREE char *file = NULL, *failure = NULL;

  matrix->initial = text_format ("%s/initial", folder);
  file = matrix->initial ? text_format ("%s/" UPDATED_FILE, matrix->initial) : NULL;
  if (file == NULL)
    return -1;
  if (mkdir (matrix->initial, 0755) == -1) {
    error_message ("%s: %m", matrix->initial);
    return -1;
  }
  failure = process_run ((const char *const[]) { matrix->program, "old", file, NULL });
  if (failure && *failure)
    error_message ("%s", failure);
  return failure ? -1 : 0;
}

static int
fill_job (const struct grid *grid, const struct cell *cell, struct pool_job *job)
{
  const struct matrix *matrix = grid->data;
  const struct environment *environment = cell->environment;
  const struct protocol *protocol = cell->row;
  const char *const words[] = {
    "--fs", environment->filesystem, "--mount", environment->mount_options, "--initial", matrix->initial,
    "--settle", matrix->settle, "--device", grid->request->device, "--background", grid->request->background,
    "--accel", grid->request->accel, "--kernel", environment->kernel->image,
    "--", matrix->program, protocol->name, UPDATED_FILE
  };

  if (grid_add_replaying (grid, job) == -1 || grid_add_recording (grid, job) == -1)
    return -1;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (pool_add_word (job, words[i]) == -1)
      return -1;
  return 0;
}

/* Why a cell has no result, to free: what the run said last or, where something is not supported, the update. */
static char *
describe_end (const struct pool_job *job)
{
  char *reason = pool_describe_end (job), *update = reason ? strstr (reason, NOT_SUPPORTED) : NULL;

  if (update)
    memmove (reason, update + strlen (NOT_SUPPORTED), strlen (update + strlen (NOT_SUPPORTED)) + 1);
  return reason;
}

static void
judge_cell (struct cell *cell)
{
  const struct pool_job *job = cell->job;
  const bool not_supported = WIFEXITED (job->status) && WEXITSTATUS (job->status) == RECORD_NOT_SUPPORTED;

  cell->outcome = job->result ? UPDATE_MEASURED : not_supported ? UPDATE_NOT_SUPPORTED : UPDATE_FAILED;
  if (cell->outcome != UPDATE_MEASURED)
    cell->reason = describe_end (job);
}

static const char *
name_row (const void *row)
{
  const struct protocol *protocol = row;

  return protocol->name;
}

static bool
is_worth_keeping (const struct cell *cell)
{
  return cell->outcome == UPDATE_FAILED || result_is_violated (cell_result (cell));
}

static const struct cell_outcome outcomes[UPDATE_OUTCOME_COUNT] = {
  [UPDATE_MEASURED] = { "measured", EXIT_SUCCESS }, [UPDATE_NOT_SUPPORTED] = { "not supported", EXIT_SUCCESS },
  [UPDATE_FAILED] = { "failed", EXIT_UNUSABLE },
};

const struct grid_kind matrix_kind = {
  .outcomes = outcomes, .outcome_count = UPDATE_OUTCOME_COUNT, .prepare = prepare, .fill_job = fill_job,
  .judge_cell = judge_cell, .name_row = name_row, .is_worth_keeping = is_worth_keeping,
  .print_cell = matrix_print_cell, .print_end = matrix_print_end,
  .describe_rows = matrix_describe_rows, .describe_cell = matrix_describe_cell,
};
