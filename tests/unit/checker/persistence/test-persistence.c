/* SPDX-License-Identifier: BSD-3-Clause */
/* What the oracle looks at, and what it refuses. */
#include <config.h>

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "checker/persistence/persistence.h"
#include "checker/workload/pattern.h"
#include "common/clock.h"
#include "filesystem/filesystem.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

#define ROOT "d 0755 0 0 - - - .\n"

START_TEST (data_that_were_touched_later_keep_within_bounds)
{
  static const struct left cases[] = {
    { "write a 0 8K\nsync\nwrite a 0 4K\n", 2, "write a 0 4K\nappend a 4K\n", NULL },
    { "write a 0 8K\nsync\nwrite a 0 4K\n", 2, "write a 0 4K\n", "sync-data: a: 4096 bytes " },
    { "write a 0 8K\nsync\nappend a 4K\n", 2, "write a 0 8K\nwrite a 8K 1K\n", NULL },
    { "write a 0 8K\nsync\nappend a 4K\n", 2, "write a 0 13K\n", "sync-data: a: 13312 bytes " },
    { "write a 0 8K\nsync\ntruncate a 1K\n", 2, "write a 0 2K\n", NULL },
    { "write a 0 8K\nsync\ntruncate a 1K\n", 2, "creat a\n",
      "sync-data: a: empty, should be 1024 to 8192 bytes, the first 1024 as they were" },
    { "write a 0 8K\nsync\nwrite a 0 4K\n", 2, "creat a\ntruncate a 8K\n",
      "sync-data: a: 8192 bytes, all zero, should be 8192 bytes, those outside 0 to 4096 as they were "
      "(sync at line 2)" },
    { "write a 0 8K\nsync\nfalloc a zero 0 8K\n", 2, "creat a\ntruncate a 8K\n", NULL },
    { "write a 0 8K\nsync\nfalloc a keep 0 16K\n", 2, "write a 0 4K\n", "sync-data: a: 4096 bytes" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

/* TREE with a line about the sectors of `a`, which holds the SIZE bytes at BYTES; to free. */
static char *
with_sectors (const char *tree, const uint8_t *bytes, size_t size)
{
  char *text;
  size_t length;
  FILE *file = open_memstream (&text, &length);
  struct sector_writer writer = { .file = file };

  fprintf (file, "%s= ", tree);
  sectors_add (&writer, (const char *) bytes, size);
  sectors_end (&writer);
  fputs (" a\n", file);
  fclose (file);
  return text;
}

START_TEST (sectors_outside_the_range_that_was_touched_are_as_they_were)
{
  static const char text[] = "write a 0 8K\nsync\nwrite a 1000 2000\n";
  char *tree = tree_after (text, SIZE_MAX);
  uint8_t bytes[8192];

  /* The range has a part of sector 1 to a part of sector 5. */
  for (size_t sector = 0; sector < 16; sector++) {
    workload_fill (1, 0, bytes, sizeof bytes);
    memset (bytes + sector * SECTOR_SIZE, sector % 2 ? 0 : 7, SECTOR_SIZE);
    char *seen = with_sectors (tree, bytes, sizeof bytes);
    assert_seen (text, 2, seen,
                 sector < 1 || sector > 5 ? "sync-data: a: 8192 bytes " : sector % 2 ? NULL : "stale: a: ");
    free (seen);
  }
  workload_fill (1, 0, bytes, sizeof bytes);
  char *seen = with_sectors (tree, bytes, sizeof bytes);
  assert_seen (text, 2, seen, NULL);
  free (seen);
  /* Between two ranges that were touched. */
  static const char two[] = "write a 0 8K\nsync\nwrite a 100 200\nwrite a 7000 10\n";
  for (size_t sector = 0; sector < 16; sector++) {
    workload_fill (1, 0, bytes, sizeof bytes);
    bytes[sector * SECTOR_SIZE] ^= 1;
    seen = with_sectors (tree, bytes, sizeof bytes);
    assert_seen (two, 2, seen, sector == 0 || sector == 13 ? "stale: a: " : "sync-data: a: 8192 bytes ");
    free (seen);
  }
  workload_fill (1, 0, bytes, sizeof bytes);
  /* One that grows: what was in it is as it was. */
  static const char grows[] = "write a 0 8K\nsync\nappend a 4K\n";
  seen = with_sectors (tree, bytes, sizeof bytes);
  assert_seen (grows, 2, seen, NULL);
  free (seen);
  bytes[8191] ^= 1;
  seen = with_sectors (tree, bytes, sizeof bytes);
  assert_seen (grows, 2, seen, "sync-data: a: 8192 bytes ");
  free (seen);
  free (tree);
}
END_TEST

/* What is said of `a`, of which all that WORKLOAD leaves is seen, but the SIZE bytes at BYTES in its place. */
static char *
judge_bytes (const char *options, const char *workload, const uint8_t *bytes, size_t size)
{
  char *tree, *seen;

  ck_assert_int_ne (asprintf (&tree, "d 0755 0 0 - - - .\nf 0644 0 0 %zu 0123456789abcdef0123456789abcdef - a\n", size),
                    -1);
  seen = with_sectors (tree, bytes, size);
  char *detail = judge_on ("ext4", options, workload, 0, seen);
  free (seen);
  free (tree);
  return detail;
}

START_TEST (bytes_that_were_never_written_to_a_file_are_stale)
{
  static const char text[] =
    "begin\nwrite b 0 8K\nwrite a 0 3000\nwrite a 100 100\ntruncate a 8K\nfalloc a insert 0 4K\n";
  static const struct {
    uint32_t operation;
    size_t at, from, size;      /* in BYTES; of what it writes; of BYTES */
    const char *expected;
  } cases[] = {
    { 2, 0, 0, 3000, NULL },
    { 2, 0, 0, 2560, NULL },
    { 2, 512, 512, 8192, NULL },        /* zeros are as good, and all versions of a sector are */
    { 2, 4096, 0, 12288, NULL },        /* where it was inserted */
    { 1, 0, 0, 3000, "stale: a: 3000 bytes 01234567..., has bytes at 0 that were never written to it" },
    { 1, 1024, 1024, 8192, "stale: a: 8192 bytes 01234567..., has bytes at 1024 that" },
    { 1, 2560, 2560, 3000, "stale: a: 3000 bytes 01234567..., has bytes at 2560 that" },
    { 1, 2560, 2560, 2900, NULL },      /* never of that size: nobody knows */
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t bytes[12288] = { 0 };
    const size_t room = sizeof bytes - cases[i].at, length = cases[i].operation == 2 ? 3000 - cases[i].from : 512;

    workload_fill (cases[i].operation, cases[i].from, bytes + cases[i].at, length < room ? length : room);
    char *detail = judge_bytes ("", text, bytes, cases[i].size);
    ck_assert_msg (cases[i].expected ? detail && strstr (detail, cases[i].expected) == detail : detail == NULL,
                   "case %zu: %s", i, detail ? detail : "nothing");
    free (detail);
    detail = judge_bytes ("data=writeback", text, bytes, cases[i].size);
    ck_assert_ptr_null (detail);
  }
}
END_TEST

/* Each size of a file is looked at after each operation: so many sectors are not noted. */
START_TEST (what_is_too_much_to_note_is_not_stale)
{
  uint8_t bytes[12288];

  memset (bytes, 0x55, sizeof bytes);
  char *detail = judge_bytes ("", "begin\nwrite b 0 8K\ncreat a\n1000x truncate a $\n", bytes, 700);
  ck_assert_msg (detail && strncmp (detail, "stale: a: ", 10) == 0, "%s", detail ? detail : "nothing");
  free (detail);
  detail = judge_bytes ("", "begin\nwrite b 0 8K\ncreat a\n2100x truncate a $\n", bytes, 700);
  ck_assert_ptr_null (detail);
}
END_TEST

START_TEST (files_that_are_touched_are_judged_by_ranges)
{
  struct workload workload = parse_well ("mkdir A\nwrite A/x%20y 0 4K\nwrite b 0 4K\nwrite c 0 4K\nbegin\nwrite b 0 1\n"
                                         "fsync b\nrename A/x%20y d\nappend d 5\nwrite c 0 4K\nsync\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  static const char *const expected[] = { "A/x%20y", "b", "c", "d" };
  char **paths;
  ssize_t count = persistence_paths (persistence, &paths);

  ck_assert_int_eq (count, 4);
  for (ssize_t i = 0; i < count; i++) {
    ck_assert_str_eq (paths[i], expected[i]);
    free (paths[i]);
  }
  free (paths);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

/* As many as there may be: with all of them done anew for each it takes minutes. */
START_TEST (a_file_that_is_synced_often_is_judged_soon)
{
  struct workload workload = parse_well ("5000x {\nappend a 1\nfsync a\n}\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  char **paths, *detail;
  const int64_t start_ms = clock_ms ();

  ck_assert_int_eq (persistence_paths (persistence, &paths), 1);
  ck_assert_str_eq (paths[0], "a");
  for (uint16_t i = 2; i <= 10000; i += 2) {
    ck_assert_int_eq (persistence_judge (persistence, (struct workload_progress) { { i } }, ROOT, &detail), 0);
    ck_assert_ptr_nonnull (detail);
    free (detail);
  }
  ck_assert_int_lt (clock_ms () - start_ms, 60000);
  free (paths[0]);
  free (paths);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

START_TEST (what_cannot_be_read_is_wrong)
{
  static const char text[] = "mkdir A\nwrite A/a 0 4K\nsync\ncreat b\n";
  static const struct {
    const char *seen, *expected;
  } cases[] = {
    { ROOT "d 0755 0 0 - - - A\nf 0644 0 0 4096 !EIO - A/a\n",
      "object: A/a: unreadable file (EIO), should be 4096 bytes" },
    { ROOT "d 0755 0 0 - - - A\n? - - - - !EUCLEAN - A/a\n",
      "object: A/a: unreadable object (EUCLEAN), should be 4096 bytes" },
    { ROOT "d 0755 0 0 - !EIO - A\n", "object: A: unreadable folder (EIO), should be folder" },
    { ROOT "d 0755 0 0 - - !EIO A\n", "object: A: folder with unreadable xattrs (EIO), should be folder" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_seen (text, 3, cases[i].seen, cases[i].expected);
  /* Nothing was promised of b, but what is there can be read. */
  char *tree = tree_after (text, 3), *seen;
  ck_assert_int_ne (asprintf (&seen, "%sf 0644 0 0 0 empty - b\n", tree), -1);
  assert_seen (text, 3, seen, NULL);
  free (seen);
  ck_assert_int_ne (asprintf (&seen, "%sf 0644 0 0 5 !EIO - b\n", tree), -1);
  assert_seen (text, 3, seen, "object: b: unreadable file (EIO), should be file");
  free (seen);
  free (tree);
}
END_TEST

START_TEST (link_counts_are_right_whatever_the_name)
{
  static const char text[] = "creat a\nbegin\nlink a b\n";
  static const char seen[] = ROOT "f 0644 0 0 0 empty - a\np 0644 0 0 - - -;links=2/1 old%20one\n";

  assert_seen (text, 0, ROOT "f 0644 0 0 0 empty - a\n", NULL);
  assert_seen (text, 0, ROOT "f 0644 0 0 0 empty -;links=2/1 a\n", "links: a: link count 2, should be 1");
  assert_seen (text, 0, seen, "links: old%20one: link count 2, should be 1");
  assert_seen ("creat a\nbegin\nlink a b\nrule -links\n", 0, seen, NULL);
}
END_TEST

START_TEST (rules_depend_on_the_file_system)
{
  static const char text[] = "creat a\nlink a b\nbegin\nunlink b\nfsync a\n";
  static const char made[] = "write a 0 4K\nfsync a\n";
  static const char exchange[] = "write a 0 8K\nwrite b 0 4K\nbegin\nexchange a b\nfsync a\n";
  static const char removed[] = "write a 0 8K\nbegin\nunlink a\n";
  static const char replaced[] = "write a 0 8K\nwrite b 0 4K\nbegin\nrename b a\n";
  static const struct {
    const char *filesystem, *options, *text;
    uint32_t number;
    const char *other;
    bool wrong;
    uint32_t features;
  } cases[] = {
    { "xfs", "", text, 4, "creat a\nlink a b\n", true, 0 },
    { "btrfs", "", text, 4, "creat a\nlink a b\n", true, 0 },
    { "btrfs", "", exchange, 4, "write a 0 8K\nwrite b 0 4K\n", true, 0 },
    { "xfs", "", exchange, 4, "write a 0 8K\nwrite b 0 4K\n", false, 0 },
    { "f2fs", "", text, 4, "creat a\nlink a b\n", false, 0 },
    { "f2fs", "noatime,fsync_mode=strict", text, 4, "creat a\nlink a b\n", true, 0 },
    { "f2fs", "fsync_mode=strictly", text, 4, "creat a\nlink a b\n", false, 0 },
    { "f2fs", "", made, 2, "creat a\n", true, 0 },
    { "f2fs", "", made, 2, "sync\n", true, 0 },
    { "f2fs", "fsync_mode=nobarrier", made, 2, "sync\n", false, 0 },
    { "f2fs", "fsync_mode=nobarrier", made, 2, "creat a\n", false, 0 },
    { "f2fs", "disable_roll_forward", made, 2, "sync\n", false, 0 },
    { "f2fs", "disable_roll_forward", "creat a\nsync\n", 2, "sync\n", true, 0 },
    { "f2fs", "checkpoint=disable", "creat a\nsync\n", 2, "sync\n", false, 0 },
    { "ext2", "", made, 2, "sync\n", false, 0 },
    { "ext4", "", made, 2, "sync\n", true, 0 },
    { "ext4", "", made, 2, "sync\n", false, FILESYSTEM_NO_JOURNAL },
    { "ext4", "", made, 2, "creat a\n", true, FILESYSTEM_NO_JOURNAL },
    { "ext4", "", "creat a\nsync\n", 2, "sync\n", true, FILESYSTEM_NO_JOURNAL },
    { "ext4", "barrier=1", made, 2, "sync\n", true, 0 },
    { "ext4", "barrier=0", "creat a\nsync\n", 2, "sync\n", false, 0 },
    { "ext3", "noatime,nobarrier", "creat a\nsync\n", 2, "sync\n", false, 0 },
    { "btrfs", "nobarrier", "creat a\nsync\n", 2, "sync\n", false, 0 },
    { "btrfs", "notreelog,nodatacow", made, 2, "sync\n", true, 0 },
    { "vfat", "", made, 2, "creat a\n", true, 0 },
    { "vfat", "", "creat a\nsync\n", 2, "sync\n", true, 0 },
    /* A file that is being removed is there as it was only where that is one step. */
    { "vfat", "", removed, 0, "creat a\n", false, 0 },
    { "vfat", "", replaced, 0, "creat a\nwrite b 0 4K\n", false, 0 },
    { "vfat", "", replaced, 0, "write a 0 8K\ncreat b\n", true, 0 },
    { "ext2", "", "write a 0 8K\nlink a b\nbegin\nunlink a\n", 0, "creat a\nlink a b\n", true, 0 },
    { "vfat", "", "write a 0 8K\nbegin\nunlink a\nsync\n", 3, "creat a\n", true, 0 },
    { "ext4", "", removed, 0, "creat a\n", true, 0 },
    { "ext4", "", removed, 0, "creat a\n", false, FILESYSTEM_NO_JOURNAL },
    { "jfs", "", removed, 0, "creat a\n", true, 0 },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *seen = tree_after (cases[i].other, SIZE_MAX);
    char *detail = judge_made (cases[i].filesystem, cases[i].options, cases[i].features, cases[i].text, cases[i].number,
                               seen);

    ck_assert_msg ((detail != NULL) == cases[i].wrong, "case %zu: %s", i, detail ? detail : "nothing");
    free (detail);
    free (seen);
  }
}
END_TEST

START_TEST (a_rule_that_is_none_is_refused)
{
  struct workload workload = parse_well ("creat a\nrule +sync\n");
  uint32_t rules;

  ck_assert_int_eq (persistence_rules (&workload, RULES_ALL, &rules), -1);
  ck_assert_str_eq (message, "file:2: sync: no such rule: see powercut-workload(5)");
  workload_free (&workload);
}
END_TEST

START_TEST (marks_that_cannot_be_are_refused)
{
  static const uint16_t bad[] = { 1, 2, 4, 6, UINT16_MAX };
  struct workload workload = parse_well ("creat a\nfsync a\nbegin\nfsync a\nunlink a\nsync\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  char *detail;

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const struct workload_progress progress = { { bad[i] } };

    ck_assert_int_eq (persistence_judge (persistence, progress, "d 0755 0 0 - - - .\n", &detail), -1);
    ck_assert_ptr_nonnull (strstr (message, "no persistence operation of the update"));
  }
  ck_assert_int_eq (persistence_judge (persistence, (struct workload_progress) { { 5 } }, "not a tree\n", &detail), -1);
  ck_assert_ptr_null (detail);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

START_TEST (what_is_known_after_each_of_many_operations_is_not_kept_for_ever)
{
  struct workload workload = parse_well ("400x creat f-$\nbegin\n400x fsync f-$\n");
  struct persistence *persistence = persistence_new (&workload, UINT32_MAX);
  struct workload_progress progress = { { 400 } };
  size_t first = 0, most = 0;
  char *detail;

  while (++progress.returned[0] <= 800) {
    ck_assert_int_eq (persistence_judge (persistence, progress, ROOT, &detail), 0);
    ck_assert_ptr_nonnull (strstr (detail, "f-1: missing"));
    free (detail);
    const size_t used = mallinfo2 ().uordblks;
    first = first ? first : used;
    most = used > most ? used : most;
  }
  ck_assert_uint_lt (most - first, 40 << 20);
  ck_assert_int_eq (persistence_judge (persistence, (struct workload_progress) { { 401 } }, ROOT, &detail), 0);
  ck_assert_ptr_nonnull (strstr (detail, "f-1: missing"));
  free (detail);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

START_TEST (a_simulation_that_differs_from_what_was_seen_is_noticed)
{
  static const char text[] = "write a 0 4K\nbegin\nrename a b\n";
  struct workload workload = parse_well (text);
  struct persistence *persistence = persistence_new (&workload, 0);
  char *old = tree_after (text, 1), *new = tree_after (text, 2), *detail;

  ck_assert_int_eq (persistence_compare (persistence, false, old, &detail), 0);
  ck_assert_ptr_null (detail);
  ck_assert_int_eq (persistence_compare (persistence, true, new, &detail), 0);
  ck_assert_ptr_null (detail);
  ck_assert_int_eq (persistence_compare (persistence, false, new, &detail), 0);
  ck_assert_ptr_nonnull (detail);
  free (detail);
  ck_assert_int_eq (persistence_compare (persistence, true, old, &detail), 0);
  ck_assert_ptr_nonnull (detail);
  free (detail);
  free (old);
  free (new);
  persistence_free (persistence);
  workload_free (&workload);
}
END_TEST

UNIT_TEST_MAIN ("persistence",
                data_that_were_touched_later_keep_within_bounds,
                sectors_outside_the_range_that_was_touched_are_as_they_were,
                bytes_that_were_never_written_to_a_file_are_stale, what_is_too_much_to_note_is_not_stale,
                files_that_are_touched_are_judged_by_ranges,
                a_file_that_is_synced_often_is_judged_soon,
                what_cannot_be_read_is_wrong,
                link_counts_are_right_whatever_the_name,
                rules_depend_on_the_file_system,
                a_rule_that_is_none_is_refused,
                marks_that_cannot_be_are_refused,
                what_is_known_after_each_of_many_operations_is_not_kept_for_ever,
                a_simulation_that_differs_from_what_was_seen_is_noticed)
