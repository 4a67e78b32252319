/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages have the form that the kernel gives them. */
#include <config.h>

#include <string.h>

#include "checker/kernel-fault.h"
#include "tests/unit/unit.h"

static const char *const faults[] = {
  "EXT4-fs error (device vda): ext4_lookup:1862: inode #2: comm init: deleted inode referenced: 12",
  "FAT-fs (vda): error, fat_get_cluster: invalid cluster chain (i_pos 33281)",
  "exFAT-fs (vda): error, failed to bmap (inode : 00000000c0ffee00 iblock : 3, err : -5)",
  "F2FS-fs (vda): f2fs_check_nid_range: out-of-range nid=4711, run fsck to fix.",
  "NILFS error (device vda): nilfs_check_page: bad entry in directory #2: rec_len is smaller than minimal",
  "NILFS (vda): bad btree node (ino=12, blocknr=100): level = 0, flags = 0x0, nchildren = 0",
  "ERROR: (device vda): dtSearch: stack overrun!",
  "WARNING: CPU: 0 PID: 1 at fs/f2fs/checkpoint.c:152 f2fs_is_valid_blkaddr+0x123/0x456 [f2fs]",
};

static const char *const ordinary[] = {
  "FAT-fs (vda): Volume was not properly unmounted. Some data may be corrupt. Please run fsck.",
  "exFAT-fs (vda): Volume was not properly unmounted. Some data may be corrupt. Please run fsck.",
  "FAT-fs (vda): utf8 is not a recommended IO charset for FAT filesystems, filesystem will be case sensitive!",
  "EXT4-fs (vda): warning: mounting unchecked fs, running e2fsck is recommended",
  "EXT4-fs (vda): recovery complete",
  "NILFS (vda): mounting unchecked fs",
  "NILFS (vda): recovery complete",
  "NILFS (vda): segctord starting. Construction interval = 5 seconds, CP frequency < 30 seconds",
  "F2FS-fs (vda): Mounted with checkpoint version = 2a4b",
  "JFS: nTxBlock = 1234, nTxLock = 9876",
};

START_TEST (corruption_is_a_fault)
{
  ck_assert_msg (kernel_line_is_fault (faults[_i]), "%s", faults[_i]);
}
END_TEST

START_TEST (what_only_a_file_system_says_is_no_bug)
{
  ck_assert_msg (kernel_line_is_bug (faults[_i]) == (strstr (faults[_i], "WARNING: ") != NULL), "%s", faults[_i]);
}
END_TEST

START_TEST (what_a_recovery_says_is_none)
{
  ck_assert_msg (!kernel_line_is_fault (ordinary[_i]), "%s", ordinary[_i]);
}
END_TEST

UNIT_TEST_MAIN ("kernel-fault",
                LOOP_OVER (corruption_is_a_fault, faults),
                LOOP_OVER (what_only_a_file_system_says_is_no_bug, faults),
                LOOP_OVER (what_a_recovery_says_is_none, ordinary))
