/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/sweep.h"
#include "batch/keep.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "common/workdir.h"

#define BATCH 1000              /* workloads: minutes, so that starting the guests for each batch costs nothing */

/* What is kept of all batches: JOBS[i] is the job of CELLS[i], unless that has none. */
struct kept_cells {
  struct cell *cells;
  size_t cell_count;
  struct pool_job *jobs;
  size_t job_count;
};

/* Make the file NAME of TEXT in FOLDER.  Returns 0, or -1 after a message. */
static int
put_workload (const char *folder, const char *name, const char *text)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", folder, name);
  FILE *file = path ? fopen (path, "wxe") : NULL;

  if (path == NULL)
    return -1;
  const int r = file ? fputs (text, file) : EOF;
  if (file && fclose (file) != EOF && r != EOF)
    return 0;
  error_message ("%s: %m", path);
  return -1;
}

/* Whether NAME is the first of that name: its file and what is reported of it are called so.  Returns 0, or -1 after a
 * message.
 */
static int
check_name (struct sweep *sweep, const char *name)
{
  const int r = name_set_add (&sweep->names, name);

  if (r == 0)
    error_message ("%s: is twice in the stream", name);
  return r == 1 ? 0 : -1;
}

/* Put the next workloads into FOLDER.  Returns how many, or -1 after a message. */
static int
read_batch (struct sweep *sweep, struct workload_stream *stream, const char *folder)
{
  for (int count = 0; count < BATCH; count++) {
    char *name, *text;
    int r = workload_stream_next (stream, &name, &text);

    if (r <= 0)
      return r == 0 ? count : -1;
    r = check_name (sweep, name) == -1 ? -1 : put_workload (folder, name, text);
    free (name);
    free (text);
    if (r == -1)
      return -1;
  }
  return BATCH;
}

/* What the workload of CORPUS_CASE is called once its file is gone, to free, or NULL after a message: the copy of it
 * that is kept in the directory KEEP, or its name if that is NULL.
 */
static char *
keep_workload (const struct corpus_case *corpus_case, const char *keep)
{
  char *path = keep ? text_format ("%s/%s" CASE_SUFFIX, keep, corpus_case->name)
    : text_format ("%s" CASE_SUFFIX, corpus_case->name);

  if (path && keep && keep_file (corpus_case->workload, path) == -1) {
    free (path);
    return NULL;
  }
  return path;
}

/* Take the case of row NUMBER over from CORPUS; the jobs of its cells in GRID name the file that is left of it.  NULL
 * after a message.
 */
static struct corpus_case *
take_case (struct sweep *sweep, struct grid *grid, struct corpus *corpus, size_t number)
{
  struct corpus_case *from = &corpus->cases[number], *taken = malloc (sizeof *taken), **place = NULL;
  char *path = taken ? keep_workload (from, grid->request->keep) : NULL;

  if (path)
    place = array_add (sweep->cases, sweep->case_count);
  if (place == NULL) {
    if (taken == NULL || path)
      out_of_memory ();
    free_all (taken, path);
    return NULL;
  }
  for (size_t i = number; i < grid->cell_count; i += grid->row_count) {
    const struct pool_job *job = grid->cells[i].job;

    for (size_t j = 0; job && j < job->word_count; j++)
      if (job->words[j] == from->workload || job->words[j] == from->path)
        job->words[j] = path;
  }
  *place = taken;
  *taken = *from;
  *from = (struct corpus_case) { .name = NULL };
  free (taken->workload);
  taken->workload = path;
  return taken;
}

/* Take CELL, which is about CORPUS_CASE, and its job over from GRID.  Returns 0, or -1 after a message. */
static int
keep_cell (struct kept_cells *kept, struct grid *grid, struct cell *cell, const struct corpus_case *corpus_case)
{
  struct cell *taken = array_add (kept->cells, kept->cell_count);
  struct pool_job *job = taken ? array_add (kept->jobs, kept->job_count) : NULL;

  if (job == NULL)
    return out_of_memory ();
  if (cell->job) {
    struct pool_job *from = &grid->jobs[cell->job - grid->jobs];

    *job = *from;
    *from = (struct pool_job) { .words = NULL };
  }
  *taken = *cell;
  taken->row = corpus_case;
  cell->reason = NULL;
  return 0;
}

/* Take over what there is to say about row NUMBER, and count the rest. */
static int
keep_row (struct sweep *sweep, struct kept_cells *kept, struct grid *grid, size_t number)
{
  struct corpus *corpus = grid->data;
  const struct corpus_case *corpus_case = NULL;

  for (size_t i = number; i < grid->cell_count; i += grid->row_count) {
    struct cell *cell = &grid->cells[i];

    if (cell->outcome == CASE_PASS) {
      corpus->swept_passes++;
      continue;
    }
    if (corpus_case == NULL)
      corpus_case = take_case (sweep, grid, corpus, number);
    if (corpus_case == NULL || keep_cell (kept, grid, cell, corpus_case) == -1)
      return -1;
  }
  corpus->swept++;
  return 0;
}

/* Do the workloads in FOLDER. */
static int
do_batch (struct sweep *sweep, struct kept_cells *kept, struct grid *grid, const char *folder)
{
  struct corpus *corpus = grid->data;
  int r = corpus_find_cases (corpus, &folder, 1, NULL);

  grid->rows = corpus->cases;
  grid->row_count = corpus->case_count;
  if (r == 0)
    r = grid_do (grid);
  for (size_t i = 0; i < grid->row_count && r == 0; i++)
    r = keep_row (sweep, kept, grid, i);
  grid_clear_cells (grid);
  corpus_free_cases (corpus);
  return r;
}

/* The next batch, in a directory of its own.  Returns how many workloads it has, or -1 after a message or a stop. */
static int
next_batch (struct sweep *sweep, struct kept_cells *kept, struct grid *grid, struct workload_stream *stream)
{
  CLEANUP_FREE char *folder = workdir_create ();
  int count = folder ? read_batch (sweep, stream, folder) : -1;

  if (count > 0 && do_batch (sweep, kept, grid, folder) == -1)
    count = -1;
  if (folder)
    workdir_remove (folder);
  return count;
}

int
sweep_run (struct sweep *sweep, struct grid *grid, struct workload_stream *stream)
{
  struct kept_cells kept = { .cells = NULL };
  int count;

  do
    count = next_batch (sweep, &kept, grid, stream);
  while (count == BATCH);
  if (count == 0 && ((const struct corpus *) grid->data)->swept == 0) {
    error_message (STREAM_PATH ": no workload is in the stream");
    count = -1;
  }
  for (size_t i = 0; i < kept.cell_count; i++)
    if (kept.cells[i].job)
      kept.cells[i].job = &kept.jobs[i];
  grid->cells = kept.cells;
  grid->cell_count = kept.cell_count;
  grid->jobs = kept.jobs;
  grid->job_count = kept.job_count;
  grid->rows = NULL;
  grid->row_count = 0;
  return count == -1 ? -1 : 0;
}

static void
free_case (struct corpus_case **corpus_case)
{
  case_free (*corpus_case);
  free (*corpus_case);
}

void
sweep_free (struct sweep *sweep)
{
  array_free (sweep->cases, sweep->case_count, free_case);
  name_set_free (&sweep->names);
}
