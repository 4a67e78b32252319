/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "checker/observe/paths.h"
#include "common/cleanup.h"

int
look_at (int folder_fd, const char *name, struct statx *status)
{
  return statx (folder_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, status);
}

/* The device number would not tell: each subvolume of btrfs has its own.  Kernels before 5.8 do not say. */
bool
is_mount_point (const struct statx *status)
{
  return status->stx_attributes & status->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
}

/* Only the owner may ask for that. */
int
open_quietly (int folder_fd, const char *name, int flags)
{
  flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat (folder_fd, name, flags | O_NOATIME);

  if (fd == -1 && errno == EPERM)
    fd = openat (folder_fd, name, flags);
  return fd;
}

bool
normalise_path (const char *path, char *normal)
{
  char *end = normal;

  if (path[0] == '/' || path[0] == '\0')
    return false;
  while (*path) {
    size_t length = strcspn (path, "/");
    if (length == 2 && memcmp (path, "..", 2) == 0)
      return false;
    if (length > 0 && !(length == 1 && path[0] == '.')) {
      if (end != normal)
        *end++ = '/';
      end = mempcpy (end, path, length);
    }
    path += length + (path[length] == '/');
  }
  if (end == normal)
    *end++ = '.';
  *end = '\0';
  return true;
}

int
open_parent (int root_fd, const char *path)
{
  int fd = openat (root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

  while (fd >= 0 && *path) {
    CLEANUP_CLOSE int above = fd;
    size_t length = strcspn (path, "/");
    char name[NAME_MAX + 1];
    struct statx status;

    fd = -1;
    if (length > NAME_MAX) {
      errno = ENAMETOOLONG;
      return -1;
    }
    *(char *) mempcpy (name, path, length) = '\0';
    if (look_at (above, name, &status) == -1)
      return -1;
    if (is_mount_point (&status)) {
      errno = EXDEV;
      return -1;
    }
    fd = openat (above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    path += length + (path[length] == '/');
  }
  return fd;
}
