/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/message.h"
#include "common/number.h"
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

/* From which position of LOG on the next request takes its path down at DOWN_AT, a position or a mark; LOG_NEVER: there
 * is no such mark.
 */
static uint32_t
find_start (const char *down_at, const struct write_log *log)
{
  uint64_t position;

  if (parse_unsigned (down_at, UINT32_MAX, &position) == 0)
    return (uint32_t) position;
  for (uint32_t i = 0; i < log->mark_count; i++)
    if (log->marks[i].length == strlen (down_at) && memcmp (log->marks[i].text, down_at, strlen (down_at)) == 0)
      return log->marks[i].position;
  return LOG_NEVER;
}

/* Whether a request comes in LOG at position FROM or later. */
static bool
has_request (const struct write_log *log, uint32_t from)
{
  return (log->write_count > 0 && log->writes[log->write_count - 1].issue >= from)
    || (log->flush_count > 0 && log->flushes[log->flush_count - 1].issue >= from);
}

int
recording_check_cut (const struct recording *recording, const struct write_log *log)
{
  if (recording->path_down_at == NULL
      || (log_path_cut (log) && has_request (log, find_start (recording->path_down_at, log))))
    return 0;
  error_message ("--path-down-at=%s: no path went down: there was no such mark or position with a request after it",
                 recording->path_down_at);
  return -1;
}
