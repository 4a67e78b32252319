/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "batch/grid.h"

int
grid_add_replaying (const struct grid *grid, struct pool_job *job)
{
  const struct grid_request *request = grid->request;

  if (request->no_snapshot && pool_add_word (job, "--no-snapshot") == -1)
    return -1;
  if (request->nested && pool_add_option (job, "--nested", request->nested) == -1)
    return -1;
  if (request->nested_limit && pool_add_option (job, "--nested-limit", request->nested_limit) == -1)
    return -1;
  return request->total_seconds ? pool_add_option (job, "--total-time", grid->total_time) : 0;
}

int
grid_add_recording (const struct grid *grid, struct pool_job *job)
{
  return grid->request->no_cache ? pool_add_word (job, "--no-cache") : 0;
}
