/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "batch/matrix/cells.h"
#include "batch/pool.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/process.h"
#include "record/record.h"

#define WORDS_MAX 20
#define UPDATED_FILE "file"
#define NOT_SUPPORTED "exit 77: "       /* before what a program says that ends so; see RECORD_NOT_SUPPORTED */

/* The arguments of a cell's `powercut run`. */
struct words {
  const char *list[WORDS_MAX];
};

/* What all cells share. */
struct runner {
  struct matrix *matrix;
  const char *folder;
  char *initial;                /* folder in it: the tree before the update */
  char *protocols;              /* program */
  struct pool_job *jobs;        /* one for each cell */
  struct words *words;
  matrix_cell_ended *ended;
};

/* Say in WORDS what `powercut run` is to do for CELL. */
static void
word_cell (const struct runner *runner, const struct cell *cell, struct words *words)
{
  const struct environment *environment = cell->environment;
  const char *const head[] = {
    "--fs", environment->filesystem, "--mount", environment->mount_options, "--initial", runner->initial,
    "--settle", runner->matrix->settle, "--accel", runner->matrix->accel, "--kernel", environment->kernel
  };
  size_t count = sizeof head / sizeof head[0];

  memcpy (words->list, head, sizeof head);
  words->list[count++] = "--";
  words->list[count++] = runner->protocols;
  words->list[count++] = cell->protocol->name;
  words->list[count] = UPDATED_FILE;
}

static int
plan_jobs (struct runner *runner)
{
  const struct matrix *matrix = runner->matrix;

  runner->jobs = calloc (matrix->cell_count, sizeof *runner->jobs);
  runner->words = calloc (matrix->cell_count, sizeof *runner->words);
  if (runner->jobs == NULL || runner->words == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < matrix->cell_count; i++) {
    word_cell (runner, &matrix->cells[i], &runner->words[i]);
    runner->jobs[i] = (struct pool_job) { .words = runner->words[i].list, .data = &matrix->cells[i] };
  }
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

/* Take in the result of the run of a cell. */
static void
finish_cell (const struct pool_config *config, struct pool_job *job)
{
  const struct runner *runner = config->data;
  const bool not_supported = WIFEXITED (job->status) && WEXITSTATUS (job->status) == RECORD_NOT_SUPPORTED;
  struct cell *cell = job->data;

  cell->outcome = job->result ? CELL_DONE : not_supported ? CELL_NOT_SUPPORTED : CELL_FAILED;
  cell->result = job->result;
  job->result = NULL;
  if (cell->result == NULL)
    cell->reason = describe_end (job);
  cell->seconds = job->seconds;
  cell->ended = true;
  runner->ended (runner->matrix, cell);
}

/* Make the tree that the updates start from. */
static int
make_initial (struct runner *runner)
{
  CLEANUP_FREE char *file = NULL, *failure = NULL;

  if (asprintf (&runner->initial, "%s/initial", runner->folder) == -1
      || asprintf (&file, "%s/" UPDATED_FILE, runner->initial) == -1)
    return out_of_memory ();
  if (mkdir (runner->initial, 0755) == -1) {
    error_message ("%s: %m", runner->initial);
    return -1;
  }
  failure = process_run ((const char *const[]) { runner->protocols, "old", file, NULL });
  if (failure && *failure)
    error_message ("%s", failure);
  return failure ? -1 : 0;
}

int
matrix_run_cells (struct matrix *matrix, uint64_t jobs, const char *folder, matrix_cell_ended *ended)
{
  struct runner runner = { .matrix = matrix, .folder = folder, .protocols = part_path (PART_PROTOCOLS), .ended = ended };
  const struct pool_config config = { .jobs = jobs, .folder = folder, .filesystems = matrix->filesystems, .data = &runner };
  double started = clock_seconds (CLOCK_MONOTONIC);
  int r = -1;

  if (runner.protocols && make_initial (&runner) == 0 && plan_jobs (&runner) == 0)
    r = pool_run (&config, runner.jobs, matrix->cell_count, finish_cell);
  matrix->seconds = clock_seconds (CLOCK_MONOTONIC) - started;
  if (runner.jobs)
    pool_free_jobs (runner.jobs, matrix->cell_count);
  free (runner.jobs);
  free (runner.words);
  free (runner.initial);
  free (runner.protocols);
  return r;
}
