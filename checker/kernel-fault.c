/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "checker/kernel-fault.h"

/* A line is a fault if it contains both texts.  Sources: lib/bug.c, kernel/panic.c, kernel/hung_task.c,
 * arch/x86/kernel/dumpstack.c, fs/ext4/super.c (__ext4_error), fs/xfs/xfs_error.c, fs/btrfs/messages.c, fs/f2fs,
 * fs/fat/misc.c, fs/exfat/misc.c, fs/nilfs2/super.c and btree.c, fs/jfs/super.c (jfs_error), lib/Kconfig.debug's
 * reports.
 */
static const char *const faults[][2] = {
  { "BUG: ", "" },
  { "kernel BUG at ", "" },
  { "WARNING: ", " at " },
  { "Oops: ", "" },
  { "general protection fault", "" },
  { "Kernel panic", "" },
  { "INFO: task ", " blocked for more than" },
  { "rcu: INFO: ", "detected stall" },
  { "UBSAN: ", "" },
  { "EXT4-fs error", "" },
  { "EXT2-fs", "error" },
  { "XFS (", "Corruption" },
  { "XFS (", "corruption" },
  { "XFS (", "CRC error" },
  { "XFS (", "Internal error" },
  { "XFS (", "Assertion failed" },
  { "BTRFS critical", "" },
  { "BTRFS error", "" },
  { "BTRFS: Transaction aborted", "" },
  { "F2FS-fs", "nconsisten" },
  { "F2FS-fs", "corrupted" },
  { "F2FS-fs", "run fsck to fix" },
  { "FAT-fs", "error" },         /* exFAT-fs, too */
  { "NILFS error", "" },
  { "NILFS (", "bad btree node" },
  { "ERROR: (device ", "" },    /* jfs */
};

bool
kernel_line_is_fault (const char *line)
{
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
    if (strstr (line, faults[i][0]) && strstr (line, faults[i][1]))
      return true;
  return false;
}
