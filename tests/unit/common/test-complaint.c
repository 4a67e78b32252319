/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs really print when they fail, and what of it is shown. */
#include <config.h>

#include <stdlib.h>

#include "common/complaint.h"
#include "tests/unit/unit.h"

static void
assert_complaint (const char *text, const char *expected)
{
  char *complaint = complaint_in (text);

  ck_assert_ptr_nonnull (complaint);
  ck_assert_str_eq (complaint, expected);
  free (complaint);
}

START_TEST (a_usage_text_is_not_shown)
{
  assert_complaint ("size 1024 of data subvolume is too small, minimum 4096 blocks\nUsage: mkfs.xfs\n"
                    "/* blocksize */\t\t[-b size=num]\n<value> is xxx (512 byte blocks).\n",
                    "size 1024 of data subvolume is too small, minimum 4096 blocks");
  assert_complaint ("mkfs.btrfs: invalid option -- 'Z'\nusage: mkfs.btrfs [options] <dev> [<dev...>]\n\n"
                    "    Create a file system\n\n",
                    "mkfs.btrfs: invalid option -- 'Z'");
  assert_complaint ("\n\tError: Wrong features nonsense\n\nUsage: mkfs.f2fs [options] device [sectors]\n[options]:\n",
                    "Error: Wrong features nonsense");
}
END_TEST

START_TEST (the_last_lines_are_shown)
{
  assert_complaint ("mkfs.nilfs2 (nilfs-utils 2.2.9)\nError: too small device.\n       device size=65536 bytes, "
                    "required size=134221824 bytes.\n"
                    "       Please enlarge the device.\n",
                    "Error: too small device.; device size=65536 bytes, required size=134221824 bytes.; "
                    "Please enlarge the device.");
  assert_complaint ("\nFilesystem too small for a journal", "Filesystem too small for a journal");
}
END_TEST

START_TEST (a_usage_text_alone_is_shown)
{
  assert_complaint ("Usage: mkfs.exfat\n\t-L | --volume-label=label  Set volume label\n", "Usage: mkfs.exfat");
  assert_complaint ("", "");
  assert_complaint ("\n \n", "");
}
END_TEST

UNIT_TEST_MAIN ("complaint",
  a_usage_text_is_not_shown,
  the_last_lines_are_shown,
  a_usage_text_alone_is_shown)
