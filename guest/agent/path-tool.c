/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool by which programs in the guest take paths to the disk down and up. */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"
#include "log/paths.h"

enum { DONE = 0, FAILED = 1, MISUSED = 2 };

/* Which path WORD means: its number, and the block device, to free.  NULL after a message. */
static char *
find_path (const char *word, uint64_t *number)
{
  const char *paths = getenv (AGENT_PATHS_VARIABLE);

  if (paths == NULL) {
    error_message ("the disk has one path: record with --paths=2");
    return NULL;
  }
  if (parse_unsigned (word, LOG_PATHS_MAX - 1, number) == -1) {
    error_message ("%s: there are path 0 and path 1", word);
    return NULL;
  }
  for (uint64_t left = *number; left > 0 && strchr (paths, ','); left--)
    paths = strchr (paths, ',') + 1;
  return devices_first (paths);
}

int
tool_path (char **words)
{
  const bool up = words[0] && strcmp (words[0], LOG_PATH_UP) == 0;
  uint64_t number;

  if (words[0] == NULL || words[1] == NULL || words[2] || (!up && strcmp (words[0], LOG_PATH_DOWN) != 0)) {
    error_message ("usage: powercut-path down|up N");
    return MISUSED;
  }
  CLEANUP_FREE char *path = find_path (words[1], &number);
  if (path == NULL)
    return MISUSED;
  CLEANUP_FREE char *text = text_format (LOG_MARK_PATH " %s %ju", words[0], (uintmax_t) number);
  const char *device = text ? mark_device () : NULL;
  if (device == NULL || mark_write (device, text) == -1)
    return FAILED;
  return up && multipath_reinstate (path) == -1 ? FAILED : DONE;
}
