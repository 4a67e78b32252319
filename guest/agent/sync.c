/* SPDX-License-Identifier: BSD-3-Clause */
/* Bringing a device to rest.  sync(2) may return while writes that it started are under way (jfs: jfs_syncpt in
 * fs/jfs/jfs_logmgr.c starts the metadata's and does not wait), and a flush promises nothing about a write that
 * completes after the flush was issued.
 */
#include <config.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/activity.h"
#include "guest/agent/agent.h"

/* A program that --setup left running may write for ever: after these the device is as much at rest as it will be. */
#define ROUNDS_MAX 20
#define WAITS_MAX 1000
#define WAIT_NS 1000000

/* Wait until nothing is in flight; *activity is what there is then.  What the block layer has queued and not begun is
 * not in flight yet, hence the wait before the first look: a processor that has nothing else to do begins it meanwhile.
 */
static int
drain (const char *stat_file, struct activity *activity)
{
  for (int waits = 0; waits < WAITS_MAX; waits++) {
    nanosleep (&(struct timespec) { .tv_nsec = WAIT_NS }, NULL);
    if (activity_read (stat_file, activity) == -1)
      return -1;
    if (activity->in_flight == 0)
      return 0;
  }
  return 0;
}

int
sync_until_quiet (int fd, const char *stat_file)
{
  struct activity before, after;

  if (activity_read (stat_file, &before) == -1)
    return -1;
  for (int round = 0; round < ROUNDS_MAX; round++) {
    sync ();
    if (drain (stat_file, &after) == -1 || fsync (fd) == -1 || drain (stat_file, &after) == -1)
      return -1;
    if (after.sectors_changed == before.sectors_changed)
      break;
    before = after;
  }
  return 0;
}

static int
bring_to_rest (const char *device)
{
  char stat_file[PATH_MAX];
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);

  activity_file (device, stat_file);
  if (fd >= 0 && sync_until_quiet (fd, stat_file) == 0)
    return 0;
  error_message ("cannot flush %s: %m", device);
  return -1;
}

int
sync_devices (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) payload;
  if (words[0])
    return devices_each (words[0], bring_to_rest);
  sync ();
  return 0;
}
