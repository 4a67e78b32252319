/* SPDX-License-Identifier: BSD-3-Clause */
/* An initramfs as it begins. */
#include <config.h>

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

/* Scripts name programs as /bin/sh and as /usr/bin/sh: where these are the same on the host, so they are here. */
static int
add_merged_folders (struct initramfs *initramfs)
{
  static const char *const folders[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };
  char target[256];

  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    ssize_t length = readlink (folders[i], target, sizeof target);
    if (length <= 0 || length == sizeof target || strncmp (target, "usr/", 4) != 0)
      continue;
    CLEANUP_FREE char *folder = text_format ("/%.*s", (int) length, target);
    if (folder == NULL || initramfs_add_link (initramfs, folders[i], folder + 1) == -1
        || initramfs_add_special (initramfs, folder, S_IFDIR | 0755, 0) == -1)
      return -1;
  }
  return 0;
}

static int
add_skeleton (struct initramfs *initramfs)
{
  static const struct {
    const char *path;
    mode_t mode;
    unsigned major, minor;
  } objects[] = {
    { "/dev", S_IFDIR | 0755, 0, 0 },
    { "/dev/console", S_IFCHR | 0600, 5, 1 },
    { "/dev/null", S_IFCHR | 0666, 1, 3 },
    { "/mnt", S_IFDIR | 0755, 0, 0 },
    { "/proc", S_IFDIR | 0555, 0, 0 },
    { "/root", S_IFDIR | 0700, 0, 0 },
    { "/sys", S_IFDIR | 0555, 0, 0 },
    { "/tmp", S_IFDIR | S_ISVTX | 0777, 0, 0 },
  };

  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
    if (initramfs_add_special (initramfs, objects[i].path, objects[i].mode,
                               makedev (objects[i].major, objects[i].minor)) == -1)
      return -1;
  return add_merged_folders (initramfs);
}

struct initramfs *
initramfs_new (void)
{
  struct initramfs *initramfs = calloc (1, sizeof *initramfs);

  if (initramfs == NULL) {
    error_message ("out of memory");
    return NULL;
  }
  if (add_skeleton (initramfs) == 0)
    return initramfs;
  initramfs_free (initramfs);
  return NULL;
}

static void
free_entry (void *data)
{
  struct initramfs_entry *entry = data;

  free (entry->path);
  free (entry->host);
  free (entry->data);
  free (entry);
}

void
initramfs_free (struct initramfs *initramfs)
{
  if (initramfs == NULL)
    return;
  tdestroy (initramfs->entries, free_entry);
  for (size_t i = 0; i < LANGUAGES; i++)
    text_list_free (&initramfs->modules[i]);
  text_list_free (&initramfs->read);
  free (initramfs->confined);
  free (initramfs);
}
