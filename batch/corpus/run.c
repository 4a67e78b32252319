/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/corpus/sweep.h"
#include "batch/resume.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/stop.h"
#include "guest/image.h"
#include "record/mkfs.h"

/* See which environments have a driver for their file system. */
static int
find_supported (struct corpus *corpus, const struct grid *grid)
{
  corpus->supported = calloc (grid->environment_count, sizeof *corpus->supported);
  if (corpus->supported == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < grid->environment_count; i++) {
    int supported = guest_image_supports (grid->environments[i].kernel, grid->environments[i].filesystem);

    if (supported == -1)
      return -1;
    corpus->supported[i] = supported;
  }
  return 0;
}

/* Can each file system be made, and does some kernel know it?  One that was not ASKED for may be missing in all
 * kernels.
 */
static int
check_filesystems (const struct corpus *corpus, const struct grid *grid, bool asked)
{
  const struct words *filesystems = &grid->filesystems;

  for (size_t i = 0; i < filesystems->count; i++) {
    bool supported = false;

    for (size_t j = i; j < grid->environment_count; j += filesystems->count)
      supported |= corpus->supported[j];
    if (!supported && asked) {
      error_message ("--fs=%s: no such file system in %s", filesystems->list[i],
                     grid->kernel_count > 1 ? "any of these kernels" : grid->kernels[0].release);
      return -1;
    }
    if (supported && mkfs_check (filesystems->list[i]) == -1)
      return -1;
  }
  return 0;
}

static int
read_cases (struct grid *grid, const struct corpus_request *request)
{
  struct corpus *corpus = grid->data;

  if (corpus->streams)
    return 0;
  if (corpus_find_cases (corpus, request->paths, request->path_count, request->pattern) == -1
      || corpus_check_cases (corpus) == -1)
    return -1;
  grid->rows = corpus->cases;
  grid->row_count = corpus->case_count;
  return 0;
}

/* Do all workloads of standard input, and report.  Returns the exit status. */
static int
measure_stream (struct grid *grid, const struct grid_output *outputs, size_t count)
{
  struct workload_stream *stream = workload_stream_reader (STDIN_FILENO, "standard input");
  struct sweep sweep = { .cases = NULL };
  int status = EXIT_UNUSABLE;

  if (stream && grid_check_outputs (grid, outputs, count) == 0 && sweep_run (&sweep, grid, stream) == 0)
    status = grid_report (grid, outputs, count);
  workload_stream_end (stream);
  grid_clear_cells (grid);
  sweep_free (&sweep);
  return status;
}

int
corpus_run (const struct corpus_request *request)
{
  const struct grid_output outputs[] = { { request->json, grid_make_json }, { request->junit, corpus_make_junit } };
  const size_t output_count = sizeof outputs / sizeof outputs[0];
  const bool asked = request->grid.filesystems != NULL;
  struct grid_request of_grid = request->grid;
  struct corpus corpus = {
    .trusted = request->trusted, .no_fsck = request->no_fsck, .no_usable = request->no_usable,
    .streams = request->path_count == 1 && strcmp (request->paths[0], STREAM_PATH) == 0
  };
  struct grid grid = { .kind = &corpus_kind, .request = &of_grid, .data = &corpus, .row_size = sizeof *corpus.cases };
  int status = EXIT_UNUSABLE;

  if (!asked)
    of_grid.filesystems = CORPUS_FILESYSTEMS;
  if (grid_read_request (&grid) == 0 && read_cases (&grid, request) == 0 && stop_install () == 0
      && grid_add_environments (&grid) == 0
      && find_supported (&corpus, &grid) == 0 && check_filesystems (&corpus, &grid, asked) == 0
      && (of_grid.resume.count == 0 || (grid.resume = batch_resume_open (&of_grid.resume)) != NULL))
    status = corpus.streams ? measure_stream (&grid, outputs, output_count)
      : grid_measure (&grid, outputs, output_count);
  grid_free (&grid);
  if (batch_resume_close (grid.resume) == -1)
    status = EXIT_UNUSABLE;
  corpus_free_cases (&corpus);
  free (corpus.supported);
  return stop_status (status);
}
