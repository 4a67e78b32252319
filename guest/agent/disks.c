/* SPDX-License-Identifier: BSD-3-Clause */
/* Disks that are not the same before and after the guest slept: their driver lets go of them meanwhile, and finds out
 * anew how large they are and what they can.
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"

#define DRIVER "/sys/bus/virtio/drivers/virtio_blk/"
#define DEVICE "virtio"         /* and a number: what its devices are called */
#define NAME_MAX_BYTES 32

static char (*released)[NAME_MAX_BYTES];        /* in the order in which they were found at boot */
static size_t count;

static int
tell_driver (const char *file, const char *device)
{
  CLEANUP_CLOSE int fd = open (file, O_WRONLY | O_CLOEXEC);
  const ssize_t length = (ssize_t) strlen (device);

  if (fd >= 0 && write (fd, device, (size_t) length) == length)
    return 0;
  error_message ("%s: %s: %m", file, device);
  return -1;
}

static bool
is_device (const struct dirent *entry)
{
  return strncmp (entry->d_name, DEVICE, strlen (DEVICE)) == 0 && strlen (entry->d_name) < NAME_MAX_BYTES;
}

/* By their numbers, which are shorter or, of the same length, less. */
static int
compare_devices (const void *left, const void *right)
{
  const size_t one = strlen (left), other = strlen (right);

  return one != other ? (one < other ? -1 : 1) : strcmp (left, right);
}

int
disks_release (void)
{
  DIR *driver = opendir (DRIVER);
  const struct dirent *entry;

  while (driver && (entry = readdir (driver)) != NULL) {
    char (*larger)[NAME_MAX_BYTES] = is_device (entry) ? reallocarray (released, count + 1, sizeof *larger) : NULL;

    if (larger == NULL)
      continue;
    released = larger;
    strcpy (released[count++], entry->d_name);
  }
  if (driver)
    closedir (driver);
  if (count > 0)
    qsort (released, count, sizeof *released, compare_devices);
  for (size_t i = 0; i < count; i++)
    if (tell_driver (DRIVER "unbind", released[i]) == -1)
      return -1;
  return 0;
}

int
disks_take (size_t first)
{
  for (size_t i = 0; i < count; i++)
    if ((i < first || i == count - 1) && tell_driver (DRIVER "bind", released[i]) == -1)
      return -1;
  return 0;
}

int
disks_release_last (void)
{
  return tell_driver (DRIVER "unbind", released[count - 1]);
}
