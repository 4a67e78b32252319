/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "batch/grid.h"
#include "batch/keep.h"
#include "batch/resume.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/places.h"
#include "common/progress.h"
#include "common/publish.h"
#include "common/workdir.h"
#include "guest/accel.h"
#include "guest/jobs.h"
#include "guest/options.h"

#define PROGRAMS_A_PROCESSOR 3  /* guests that are programs: more do not make anything faster */

/* Whether the logs of CELL are to be kept, whose job is known from before, and are not there: as where whoever did it
 * was killed first.  Returns 1, 0, or -1 after a message.
 */
static int
lacks_logs (const struct grid *grid, struct cell *cell)
{
  const struct grid_kind *kind = grid->kind;
  const char *keep = grid->request->keep;

  if (keep == NULL || cell->job->log)
    return 0;
  kind->judge_cell (cell);
  free (cell->reason);
  cell->reason = NULL;
  if (!kind->is_worth_keeping (cell))
    return 0;
  const int there = keep_has_logs (keep, cell, kind->name_row (cell->row));
  return there == -1 ? -1 : !there;
}

/* Let JOB, of CELL, have what is known of it from before.  Returns 0, or -1 after a message. */
static int
resume_job (struct grid *grid, struct cell *cell, struct pool_job *job)
{
  job->guest = grid->guests[cell->environment->kernel - grid->kernels];
  const int known = batch_resume_find (grid->resume, job);
  const int lacks = known == 1 ? lacks_logs (grid, cell) : 0;

  if (lacks == 1)
    batch_resume_forget (job);
  job->noted = known == 1 && lacks == 0;
  grid->jobs_done += job->noted;
  return known == -1 || lacks == -1 ? -1 : 0;
}

/* Add the jobs of the cells from FIRST on, one for each row: those that need more in their guests, or those that do
 * not.
 */
static int
plan_jobs (struct grid *grid, struct cell *first, const bool *to_do, bool needs_more)
{
  const struct grid_kind *kind = grid->kind;

  for (size_t i = 0; i < grid->row_count; i++) {
    struct cell *cell = &first[i];
    struct pool_job *job = &grid->jobs[grid->job_count];

    if (!to_do[i] || (kind->needs_more && kind->needs_more (cell)) != needs_more)
      continue;
    job->data = cell;
    cell->job = job;
    grid->job_count++;
    if (kind->fill_job (grid, cell, job) == -1 || (grid->resume && resume_job (grid, cell, job) == -1))
      return -1;
  }
  return 0;
}

static int
plan_environment (struct grid *grid, const struct environment *environment)
{
  CLEANUP_FREE bool *to_do = calloc (grid->row_count, sizeof *to_do);
  struct cell *first = &grid->cells[grid->cell_count];

  if (to_do == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < grid->row_count; i++) {
    struct cell *cell = &grid->cells[grid->cell_count++];
    int r = 1;

    *cell = (struct cell) { .row = (const char *) grid->rows + i * grid->row_size, .environment = environment };
    if (grid->kind->begin_cell)
      r = grid->kind->begin_cell (grid, cell);
    if (r == -1)
      return -1;
    to_do[i] = r == 1;
  }
  return plan_jobs (grid, first, to_do, false) == -1 || plan_jobs (grid, first, to_do, true) == -1 ? -1 : 0;
}

static int
plan_cells (struct grid *grid)
{
  const size_t most = grid->row_count * grid->environment_count;

  grid->cells = calloc (most, sizeof *grid->cells);
  grid->jobs = calloc (most, sizeof *grid->jobs);
  if (grid->cells == NULL || grid->jobs == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < grid->environment_count; i++)
    if (plan_environment (grid, &grid->environments[i]) == -1)
      return -1;
  return 0;
}

static void
show_progress (const struct grid *grid)
{
  progress_show (grid->progress, "%zu of %zu cells", grid->jobs_done, grid->job_count);
}

/* A job has ended. */
static int
note_end (const struct pool_config *config, struct pool_job *job)
{
  struct grid *grid = config->data;

  grid->jobs_done++;
  show_progress (grid);
  return grid->resume ? batch_resume_add (grid->resume, job) : 0;
}

/* A job has ended, and all before it. */
static void
take_end (const struct pool_config *config, struct pool_job *job)
{
  struct grid *grid = config->data;
  const struct grid_kind *kind = grid->kind;
  const char *keep = grid->request->keep;
  struct cell *cell = job->data;
  const bool last = job == &grid->jobs[grid->job_count - 1]
    || ((struct cell *) job[1].data)->environment != cell->environment;

  kind->judge_cell (cell);
  if (keep && job->directory && job->log == NULL && kind->is_worth_keeping (cell))
    grid->not_kept |= keep_logs (keep, cell, kind->name_row (cell->row)) == -1;
  if (kind->print_cell)
    kind->print_cell (grid, cell);
  if (last && kind->print_environment) {
    progress_clear (grid->progress);
    kind->print_environment (grid, &grid->cells[(size_t) (cell->environment - grid->environments) * grid->row_count]);
    show_progress (grid);
  }
}

/* Whether some cell's guest is a machine, virtual or emulated. */
static bool
has_machine (const struct grid *grid)
{
  for (size_t i = 0; i < grid->environment_count; i++)
    if (!kernel_runs_alone (grid->environments[i].kernel))
      return true;
  return false;
}

/* How many cells are done side by side.  Those of programs wait for most of the time, for a device that is late. */
static uint64_t
count_jobs (const struct grid *grid)
{
  const uint64_t a_processor = has_machine (grid) ? 1 : PROGRAMS_A_PROCESSOR;

  return grid->request->jobs > 0 ? grid->request->jobs
    : a_processor * jobs_default (a_processor * GUEST_MEMORY_DEFAULT);
}

/* Plan the cells and do them, with FOLDER for temporary files.  Returns 0, or -1 after a message or a stop. */
static int
do_cells (struct grid *grid, const char *folder)
{
  const struct pool_config config = {
    .jobs = count_jobs (grid), .settle = !has_machine (grid), .folder = folder,
    .filesystems = grid->request->filesystems, .data = grid, .note = note_end
  };

  if (grid->kind->prepare (grid, folder) == -1 || plan_cells (grid) == -1)
    return -1;
  if (grid->kind->print_begin)
    grid->kind->print_begin (grid);
  grid->progress = progress_begin (grid->kind->print_cell != NULL);
  int r = pool_run (&config, grid->jobs, grid->job_count, take_end);
  progress_end (grid->progress);
  grid->progress = NULL;
  return r;
}

int
grid_do (struct grid *grid)
{
  const double started = clock_seconds (CLOCK_MONOTONIC);
  CLEANUP_FREE char *folder = workdir_create ();
  int r;

  if (folder == NULL)
    return -1;
  r = do_cells (grid, folder);
  workdir_remove (folder);
  if (has_machine (grid))
    accel_tell (grid->request->accel);
  grid->seconds += clock_seconds (CLOCK_MONOTONIC) - started;
  return r;
}

int
grid_check_outputs (const struct grid *grid, const struct grid_output *outputs, size_t count)
{
  const char *paths[GRID_OUTPUTS_MAX] = { NULL }, *keep = grid->request->keep;

  for (size_t i = 0; i < count; i++)
    paths[i] = outputs[i].path;
  if (places_check_distinct (paths, count) == -1)
    return -1;
  for (size_t i = 0; i < count; i++)
    if (paths[i] && publish_check (paths[i]) == -1)
      return -1;
  return keep ? keep_check (keep) : 0;
}

/* Write the report, if it is asked for.  Returns 0, or -1 after a message. */
static int
write_output (const struct grid *grid, const struct grid_output *output)
{
  CLEANUP_FREE char *text = output->path ? output->make (grid) : NULL;

  if (output->path == NULL)
    return 0;
  return text ? publish_text (output->path, text) : -1;
}

/* The exit status that the cells call for. */
static int
judge_cells (const struct grid *grid)
{
  int status = EXIT_SUCCESS;

  for (size_t i = 0; i < grid->cell_count; i++) {
    int of_cell = grid->kind->outcomes[grid->cells[i].outcome].status;

    status = of_cell > status ? of_cell : status;
  }
  return status;
}

int
grid_report (const struct grid *grid, const struct grid_output *outputs, size_t count)
{
  int r = 0;

  grid->kind->print_end (grid);
  for (size_t i = 0; i < count; i++)
    if (write_output (grid, &outputs[i]) == -1)
      r = -1;
  return r == -1 || grid->not_kept ? EXIT_UNUSABLE : judge_cells (grid);
}

int
grid_measure (struct grid *grid, const struct grid_output *outputs, size_t count)
{
  if (grid_check_outputs (grid, outputs, count) == -1 || grid_do (grid) == -1)
    return EXIT_UNUSABLE;
  return grid_report (grid, outputs, count);
}

void
grid_clear_cells (struct grid *grid)
{
  for (size_t i = 0; i < grid->cell_count; i++)
    free (grid->cells[i].reason);
  pool_free_jobs (grid->jobs, grid->job_count);
  free (grid->jobs);
  free (grid->cells);
  grid->jobs = NULL;
  grid->cells = NULL;
  grid->job_count = grid->jobs_done = grid->cell_count = 0;
}

void
grid_free (struct grid *grid)
{
  grid_clear_cells (grid);
  for (size_t i = 0; i < grid->kernel_count; i++) {
    kernel_free (&grid->kernels[i]);
    free (grid->guests[i]);
  }
  free (grid->guests);
  words_free (&grid->filesystems);
  free (grid->environments);
  free (grid->kernels);
}
