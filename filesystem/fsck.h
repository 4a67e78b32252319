/* SPDX-License-Identifier: BSD-3-Clause */
/* File systems that the kernel alone does not recover. */
#ifndef POWERCUT_FILESYSTEM_FSCK_H
#define POWERCUT_FILESYSTEM_FSCK_H

#include <stddef.h>
#include <string.h>

struct fsck {
  const char *type, *program, *option;
};

/* What is run on a file system of TYPE after a crash, as `PROGRAM OPTION DEVICE`, before the mount; NULL where the kernel recovers
 * it at the mount.  ext2, vfat and exfat have no journal: the kernel mounts them as they are, and finds out later what is
 * wrong.  jfs has one, which its fsck alone replays, and the kernel refuses to mount it before.
 *
 * The options repair all that can be repaired, as a system does that boots with fsck.repair=yes.  With -a, fsck.ext2 gives up
 * on any file that was created just before the crash (an unattached inode), and says nothing about the rest.
 */
static inline const struct fsck *
fsck_find (const char *type)
{
  static const struct fsck all[] = {
    { "ext2", "fsck.ext2", "-y" }, { "vfat", "fsck.vfat", "-y" }, { "exfat", "fsck.exfat", "-y" }, { "jfs", "fsck.jfs", "-a" }
  };

  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (strcmp (all[i].type, type) == 0)
      return &all[i];
  return NULL;
}

#endif
