/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/message.h"
#include "guest/agent/protocol.h"
#include "log/paths.h"
#include "record/recording-paths.h"

/* What is wrong with several paths to RECORDING's disk, or NULL. */
static const char *
find_fault (const struct recording *recording)
{
  if (recording->path_count < 1 || recording->path_count > LOG_PATHS_MAX)
    return "give 1 or 2";
  if (recording->path_count > 1 && recording->virtio)
    return "excludes --bus=virtio: each path is a connection of its own";
  return recording->path_count > 1 && recording->disks.count > 1 ? "is for one disk alone, and there are several --disk"
    : NULL;
}

int
recording_take_paths (struct recording *recording)
{
  const char *fault = find_fault (recording);

  if (fault) {
    error_message ("--paths=%ju: %s", (uintmax_t) recording->path_count, fault);
    return -1;
  }
  if (recording->path_count > 1)
    strcpy (recording->disks.list[0].place, AGENT_MULTIPATH_DEVICE);
  else if (recording->path_down_at) {
    error_message ("--path-down-at=%s: is for a disk that has another path: add --paths=2", recording->path_down_at);
    return -1;
  }
  return 0;
}

int
recording_check_cut (const struct recording *recording, const struct write_log *log)
{
  if (recording->path_down_at == NULL || log_path_cut (log))
    return 0;
  error_message ("--path-down-at=%s: no path went down: there was no such mark or position with a request after it",
                 recording->path_down_at);
  return -1;
}
