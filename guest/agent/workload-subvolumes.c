/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "guest/agent/workload-subvolumes.h"

/* The folder of PATH, open, and its last component in NAME, of SIZE bytes.  Returns a descriptor, or -1 with errno. */
static int
open_folder (const char *path, char *name, size_t size)
{
  const char *slash = strrchr (path, '/');
  CLEANUP_FREE char *folder = slash ? strndup (path, (size_t) (slash - path)) : strdup (".");

  snprintf (name, size, "%s", slash ? slash + 1 : path);
  return folder ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int
make_or_delete (const char *path, unsigned long request)
{
  struct btrfs_ioctl_vol_args arguments = { .fd = 0 };
  CLEANUP_CLOSE int folder = open_folder (path, arguments.name, sizeof arguments.name);

  return folder == -1 ? -1 : ioctl (folder, request, &arguments);
}

static int
make_snapshot (const struct open_files *files, const struct workload_operation *operation)
{
  CLEANUP_CLOSE int from = open_file (files, operation->path, O_RDONLY);
  struct btrfs_ioctl_vol_args_v2 arguments = {
    .fd = from, .flags = operation->read_only ? BTRFS_SUBVOL_RDONLY : 0
  };
  CLEANUP_CLOSE int folder = open_folder (operation->other, arguments.name, sizeof arguments.name);

  return from == -1 || folder == -1 ? -1 : ioctl (folder, BTRFS_IOC_SNAP_CREATE_V2, &arguments);
}

int
subvolume_do (const struct open_files *files, const struct workload_operation *operation)
{
  switch (operation->verb) {
  case WORKLOAD_SUBVOLUME: return make_or_delete (operation->path, BTRFS_IOC_SUBVOL_CREATE);
  case WORKLOAD_DELETE_SUBVOLUME: return make_or_delete (operation->path, BTRFS_IOC_SNAP_DESTROY);
  default: return make_snapshot (files, operation);
  }
}
