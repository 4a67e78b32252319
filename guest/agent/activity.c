/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "guest/agent/activity.h"

void
activity_file (const char *device, char stat_file[PATH_MAX])
{
  snprintf (stat_file, PATH_MAX, "/sys/class/block/%s/stat", device + strlen ("/dev/"));
}

/* Documentation/block/stat.rst. */
int
activity_read (const char *stat_file, struct activity *activity)
{
  CLEANUP_FCLOSE FILE *file = fopen (stat_file, "re");
  uint64_t discarded = 0;

  if (file == NULL)
    return -1;
  int count = fscanf (file, "%*u %*u %*u %*u %*u %*u %" SCNu64 " %*u %" SCNu64 " %*u %*u %*u %*u %" SCNu64,
                      &activity->sectors_changed, &activity->in_flight, &discarded);
  if (count < 2) {
    errno = EINVAL;
    return -1;
  }
  activity->sectors_changed += discarded;
  return 0;
}
