/* SPDX-License-Identifier: BSD-3-Clause */
/* What is stacked on disks: arrays of md and devices of the device mapper, as sysfs shows them.  It is taken apart
 * without the programs that made it, whatever state that left it in.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dm-ioctl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"

#define BLOCK_DEVICES "/sys/class/block/"
#define DEVICES "/dev/"
#define MAPPER DEVICES "mapper/"

/* How long something may be held that was just let go of. */
#define WAITS_MAX 2000
#define WAIT_US 1000

typedef char device_name[NAME_MAX + 1];

/* What is made of the block device NAME, as a directory; or NULL. */
static DIR *
open_holders (const char *name)
{
  CLEANUP_FREE char *path = text_format (BLOCK_DEVICES "%s/holders", name);

  return path ? opendir (path) : NULL;
}

/* The next one of DEVICES, a directory or NULL, in NAME.  False: there is none. */
static bool
next_device (DIR *devices, device_name name)
{
  const struct dirent *entry;

  while (devices && (entry = readdir (devices)) != NULL)
    if (entry->d_name[0] != '.') {
      strcpy (name, entry->d_name);
      return true;
    }
  return false;
}

/* The first of what is made of the block device NAME, in HOLDER.  False: nothing is. */
static bool
find_holder (const char *name, device_name holder)
{
  DIR *holders = open_holders (name);
  const bool found = next_device (holders, holder);

  if (holders)
    closedir (holders);
  return found;
}

/* The name of DEVICE, a path. */
static const char *
name_of (const char *device)
{
  const char *slash = strrchr (device, '/');

  return slash ? slash + 1 : device;
}

/* Write WORD to the file NAME of the block device DEVICE.  Returns 0, or -1 with errno. */
static int
write_setting (const char *device, const char *name, const char *word)
{
  CLEANUP_FREE char *path = text_format (BLOCK_DEVICES "%s/%s", device, name);
  CLEANUP_CLOSE int fd = path ? open (path, O_WRONLY | O_CLOEXEC) : -1;
  const ssize_t length = (ssize_t) strlen (word);

  return fd >= 0 && write (fd, word, (size_t) length) == length ? 0 : -1;
}

/* Let an array not copy from disk to disk by itself: that would read everything, in its own time.  Where it does not
 * know which of its disks is right, it reads the first.
 */
static void
stop_resync (const char *name)
{
  write_setting (name, "md/sync_action", "frozen");
}

/* Add PATH to *list, paths with commas between them or NULL, unless it is there already. */
static int
add_path (char **list, const char *path)
{
  char *before = *list;

  if (text_lists (before, ',', path))
    return 0;
  *list = text_format ("%s%s%s", before ? before : "", before ? "," : "", path);
  free (before);
  return *list ? 0 : -1;
}

/* Add the paths of what is on top of the block device NAME to *tops.  By several ways there may be one: a mirror of the
 * device mapper has its log and its data on a disk.
 */
static int
add_tops (const char *name, char **tops)
{
  DIR *holders = open_holders (name);
  device_name holder;
  bool any = false;
  int r = 0;

  while (r == 0 && next_device (holders, holder)) {
    any = true;
    stop_resync (holder);
    r = add_tops (holder, tops);
  }
  if (holders)
    closedir (holders);
  if (any)
    return r;
  CLEANUP_FREE char *path = text_format (DEVICES "%s", name);
  return path ? add_path (tops, path) : -1;
}

/* Add the path of what is on top of DEVICE to *tops. */
static int
add_top (const char *device, char **tops)
{
  CLEANUP_FREE char *own = NULL;

  if (add_tops (name_of (device), &own) == -1)
    return -1;
  if (strchr (own, ',') == NULL)
    return add_path (tops, own);
  error_message ("several devices are made of %s: let there be one, which is mounted", device);
  return -1;
}

char *
stack_tops (const char *devices)
{
  CLEANUP_FREE char *copy = strdup (devices);
  char *rest = copy, *device, *tops = NULL;

  if (copy == NULL)
    out_of_memory ();
  while (rest && (device = strsep (&rest, ",")) != NULL)
    if (add_top (device, &tops) == -1) {
      free (tops);
      return NULL;
    }
  return tops;
}

/* Let the device mapper forget the device NAME.  Returns 0, or -1 with errno. */
static int
remove_mapped (const char *name)
{
  CLEANUP_FREE char *path = text_format (BLOCK_DEVICES "%s/dm/name", name);
  CLEANUP_CLOSE int fd = path ? open (path, O_RDONLY | O_CLOEXEC) : -1;
  CLEANUP_CLOSE int control = open (MAPPER DM_CONTROL_NODE, O_RDWR | O_CLOEXEC);
  struct dm_ioctl request = { .version = { DM_VERSION_MAJOR, 0, 0 }, .data_size = sizeof request };

  if (fd == -1 || control == -1 || read (fd, request.name, sizeof request.name - 1) <= 0)
    return -1;
  request.name[strcspn (request.name, "\n")] = '\0';
  if (ioctl (control, DM_DEV_REMOVE, &request) == -1)
    return -1;
  CLEANUP_FREE char *node = text_format (MAPPER "%s", request.name);
  if (node)
    unlink (node);
  return 0;
}

/* Whether the block device NAME has a directory of KIND: whose it is. */
static bool
is_of (const char *name, const char *kind)
{
  CLEANUP_FREE char *path = text_format (BLOCK_DEVICES "%s/%s", name, kind);

  return path && access (path, F_OK) == 0;
}

/* Undo the device NAME, of which nothing is made.  Returns 0, or -1 with errno. */
static int
remove_device (const char *name)
{
  if (is_of (name, "md"))
    return write_setting (name, "md/array_state", "clear");
  if (is_of (name, "dm"))
    return remove_mapped (name);
  errno = ENOTSUP;
  return -1;
}

static int remove_holders (const char *name);

/* Undo the device NAME, and first all that is made of it. */
static int
remove_with_holders (const char *name)
{
  for (int waits = 0; remove_holders (name) == 0; waits++) {
    if (remove_device (name) == 0)
      return 0;
    if (errno != EBUSY || waits == WAITS_MAX) {
      error_message ("cannot undo %s: %m", name);
      return -1;
    }
    usleep (WAIT_US);
  }
  return -1;
}

/* Undo all that is made of the block device NAME. */
static int
remove_holders (const char *name)
{
  device_name holder;
  int r = 0;

  while (r == 0 && find_holder (name, holder))
    r = remove_with_holders (holder);
  return r;
}

static int
take_apart (const char *device)
{
  return remove_holders (name_of (device));
}

/* Undo what is left of the device mapper, which may be on no disk (zero, error), unless it is one of DEVICES. */
static int
remove_rest (const char *devices)
{
  DIR *all = opendir (BLOCK_DEVICES);
  device_name name;
  int r = 0;

  while (r == 0 && next_device (all, name)) {
    CLEANUP_FREE char *path = text_format (DEVICES "%s", name);

    if (path == NULL)
      r = -1;
    else if (is_of (name, "dm") && !text_lists (devices, ',', path))
      r = remove_with_holders (name);
  }
  if (all)
    closedir (all);
  return r;
}

int
stack_take_apart (const char *devices)
{
  return devices_each (devices, take_apart) == -1 ? -1 : remove_rest (devices);
}
