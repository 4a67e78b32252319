/* SPDX-License-Identifier: BSD-3-Clause */
/* What checkers print, as they did in 2026 on Debian 12, and which of it is a complaint. */
#include <config.h>

#include <string.h>

#include "filesystem/fsck.h"
#include "tests/unit/unit.h"

static const struct output {
  const char *filesystem, *text, *complaint;
} outputs[] = {
  { "ext4", "e2fsck 1.47.0 (5-Feb-2023)\nPass 1: Checking inodes, blocks, and sizes\n"
    "Inode 12, i_blocks is 8, should be 0.  Fix? no\n\nPass 2: Checking directory structure\n",
    "Inode 12, i_blocks is 8, should be 0.  Fix? no" },
  { "ext3", "e2fsck 1.47.0 (5-Feb-2023)\nPass 1: Checking inodes, blocks, and sizes\n"
    "Pass 5: Checking group summary information\nBlock bitmap differences:  +(1--259) +261\nFix? no\n\n",
    "Block bitmap differences:  +(1--259) +261" },
  { "xfs", "Phase 1 - find and verify superblock...\nPhase 2 - using internal log\n        - zero log...\n"
    "        - scan filesystem freespace and inode maps...\nagf_freeblks 3, counted 19182 in ag 0\n"
    "        - found root inode chunk\nNo modify flag set, skipping phase 5\n",
    "agf_freeblks 3, counted 19182 in ag 0" },
  { "btrfs", "[1/7] checking root items\n[2/7] checking extents\n[4/7] checking fs roots\n"
    "root 5 inode 257 errors 200, dir isize wrong\nERROR: errors found in fs roots\nOpening filesystem to check...\n",
    "root 5 inode 257 errors 200, dir isize wrong" },
  { "f2fs", "Info: Dry run\nInfo: FSCK version\n  from \"Linux version 6.1.176\"\n    to \"Linux version 6.1.176\"\n\n"
    "NID[0x4] has [0x7] more unreachable links\n[FSCK] Max image size: 24 MB, Free space: 15 MB\n",
    "NID[0x4] has [0x7] more unreachable links" },
  { "f2fs", "Info: Dry run\n\n[FSCK] Max image size: 24 MB, Free space: 15 MB\n"
    "[FSCK] Unreachable nat entries                        [Ok..] [0x0]\n"
    "[FSCK] SIT valid block bitmap checking                [Fail]\n",
    "[FSCK] SIT valid block bitmap checking                [Fail]" },
  { "vfat", "fsck.fat 4.2 (2021-01-31)\nFATs differ but appear to be intact.\n  Using first FAT.\n",
    "FATs differ but appear to be intact." },
  { "jfs", "jfs_fsck version 1.1.15, 04-Mar-2011\nprocessing started: 11/29/2026 11:33:08\n"
    "The current device is:  /dev/vda\nBlock size in bytes:  4096\nFilesystem size in blocks:  16384\n"
    "**Phase 0 - Replay Journal Log\n**Phase 1 - Check Blocks, Files/Directories, and  Directory Entries\n"
    "Errors detected in the Primary File/Directory Allocation Table.\n",
    "Errors detected in the Primary File/Directory Allocation Table." },
  { "exfat", "exfatprogs version : 1.2.0\r\n\n  \n", "" },
  { "ext4", "", "" },
  { "nilfs2", "all of it\n", "all of it" },
};

START_TEST (the_first_complaint_is_found)
{
  size_t length;
  const char *complaint = fsck_complaint (&filesystem_find (outputs[_i].filesystem)->fsck, outputs[_i].text, &length);

  ck_assert_msg (length == strlen (outputs[_i].complaint) && memcmp (complaint, outputs[_i].complaint, length) == 0,
                 "%s: %.*s", outputs[_i].filesystem, (int) length, complaint);
}
END_TEST

START_TEST (a_long_line_is_cut)
{
  char text[5000];
  size_t length;

  memset (text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  ck_assert_ptr_eq (fsck_complaint (&filesystem_find ("ext4")->fsck, text, &length), text);
  ck_assert_uint_eq (length, 300);
}
END_TEST

START_TEST (an_exit_status_is_about_the_file_system_or_the_program)
{
  ck_assert (fsck_objects (1));         /* xfs_repair, btrfs, fsck.vfat */
  ck_assert (fsck_objects (4));
  ck_assert (fsck_objects (12));        /* errors are left, and it failed afterwards */
  ck_assert (fsck_objects (255));
  ck_assert (!fsck_objects (0));
  ck_assert (!fsck_objects (8));
  ck_assert (!fsck_objects (16));
  ck_assert (!fsck_objects (128));
}
END_TEST

UNIT_TEST_MAIN ("fsck", LOOP_OVER (the_first_complaint_is_found, outputs), a_long_line_is_cut,
                an_exit_status_is_about_the_file_system_or_the_program)
