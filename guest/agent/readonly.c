/* SPDX-License-Identifier: BSD-3-Clause */
/* Mounting what a crash left on a device that refuses writes, as it is: a snapshot that is read-only, a disk image of
 * evidence.
 */
#include <config.h>

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/agent/activity.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"

#define FILE_MADE "powercut-readonly"
#define OPEN_DIRECTORIES 16

/* devices_each gives what it calls no argument. */
static uint64_t written_sectors;

/* Whether it could be done; else with errno. */
static bool
set_read_only (const char *device, int on)
{
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);

  return fd >= 0 && ioctl (fd, BLKROSET, &on) == 0;
}

static int
forbid_writes (const char *device)
{
  if (set_read_only (device, 1))
    return 0;
  error_message ("%s: cannot be made read-only: %m", device);
  return -1;
}

static int
allow_writes (const char *device)
{
  if (set_read_only (device, 0))
    return 0;
  error_message ("%s: cannot be made writable: %m", device);
  return -1;
}

/* As far as that can be done, since something has gone wrong already. */
static int
allow_writes_again (const char *device)
{
  set_read_only (device, 0);
  return 0;
}

/* All of DEVICES, or none: 0, or -1 after a message. */
static int
forbid_all_writes (const char *devices)
{
  if (devices_each (devices, forbid_writes) == 0)
    return 0;
  devices_each (devices, allow_writes_again);
  return -1;
}

/* Add what the kernel has written to DEVICE, or discarded, since the boot. */
static int
add_written (const char *device)
{
  char stat_file[PATH_MAX];
  struct activity activity;

  activity_file (device, stat_file);
  if (activity_read (stat_file, &activity) == -1) {
    error_message ("%s: %m", stat_file);
    return -1;
  }
  written_sectors += activity.sectors_changed;
  return 0;
}

/* Look at PATH, but for its data, of which every choice would take a run.  What is broken without recovery may be. */
static int
look_at (const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void) status, (void) type, (void) position;
  llistxattr (path, NULL, 0);
  return 0;
}

/* Tell what is wrong, as the beginning of a line that the caller ends. */
static void
begin_finding (FILE *payload)
{
  answer_begin_line (ANSWER_READONLY, payload);
  fputs ("on a read-only device: ", payload);
}

/* Try to change what is mounted on ROOT, which must not be possible. */
static void
try_to_change (const char *root, FILE *payload)
{
  CLEANUP_FREE char *path = text_format ("%s/" FILE_MADE, root);
  CLEANUP_CLOSE int fd = path ? open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
  char options[] = "rw";

  if (fd >= 0) {
    begin_finding (payload);
    fputs ("a file could be made\n", payload);
  }
  if (mount_change (root, options) == 0) {
    begin_finding (payload);
    fputs ("it could be mounted for writing\n", payload);
  }
}

/* Mount DEVICES with OPTIONS, look at all, try to change something, and unmount.  Returns 0 whatever there is to see,
 * the errno of an unmount that failed, or -1.
 */
static int
look_around (const char *devices, const char *type, const char *options, const char *root, FILE *payload)
{
  int error = mount_quietly (devices, type, options);

  if (error == -1)
    return -1;
  if (error == 0) {
    nftw (root, look_at, OPEN_DIRECTORIES, FTW_PHYS);
    try_to_change (root, payload);
    error = mount_undo (root);
    if (error)
      return error;
  }
  return mount_forget (devices, type);
}

/* The same with and without recovery, as far as TYPE knows a way without. */
static int
look_both_ways (const char *devices, const char *type, const char *options, const char *root, FILE *payload)
{
  const char *without = filesystem_find (type)->norecovery;
  CLEANUP_FREE char *plain = text_format ("%s,ro", options);
  CLEANUP_FREE char *more = plain && without ? text_format ("%s,%s", plain, without) : NULL;
  const int error = plain ? look_around (devices, type, plain, root, payload) : -1;

  if (error != 0 || without == NULL)
    return error;
  return more ? look_around (devices, type, more, root, payload) : -1;
}

int
readonly_try (const char *devices, const char *type, const char *options, const char *root, FILE *payload)
{
  written_sectors = 0;
  if (devices_each (devices, add_written) == -1 || forbid_all_writes (devices) == -1)
    return -1;
  const uint64_t before = written_sectors;
  const int error = look_both_ways (devices, type, options, root, payload);
  if (error > 0) {
    const char *name = strerrorname_np (error);

    begin_finding (payload);
    fprintf (payload, "unmount: %s\n", name ? name : "EUNKNOWN");
  }
  written_sectors = 0;
  if (devices_each (devices, allow_writes) == -1 || devices_each (devices, add_written) == -1 || error == -1)
    return -1;
  if (written_sectors != before) {
    begin_finding (payload);
    fprintf (payload, "%" PRIu64 " sectors were written\n", written_sectors - before);
  }
  return error;
}
