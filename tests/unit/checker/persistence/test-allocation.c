/* SPDX-License-Identifier: BSD-3-Clause */
/* What is promised of the blocks of files. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "checker/persistence/persistence.h"
#include "common/cleanup.h"
#include "filesystem/filesystem.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/unit.h"

/* The tree after all of TEXT, where the file `a`, its last line, has the blocks that EXTENTS says; to free. */
static char *
with_extents (const char *text, const char *extents)
{
  CLEANUP_FREE char *tree = tree_after (text, SIZE_MAX);
  char *at = strstr (tree, " a\n"), *seen;

  ck_assert_ptr_nonnull (at);
  ck_assert_int_ne (asprintf (&seen, "%.*s;extents=%s%s", (int) (at - tree), tree, extents, at), -1);
  return seen;
}

/* A workload, the last operation that has returned, the blocks of `a` when all was done, and what is said of it. */
struct seen_blocks {
  const char *text;
  uint32_t number;
  const char *extents, *expected;
};

static void
assert_seen_blocks (const char *filesystem, const char *options, const struct seen_blocks *seen)
{
  CLEANUP_FREE char *tree = with_extents (seen->text, seen->extents);
  CLEANUP_FREE char *detail = judge_on (filesystem, options, seen->text, seen->number, tree);

  if (seen->expected)
    ck_assert_msg (detail && strstr (detail, seen->expected) == detail, "%s, blocks %s: %s", seen->text, seen->extents,
                   detail ? detail : "nothing");
  else
    ck_assert_msg (detail == NULL, "%s, blocks %s: %s", seen->text, seen->extents, detail);
}

#define ASSERT_BLOCKS(filesystem, options, cases)                  \
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)     \
    assert_seen_blocks (filesystem, options, &cases[i])

#define KEEP "write a 0 8K\nfalloc a keep 8K 64K\nfsync a\n"
#define PUNCH "write a 0 64K\nfalloc a punch 3K 8K\nfdatasync a\n"

START_TEST (what_falloc_has_allocated_is_there)
{
  static const struct seen_blocks cases[] = {
    { KEEP, 3, "4096:144:0-73728", NULL },
    { KEEP, 3, "4096:200:0-102400", NULL },     /* of more nobody has spoken, as the file grew */
    { KEEP, 0, "4096:16:0-8192", NULL },
    { KEEP, 3, "4096:16:0-8192", "allocated: a: not all blocks of bytes 8192 to 73728 are there, falloc has allocated "
      "them (fsync at line 3)" },
    { KEEP, 3, "4096:136:0-8192,12288-73728", "allocated: a: not all blocks of bytes 8192 to 73728" },
    { "write a 0 8K\nfalloc a keep 8K 64K\nsyncfs\n", 3, "4096:16:0-8192", "allocated: a: " },
    { "write a 0 8K\nfalloc a keep 8K 64K\nwrite a 0 4K sync\n", 3, "4096:16:0-8192", NULL },
    { "creat a\nfalloc a keep 100 1K\nfsync a\n", 3, "1024:4:0-2048", NULL },
    { "creat a\nfalloc a keep 100 1K\nfsync a\n", 3, "1024:2:0-1024", "allocated: a: " },
    { "creat a\nfalloc a zero+keep 0 8K\nfsync a\n", 3, "4096:8:0-4096", "allocated: a: " },
    { "creat a\nfalloc a alloc 0 64K\nfsync a\n", 3, "65536:128:0-65536", NULL },
    { "creat a\nfalloc a alloc 0 64K\nfsync a\n", 3, "4096:0:-", "allocated: a: " },
  };

  ASSERT_BLOCKS ("ext4", "", cases);
}
END_TEST

START_TEST (what_was_allocated_may_be_freed_later)
{
  static const struct seen_blocks cases[] = {
    { KEEP "truncate a 8K\n", 3, "4096:16:0-8192", NULL },
    { KEEP "truncate a 8K\nfsync a\n", 5, "4096:16:0-8192", NULL },
    { KEEP "falloc a punch 4K 8K\n", 3, "4096:120:0-4096,12288-73728", NULL },
    { KEEP "falloc a punch 4K 8K\n", 3, "4096:8:0-4096", "allocated: a: not all blocks of bytes 12288 to 73728" },
    { KEEP "write a 8K 4K\nfsync a\n", 5, "4096:144:0-73728", NULL },
    { KEEP "write a 8K 4K\nfsync a\n", 5, "4096:24:0-12288", "allocated: a: " },
    { KEEP "dwrite a 8K 4K\nfsync a\n", 5, "4096:24:0-12288", NULL },
    { KEEP "dwrite a 0 4K\nfsync a\n", 5, "4096:24:0-12288", "allocated: a: " },
    { KEEP "dropcaches\n", 3, "4096:16:0-8192", NULL },
    { KEEP "creat b\nclone b a\n", 3, "4096:16:0-8192", NULL },
    { "write a 0 8K\nfalloc a alloc 8K 64K\nfsync a\nfalloc a collapse 8K 4K\n", 3, "4096:16:0-8192", NULL },
    { "write a 0 8K\nfalloc a alloc 8K 64K\nfsync a\ndropcaches\n", 3, "4096:16:0-8192", "allocated: a: " },
  };

  ASSERT_BLOCKS ("xfs", "", cases);
}
END_TEST

START_TEST (what_was_freed_has_no_blocks)
{
  static const struct seen_blocks cases[] = {
    { PUNCH, 3, "4096:120:0-4096,8192-65536", NULL },
    { PUNCH, 3, "1024:112:0-3072,11264-65536", NULL },
    { PUNCH, 3, "4096:128:0-65536", "allocated: a: has blocks in bytes 4096 to 8192, which were freed or never "
      "written (fdatasync at line 3)" },
    { PUNCH, 3, "65536:128:0-65536", NULL },    /* a block is larger than the hole */
    { PUNCH, 0, "4096:128:0-65536", NULL },
    { PUNCH "write a 5000 1\n", 3, "4096:128:0-65536", NULL },
    { PUNCH "mmapwrite a 20K 1\nfsync a\n", 5, "4096:128:0-65536", NULL },
    { PUNCH "truncate a 128K\nfsync a\n", 5, "4096:128:0-65536", "allocated: a: " },
    { "write a 0 64K\nfalloc a punch 60K 64K\nfsync a\n", 3, "4096:128:0-61440,65536-69632", NULL },
    { "write a 0 64K\nfalloc a punch 60K 64K\nfsync a\n", 3, "4096:128:0-65536", "allocated: a: " },
    { "write a 0 64K\ntruncate a 5000\nfsync a\n", 3, "4096:16:0-8192", NULL },
    { "write a 0 64K\ntruncate a 5000\nfsync a\n", 3, "4096:24:0-12288", "allocated: a: has blocks in bytes 8192 on," },
    { "write a 0 64K\ntruncate a 5000\nappend a 1\nfsync a\n", 4, "4096:24:0-12288", NULL },
    { "creat a\ntruncate a 64K\nwrite a 8K 4K\nsync\n", 4, "4096:8:8192-12288", NULL },
    /* The block in which a file ends may be filled up before something comes after it. */
    { "creat a\ntruncate a 5000\nsync\n", 3, "4096:8:4096-8192", NULL },
    { "creat a\ntruncate a 5000\nsync\n", 3, "4096:8:0-4096", "allocated: a: has blocks in bytes 0 to 4096" },
    { "write a 0 5000\nfalloc a punch 0 8K\nsync\nfalloc a keep 12K 4K\nfsync a\n", 5, "4096:16:4096-8192,12288-16384",
      NULL },
    { "write a 0 5000\nfalloc a punch 0 8K\nsync\nfalloc a keep 12K 4K\nfsync a\n", 3, "4096:16:0-4096,12288-16384",
      "allocated: a: has blocks in bytes 0 to 4096" },
    { "creat a\ntruncate a 64K\nwrite a 8K 4K\nsync\n", 4, "4096:16:4096-12288",
      "allocated: a: has blocks in bytes 0 to 8192" },
  };

  ASSERT_BLOCKS ("ext4", "", cases);
}
END_TEST

START_TEST (not_everybody_promises_that)
{
  static const struct seen_blocks lost[] = { { KEEP, 3, "4096:16:0-8192", NULL } };
  static const struct seen_blocks asked[] = { { KEEP "rule +allocated\n", 3, "4096:16:0-8192", "allocated: a: " } };
  static const struct seen_blocks beside[] = {
    { "begin\ncreat a\n{ falloc a keep 0 64K ; fsync a | fsync a }\n", 4, "4096:0:-", NULL },
  };

  ASSERT_BLOCKS ("jfs", "", lost);
  ASSERT_BLOCKS ("jfs", "", asked);
  ASSERT_BLOCKS ("ext4", "barrier=0", lost);
  ASSERT_BLOCKS ("ext4", "", beside);   /* the other process, which has not allocated it */
}
END_TEST

START_TEST (btrfs_counts_the_blocks_of_files)
{
  static const struct seen_blocks cases[] = {
    { KEEP, 3, "4096:144:0-73728", NULL },
    { KEEP, 3, "4096:152:0-73728", "blocks: a: has 152 sectors of 512 bytes, says stat(2), should be 144" },
  };
  static const struct seen_blocks elsewhere[] = { { KEEP, 3, "4096:152:0-73728", NULL } };

  ASSERT_BLOCKS ("btrfs", "", cases);
  ASSERT_BLOCKS ("ext4", "", elsewhere);
}
END_TEST

/* What is observed for the rules of FILESYSTEM and TEXT. */
static unsigned
facts_for (const char *filesystem, const char *text)
{
  struct workload workload = parse_well (text);
  uint32_t rules;

  ck_assert_int_eq (persistence_rules (&workload, filesystem_find (filesystem)->promises, &rules), 0);
  struct persistence *persistence = persistence_new (&workload, rules);
  const unsigned facts = persistence_facts (persistence);
  persistence_free (persistence);
  workload_free (&workload);
  return facts;
}

START_TEST (blocks_are_looked_at_only_where_they_may_be_judged)
{
  ck_assert (facts_for ("ext4", KEEP) & FACT_EXTENTS);
  ck_assert (!(facts_for ("ext4", KEEP "rule -allocated\n") & FACT_EXTENTS));
  ck_assert (!(facts_for ("jfs", KEEP) & FACT_EXTENTS));
  ck_assert (!(facts_for ("ext4", "write a 0 4K\nfsync a\n") & FACT_EXTENTS));
}
END_TEST

UNIT_TEST_MAIN ("allocation",
                what_falloc_has_allocated_is_there, what_was_allocated_may_be_freed_later,
                what_was_freed_has_no_blocks, not_everybody_promises_that, btrfs_counts_the_blocks_of_files,
                blocks_are_looked_at_only_where_they_may_be_judged)
