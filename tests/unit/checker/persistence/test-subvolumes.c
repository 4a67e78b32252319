/* SPDX-License-Identifier: BSD-3-Clause */
/* What is promised of subvolumes and snapshots. */
#include <config.h>

#include "checker/observe/sectors.h"
#include "checker/persistence/written.h"
#include "checker/workload/pattern.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/unit.h"

START_TEST (a_snapshot_is_there_as_a_whole_or_not_at_all)
{
  static const char made[] = "subvolume s\nwrite s/f 0 8K\nbegin\nappend s/f 4K\nmkdir s/d\nlink s/f s/d/g\n"
    "snapshot s t\n";
  static const char without[] = "subvolume s\nwrite s/f 0 8K\nappend s/f 4K\nmkdir s/d\nlink s/f s/d/g\n";
  static const struct left cases[] = {
    /* Before it returns it may be there, but not in part. */
    { made, 0, made, NULL },
    { made, 0, "subvolume s\nwrite s/f 0 8K\n", NULL },
    { made, 0, without, NULL },
    { made, 0, "subvolume s\nwrite s/f 0 8K\nsnapshot s t\n",
      "snapshot: t/d: missing, should be folder (snapshot at line 7)" },
    { made, 0, "subvolume s\nwrite s/f 0 8K\nsync\nmkdir s/d\nlink s/f s/d/g\nsnapshot s t\n",
      "snapshot: t/d/g: 8192 bytes" },
    { made, 0, "subvolume s\nwrite s/f 0 8K\nappend s/f 4K\nmkdir s/d\nsnapshot s t\n", "snapshot: t/d/g: missing" },
    /* Then it is there, whatever has become of what it was made of. */
    { made, 6, made, NULL },
    { made, 6, without, "snapshot: t: missing, should be subvolume (snapshot at line 7)" },
    { made, 6, "subvolume s\nwrite s/f 0 8K\nappend s/f 4K\nmkdir s/d\nlink s/f s/d/g\nsnapshot s t\nunlink s/d/g\n",
      NULL },
    { made, 6, "subvolume s\nwrite s/f 0 8K\nappend s/f 4K\nmkdir s/d\nlink s/f s/d/g\nsnapshot s t\nunlink t/d/g\n",
      "snapshot: t/d/g: missing" },
    { made, 6, "subvolume s\nwrite s/f 0 8K\nappend s/f 4K\nmkdir s/d\nlink s/f s/d/g\nmkdir t\n",
      "object: t: folder, should be subvolume" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (attributes_in_a_snapshot_are_those_of_its_moment)
{
  static const char made[] = "subvolume s\ncreat s/f\nsetxattr s/f user.a 1\nbegin\nsetxattr s/f user.a 2\n"
    "chmod s/f 600\n"
    "snapshot s t ro\nsetxattr s/f user.a 3\n";
  static const struct left cases[] = {
    { made, 0, "subvolume s\ncreat s/f\nsetxattr s/f user.a 2\nchmod s/f 600\n", NULL },
    { made, 6, made, NULL },
    { made, 6, "subvolume s\ncreat s/f\nsetxattr s/f user.a 2\nchmod s/f 600\nsnapshot s t ro\n", NULL },
    { made, 0, "subvolume s\ncreat s/f\nsetxattr s/f user.a 1\nchmod s/f 600\nsnapshot s t ro\n",
      "snapshot: t/f: xattrs" },
    { made, 6, "subvolume s\ncreat s/f\nsetxattr s/f user.a 2\nsnapshot s t ro\n",
      "snapshot: t/f: mode 0644, should be 0600" },
    { made, 6, "subvolume s\ncreat s/f\nsetxattr s/f user.a 2\nchmod s/f 600\nsnapshot s t\n",
      "object: t: subvolume, should be read-only subvolume" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (what_is_written_to_a_snapshot_is_old_or_new)
{
  static const char made[] = "subvolume s\nwrite s/f 0 8K\nbegin\nsnapshot s t\nwrite t/f 0 4K\n"
    "write s/f 4K 4K\nfsync s/f\n";
  static const struct left cases[] = {
    { made, 6, made, NULL },
    { made, 6, "subvolume s\nwrite s/f 0 8K\nsnapshot s t\nsync\nwrite s/f 4K 4K\n", NULL },
    { made, 6, "subvolume s\nwrite s/f 0 8K\nsnapshot s t\nwrite t/f 0 4K\n", "fsync-data: s/f: 8192 bytes" },
    { made, 6, "subvolume s\nwrite s/f 0 8K\nsync\nsync\nwrite s/f 4K 4K\nsnapshot s t\ntruncate t/f 4K\n",
      "snapshot: t/f: 4096 bytes" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (a_subvolume_that_is_deleted_goes_as_a_whole)
{
  static const char deleted[] = "subvolume s\nmkdir s/d\ncreat s/d/f\nbegin\ndelete-subvolume s\ncreat f\nfsync .\n";
  static const char again[] = "subvolume s\ncreat s/f\nbegin\ndelete-subvolume s\nsubvolume s\n"
    "write s/g 0 4K\nfsync s/g\n";
  static const struct left cases[] = {
    { deleted, 0, "subvolume s\nmkdir s/d\ncreat s/d/f\n", NULL },
    { deleted, 0, "sync\n", NULL },
    { deleted, 0, "subvolume s\nmkdir s/d\n", "sync-name: s/d/f: missing" },
    { deleted, 6, "creat f\n", NULL },
    { deleted, 6, "subvolume s\nmkdir s/d\ncreat s/d/f\ncreat f\n", "dir-gone: s: subvolume, should be gone" },
    { again, 0, "subvolume s\ncreat s/f\n", NULL },
    { again, 0, "subvolume s\n", NULL },
    { again, 6, again, NULL },
    { again, 6, "sync\nsync\nsync\nsync\nsync\n", "fsync-name: s: missing" },
    { again, 6, "subvolume s\ncreat s/f\n", "fsync-name: s/g: missing" },
    { "subvolume s\ncreat s/f\nbegin\nopen d s/f\ndelete-subvolume s\nfsync @d\nfdatasync @d\n", 6, "sync\n", NULL },
    { "subvolume s\ncreat s/f\nbegin\nopen d s/f\ndelete-subvolume s\nfsync @d\nfdatasync @d\n", 6,
      "subvolume s\ncreat s/f\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

/* The fsync of one that is new promises its name, that of one that was moved nothing about that. */
START_TEST (a_subvolume_is_moved_to_another)
{
  static const char fresh[] = "creat f\nbegin\nsubvolume s\nfsync s\nrename s t\nfsync t\n";
  static const char moved[] = "subvolume s\nsubvolume s/a\ncreat s/a/f\nbegin\nrename s/a a\nfsync a/f\nsync\n";
  static const struct left cases[] = {
    { moved, 5, moved, NULL },
    { moved, 5, "subvolume s\nsubvolume s/a\ncreat s/a/f\n", NULL },
    { moved, 5, "subvolume s\n", "rename-lost: s/a or a: lost" },
    { moved, 5, "subvolume s\nsubvolume s/a\ncreat s/a/f\nsubvolume a\ncreat a/f\n",
      "rename: s/a: subvolume, is at a, too" },
    { moved, 5, "subvolume s\nsubvolume s/a\n", "fsync-name: s/a/f: missing" },
    { fresh, 3, "creat f\nsubvolume s\n", NULL },
    { fresh, 3, "creat f\n", "rename-lost: s or t: lost" },
    { fresh, 5, "creat f\nsubvolume t\n", NULL },
    { fresh, 5, "creat f\nsubvolume s\n", NULL },
    { moved, 6, "subvolume s\nsubvolume s/a\ncreat s/a/f\n", "sync-name: a: missing, should be subvolume" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

/* Whether a file of 512 bytes at INODE of MADE, with the sector of HASH, has what was never written to it. */
static bool
is_stale (const char *made, uint32_t inode, uint64_t hash)
{
  struct workload workload = parse_well (made);
  struct written_file *files;
  size_t count;
  const struct page_file seen = { .sectors = &hash, .count = 1 };

  ck_assert_int_eq (written_find (&workload, &files, &count), 0);
  ck_assert_uint_lt (inode, count);
  const bool stale = written_find_stale (&files[inode], &seen, 512) == 0;
  written_free (files, count);
  workload_free (&workload);
  return stale;
}

START_TEST (what_was_written_before_a_snapshot_is_not_stale_in_it)
{
  static const char made[] = "subvolume s\nwrite s/f 0 4K\nbegin\nsnapshot s t\nwrite s/f 8K 4K\n";
  const uint32_t original = 2, copy = 4;
  uint8_t before[SECTOR_SIZE], after[SECTOR_SIZE];

  workload_fill (2, 0, before, sizeof before);
  workload_fill (4, 8192, after, sizeof after);
  ck_assert (!is_stale (made, original, sector_hash ((const char *) before, sizeof before)));
  ck_assert (!is_stale (made, original, sector_hash ((const char *) after, sizeof after)));
  ck_assert (!is_stale (made, copy, sector_hash ((const char *) before, sizeof before)));
  ck_assert (is_stale (made, copy, sector_hash ((const char *) after, sizeof after)));
}
END_TEST

UNIT_TEST_MAIN ("subvolumes",
                a_snapshot_is_there_as_a_whole_or_not_at_all,
                attributes_in_a_snapshot_are_those_of_its_moment,
                what_is_written_to_a_snapshot_is_old_or_new,
                a_subvolume_that_is_deleted_goes_as_a_whole,
                a_subvolume_is_moved_to_another,
                what_was_written_before_a_snapshot_is_not_stale_in_it)
