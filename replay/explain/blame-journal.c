/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "replay/explain/blame-journal.h"

/* The rest of the format, big-endian, too: the superblock of the journal, and the tags of a descriptor. */
enum { JSB_BLOCK_SIZE = 12, JSB_BLOCKS = 16, JSB_FIRST = 20, JSB_SEQUENCE = 24, JSB_START = 28, JSB_INCOMPAT = 40 };
enum { HEADER_SIZE = 12, UUID_SIZE = 16, TAIL_SIZE = 4 };
enum { INCOMPAT_64BIT = 2, INCOMPAT_CSUM_V2 = 8, INCOMPAT_CSUM_V3 = 16 };
enum { TAG_ESCAPED = 1, TAG_SAME_UUID = 2, TAG_LAST = 8 };

struct revocation {
  blk64_t block;
  uint32_t transaction;
};

struct reader {
  ext2_filsys fs;
  unsigned char *block;         /* of the journal, as large as one of the file system */
  uint32_t blocks, first, incompat;
  bool collects;                /* copies and revocations go into these: */
  struct journal *journal;
  struct revocation *revocations;
  size_t revocation_count;
  bool failed;
};

static uint32_t
number (const unsigned char *from, size_t offset)
{
  uint32_t value;

  memcpy (&value, from + offset, sizeof value);
  return be32toh (value);
}

/* Where block NUMBER of the journal is on the device, or 0. */
static blk64_t
place_of (const struct reader *reader, uint32_t block)
{
  const ext2_ino_t inode = reader->fs->super->s_journal_inum;
  blk64_t place = 0;

  return ext2fs_bmap2 (reader->fs, inode, NULL, NULL, 0, block, NULL, &place) == 0 ? place : 0;
}

static bool
read_block (struct reader *reader, uint32_t block)
{
  blk64_t place = place_of (reader, block);

  return place != 0 && io_channel_read_blk64 (reader->fs->io, place, 1, reader->block) == 0;
}

/* The block of the journal that is COUNT after BLOCK: after the last one comes the first. */
static uint32_t
advance (const struct reader *reader, uint32_t block, uint32_t count)
{
  uint32_t span = reader->blocks - reader->first;

  return reader->first + (uint32_t) (((uint64_t) (block - reader->first) + count) % span);
}

static void
add_copy (struct reader *reader, const struct journal_copy *copy)
{
  struct journal_copy *added = array_add (reader->journal->copies, reader->journal->count);

  reader->failed |= added == NULL;
  if (added)
    *added = *copy;
}

static void
add_revocation (struct reader *reader, blk64_t block, uint32_t transaction)
{
  struct revocation *added = array_add (reader->revocations, reader->revocation_count);

  reader->failed |= added == NULL;
  if (added)
    *added = (struct revocation) { block, transaction };
}

static size_t
tag_size (const struct reader *reader)
{
  if (reader->incompat & INCOMPAT_CSUM_V3)
    return 16;
  return 8 + (reader->incompat & INCOMPAT_CSUM_V2 ? 2 : 0) + (reader->incompat & INCOMPAT_64BIT ? 4 : 0);
}

/* Take the tags of the descriptor, block AT of the journal, which is read.  Returns how many copies follow it. */
static uint32_t
read_tags (struct reader *reader, uint32_t at, uint32_t transaction)
{
  const bool v3 = reader->incompat & INCOMPAT_CSUM_V3;
  const bool has_tail = reader->incompat & (INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3);
  const size_t size = tag_size (reader), end = reader->fs->blocksize - (has_tail ? TAIL_SIZE : 0);
  uint32_t count = 0, flags = 0;

  for (size_t offset = HEADER_SIZE; !(flags & TAG_LAST) && offset + size <= end; offset += size) {
    const unsigned char *tag = reader->block + offset;
    uint64_t high = !(reader->incompat & INCOMPAT_64BIT) ? 0 : number (tag, 8);

    flags = v3 ? number (tag, 4) : number (tag, 4) & 0xffff;
    count++;
    if (reader->collects)
      add_copy (reader, &(struct journal_copy) {
        .block = high << 32 | number (tag, 0), .copy = place_of (reader, advance (reader, at, count)),
        .transaction = transaction, .escaped = flags & TAG_ESCAPED
      });
    if (!(flags & TAG_SAME_UUID))
      offset += UUID_SIZE;
  }
  return count;
}

static void
read_revocations (struct reader *reader, uint32_t transaction)
{
  const size_t size = reader->incompat & INCOMPAT_64BIT ? 8 : 4;
  size_t end = number (reader->block, HEADER_SIZE);

  if (end > reader->fs->blocksize)
    end = reader->fs->blocksize;
  for (size_t offset = HEADER_SIZE + 4; reader->collects && offset + size <= end; offset += size) {
    uint64_t block = number (reader->block, offset);

    add_revocation (reader, size == 4 ? block : block << 32 | number (reader->block, offset + 4), transaction);
  }
}

/* Walk from block AT on, which begins TRANSACTION, until END.  Returns the transaction that is not complete. */
static uint32_t
walk (struct reader *reader, uint32_t at, uint32_t transaction, uint32_t end)
{
  for (uint64_t walked = 0; walked < reader->blocks && transaction != end && !reader->failed;) {
    uint32_t step = 1;

    if (!read_block (reader, at) || number (reader->block, 0) != JOURNAL_MAGIC
        || number (reader->block, 8) != transaction)
      break;
    switch (number (reader->block, 4)) {
    case JOURNAL_DESCRIPTOR:
      step += read_tags (reader, at, transaction);
      break;
    case JOURNAL_REVOKE:
      read_revocations (reader, transaction);
      break;
    case JOURNAL_COMMIT:
      transaction++;
      break;
    default:
      return transaction;
    }
    at = advance (reader, at, step);
    walked += step;
  }
  return transaction;
}

static int
compare_copies (const void *a, const void *b)
{
  const struct journal_copy *one = a, *other = b;

  if (one->block != other->block)
    return one->block < other->block ? -1 : 1;
  if (one->transaction != other->transaction)
    return (int32_t) (one->transaction - other->transaction) < 0 ? -1 : 1;
  return one->copy < other->copy ? -1 : one->copy > other->copy;
}

static int
compare_revocations (const void *a, const void *b)
{
  const struct revocation *one = a, *other = b;

  if (one->block != other->block)
    return one->block < other->block ? -1 : 1;
  return (int32_t) (one->transaction - other->transaction) < 0 ? -1 : one->transaction != other->transaction;
}

/* Whether a transaction at or after that of COPY says that it is not to be used.  *next is where to look in the
 * revocations, for copies that come in order.
 */
static bool
is_revoked (const struct reader *reader, const struct journal_copy *copy, size_t *next)
{
  bool revoked = false;

  while (*next < reader->revocation_count && reader->revocations[*next].block < copy->block)
    ++*next;
  for (size_t i = *next; i < reader->revocation_count && reader->revocations[i].block == copy->block; i++)
    revoked |= (int32_t) (reader->revocations[i].transaction - copy->transaction) >= 0;
  return revoked;
}

/* Keep of each block the latest copy, unless that is revoked. */
static void
settle (const struct reader *reader)
{
  struct journal *journal = reader->journal;
  size_t kept = 0, next = 0;

  if (journal->count > 0)
    qsort (journal->copies, journal->count, sizeof *journal->copies, compare_copies);
  if (reader->revocation_count > 0)
    qsort (reader->revocations, reader->revocation_count, sizeof *reader->revocations, compare_revocations);
  for (size_t i = 0; i < journal->count; i++) {
    const struct journal_copy *copy = &journal->copies[i];
    bool last = i + 1 == journal->count || journal->copies[i + 1].block != copy->block;

    if (last && copy->copy != 0 && !is_revoked (reader, copy, &next))
      journal->copies[kept++] = *copy;
  }
  journal->count = kept;
}

/* Read the journal's superblock.  Returns whether there is something in the journal. */
static bool
begin (struct reader *reader, uint32_t *start, uint32_t *transaction)
{
  if (reader->block == NULL || reader->fs->super->s_journal_inum == 0 || !read_block (reader, 0)
      || number (reader->block, 0) != JOURNAL_MAGIC || number (reader->block, JSB_BLOCK_SIZE) != reader->fs->blocksize)
    return false;
  reader->blocks = number (reader->block, JSB_BLOCKS);
  reader->first = number (reader->block, JSB_FIRST);
  reader->incompat = number (reader->block, JSB_INCOMPAT);
  *start = number (reader->block, JSB_START);
  *transaction = number (reader->block, JSB_SEQUENCE);
  return *start != 0 && reader->first < reader->blocks && *start >= reader->first && *start < reader->blocks
    && reader->blocks <= ext2fs_blocks_count (reader->fs->super);
}

void
journal_read (ext2_filsys fs, struct journal *journal)
{
  CLEANUP_FREE unsigned char *block = malloc (fs->blocksize);
  struct reader reader = { .fs = fs, .block = block, .journal = journal };
  uint32_t start, transaction, end;

  *journal = (struct journal) { .count = 0 };
  if (!begin (&reader, &start, &transaction))
    return;
  end = walk (&reader, start, transaction, transaction - 1);
  reader.collects = true;
  walk (&reader, start, transaction, end);
  settle (&reader);
  free (reader.revocations);
}

void
journal_free (struct journal *journal)
{
  free (journal->copies);
  *journal = (struct journal) { .count = 0 };
}

static int
compare_block (const void *key, const void *element)
{
  const blk64_t *block = key;
  const struct journal_copy *copy = element;

  return *block < copy->block ? -1 : *block > copy->block;
}

const struct journal_copy *
journal_find (const struct journal *journal, blk64_t block)
{
  return journal->count == 0 ? NULL
    : bsearch (&block, journal->copies, journal->count, sizeof *journal->copies, compare_block);
}

void
journal_unescape (void *data)
{
  const uint32_t magic = htobe32 (JOURNAL_MAGIC);

  memcpy (data, &magic, sizeof magic);
}
