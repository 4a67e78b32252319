/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "common/message.h"
#include "filesystem/filesystem.h"
#include "log/crash-state.h"
#include "log/info.h"
#include "replay/made.h"

int
made_features (const struct write_log *log, uint32_t *features)
{
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);
  uint8_t start[FILESYSTEM_START_BYTES];

  *features = 0;
  if (filesystem == NULL || log->device_sizes[0] < sizeof start)
    return 0;
  struct crash_state *state = crash_state_new (log);
  if (state == NULL)
    return out_of_memory ();
  crash_state_read (state, 0, start, sizeof start, 0);
  crash_state_free (state);
  *features = filesystem_features (filesystem_find (filesystem), start);
  return 0;
}
