/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/image.h"

/* Programs that take a file system apart; those that the host has are taken along. */
static const struct {
  const char *filesystem, *programs;
} tools[] = {
  { "ext2", "debugfs dumpe2fs e2fsck fsck.ext2 tune2fs e2image filefrag lsattr chattr" },
  { "ext3", "debugfs dumpe2fs e2fsck fsck.ext3 tune2fs e2image filefrag lsattr chattr" },
  { "ext4", "debugfs dumpe2fs e2fsck fsck.ext4 tune2fs e2image filefrag lsattr chattr" },
  { "xfs", "xfs_db xfs_repair xfs_logprint xfs_io xfs_spaceman filefrag" },
  { "btrfs", "btrfs btrfsck btrfs-find-root btrfs-select-super filefrag" },
  { "f2fs", "fsck.f2fs dump.f2fs filefrag" },
  { "nilfs2", "lscp dumpseg lssu nilfs-tune" },
  { "vfat", "fsck.vfat fatlabel" },
  { "exfat", "fsck.exfat dump.exfat" },
  { "jfs", "jfs_fsck jfs_debugfs jfs_logdump jfs_tune" },
};

/* Make every applet a link to busybox, unless a program of the host is there. */
static int
add_applets (struct initramfs *initramfs, const char *busybox, const char *guest_path)
{
  CLEANUP_FREE char *list = process_output ((const char *const[]) { busybox, "--list", NULL }, NULL);
  char *rest = list, *name;

  if (list == NULL)
    return -1;
  while ((name = strsep (&rest, "\n")) != NULL) {
    CLEANUP_FREE char *link = text_format ("/bin/%s", name);

    if (link == NULL || (*name && strchr (name, '/') == NULL && strcmp (name, "busybox") != 0
                         && initramfs_add_link (initramfs, link, guest_path) == -1))
      return -1;
  }
  return 0;
}

int
guest_image_add_shell (struct initramfs *initramfs, const char *filesystem)
{
  CLEANUP_FREE char *busybox = process_find ("busybox");
  CLEANUP_FREE char *guest_path = NULL;

  if (busybox == NULL) {
    error_message ("busybox: not found: a shell in the guest needs it: install busybox-static");
    return -1;
  }
  if (initramfs_add_program (initramfs, busybox, &guest_path) == -1)
    return -1;
  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
    if (strcmp (tools[i].filesystem, filesystem) == 0 && initramfs_add_named_programs (initramfs, tools[i].programs) == -1)
      return -1;
  return add_applets (initramfs, busybox, guest_path);
}
