/* SPDX-License-Identifier: BSD-3-Clause */
/* What the journal of ext3 or ext4 has that is not at its place yet.
 *
 * Only read: recovery would copy these blocks to where they belong, here they are looked up.  Checksums are not
 * looked at, and fast commits are left out: at worst a name is wrong or missing.
 */
#ifndef POWERCUT_REPLAY_EXPLAIN_BLAME_JOURNAL_H
#define POWERCUT_REPLAY_EXPLAIN_BLAME_JOURNAL_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdint.h>

/* A block of the journal that is no copy begins with three numbers (Linux include/linux/jbd2.h), big-endian: the
 * magic, one of these types, and the transaction.
 */
#define JOURNAL_MAGIC 0xc03b3998
enum { JOURNAL_DESCRIPTOR = 1, JOURNAL_COMMIT, JOURNAL_SUPERBLOCK_1, JOURNAL_SUPERBLOCK_2, JOURNAL_REVOKE };

/* A block of the file system that has a newer copy in the journal. */
struct journal_copy {
  blk64_t block;
  blk64_t copy;                 /* where that is */
  uint32_t transaction;
  bool escaped;                 /* its first four bytes stand for the journal's magic */
};

struct journal {
  struct journal_copy *copies;  /* by block, each once */
  size_t count;
};

/* Read the journal of FS into *journal, which stays empty if it has none or nothing can be made of it. */
extern void journal_read (ext2_filsys fs, struct journal *journal);
extern void journal_free (struct journal *journal);

/* The copy of BLOCK, or NULL. */
extern const struct journal_copy *journal_find (const struct journal *journal, blk64_t block);

/* Give the BLOCK_SIZE bytes of an escaped copy at DATA their beginning. */
extern void journal_unescape (void *data);

#endif
