/* SPDX-License-Identifier: BSD-3-Clause */
/* Which parts of a file have blocks: the word, and that of files on this machine. */
#include <config.h>

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "checker/observe/allocation.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

START_TEST (words_are_parsed)
{
  struct allocation allocation;

  ck_assert_int_eq (allocation_parse ("4096:24:0-4096,8192-16384;flags=i", &allocation), 0);
  ck_assert_uint_eq (allocation.block_bytes, 4096);
  ck_assert_uint_eq (allocation.sectors, 24);
  ck_assert_uint_eq (allocation.runs.count, 2);
  ck_assert_uint_eq (allocation.runs.list[1].from, 8192);
  ck_assert_uint_eq (allocation.runs.list[1].to, 16384);
  free (allocation.runs.list);
  ck_assert_int_eq (allocation_parse ("512:0:-", &allocation), 0);
  ck_assert_uint_eq (allocation.runs.count, 0);
}
END_TEST

START_TEST (other_words_are_none)
{
  static const char *const bad[] = {
    "", "4096", "4096:8", "4096:8:", "0:8:0-4096", "4096:x:-", "4096:8:0", "4096:8:0-", "4096:8:0-0", "4096:8:4096-0",
    "4096:8:0-512", "4096:8:512-4096", "4096:8:0-4096,4096-8192", "4096:8:8192-12288,0-4096", "4096:8:0-4096,",
    "4096:8:0-4096:", "1073741825:8:-", "4096:8:0-18446744073709551615",
  };
  struct allocation allocation;

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_msg (allocation_parse (bad[i], &allocation) == -1, "%s is accepted", bad[i]);
}
END_TEST

/* Whether the file system of FD has FIEMAP. */
static bool
has_fiemap (int fd)
{
  struct fiemap map = { .fm_length = FIEMAP_MAX_OFFSET };

  return ioctl (fd, FS_IOC_FIEMAP, &map) == 0;
}

/* The fact of `file`, as it is observed, or false. */
static bool
observe_blocks (struct allocation *allocation)
{
  CLEANUP_FREE char *text = tree_observe_sectors (top, (const char *const[]) { "file" }, 1, NULL, FACT_EXTENTS);
  const char *fact = strstr (text, ";extents="), *end = fact ? strchr (fact, ' ') : NULL;

  if (fact == NULL)
    return false;
  CLEANUP_FREE char *value = strndup (fact + strlen (";extents="), (size_t) (end - fact) - strlen (";extents="));
  ck_assert_msg (allocation_parse (value, allocation) == 0, "%s", value);
  return true;
}

START_TEST (blocks_beyond_the_end_are_seen)
{
  const struct byte_range written = { 0, 65536 }, kept = { 1 << 20, 2 << 20 }, hole = { 131072, 1 << 20 };
  char bytes[65536];
  struct allocation allocation;

  memset (bytes, 'x', sizeof bytes);
  make_file (top, "file", bytes, sizeof bytes);
  CLEANUP_CLOSE int fd = openat (top, "file", O_RDWR | O_CLOEXEC);
  const bool can = has_fiemap (fd) && fallocate (fd, FALLOC_FL_KEEP_SIZE, 1 << 20, 1 << 20) == 0;
  ck_assert_int_eq (fsync (fd), 0);
  /* What is not known is not said. */
  ck_assert (observe_blocks (&allocation) == has_fiemap (fd));
  if (!can)
    return;
  ck_assert (ranges_cover (&allocation.runs, written) && ranges_cover (&allocation.runs, kept));
  ck_assert (!ranges_meet (&allocation.runs, hole));
  free (allocation.runs.list);
  ck_assert_int_eq (ftruncate (fd, 0), 0);
  ck_assert_int_eq (fsync (fd), 0);
  ck_assert (observe_blocks (&allocation));
  ck_assert_uint_eq (allocation.runs.count, 0);
}
END_TEST

UNIT_TEST_MAIN_WITH ("allocation", tree_setup, tree_teardown,
                     words_are_parsed, other_words_are_none, blocks_beyond_the_end_are_seen)
