/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "batch/corpus/corpus.h"
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

static void
free_corpus (struct corpus *corpus)
{
  for (size_t i = 0; corpus->logs && i < corpus->case_count; i++) {
    free (corpus->logs[i].path);
    free (corpus->logs[i].filesystem);
  }
  free (corpus->logs);
  free (corpus->supported);
  corpus_free_cases (corpus);
}

int
corpus_run (const struct corpus_request *request)
{
  const struct grid_output outputs[] = { { request->json, grid_make_json }, { request->junit, corpus_make_junit } };
  const bool asked = request->grid.filesystems != NULL;
  struct grid_request of_grid = request->grid;
  struct corpus corpus = {
    .trusted = request->trusted, .no_fsck = request->no_fsck, .no_usable = request->no_usable
  };
  struct grid grid = { .kind = &corpus_kind, .request = &of_grid, .data = &corpus, .row_size = sizeof *corpus.cases };
  int status = EXIT_UNUSABLE;

  if (!asked)
    of_grid.filesystems = CORPUS_FILESYSTEMS;
  if (grid_read_request (&grid) == 0
      && corpus_find_cases (&corpus, request->paths, request->path_count, request->pattern) == 0
      && corpus_check_cases (&corpus) == 0 && stop_install () == 0 && grid_add_environments (&grid) == 0
      && find_supported (&corpus, &grid) == 0 && check_filesystems (&corpus, &grid, asked) == 0) {
    grid.rows = corpus.cases;
    grid.row_count = corpus.case_count;
    status = grid_measure (&grid, outputs, sizeof outputs / sizeof outputs[0]);
  }
  grid_free (&grid);
  free_corpus (&corpus);
  return stop_status (status);
}
