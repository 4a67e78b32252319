/* SPDX-License-Identifier: BSD-3-Clause */
/* Where file systems differ, what all of them do is what is known:
 *
 *   - ext4 punches no hole after the end of a file (fs/ext4/inode.c, ext4_punch_hole);
 *   - XFS allocates more than is written where a file grows, and what it has allocated so, and falloc, it may free when
 *     it forgets the inode (fs/xfs/xfs_icache.c, xfs_can_free_eofblocks);
 *   - a direct write that makes a file grow is undone by recovery, with all that is allocated after the end
 *     (fs/ext4/file.c, ext4_dio_write_iter: an orphan; fs/f2fs/file.c: FADVISE_TRUNC_BIT);
 *   - a write to a mapping may allocate all blocks of a folio, whose size nobody knows (fs/iomap/buffered-io.c,
 *     iomap_page_mkwrite);
 *   - where a file ends in the middle of a block that is a hole, btrfs fills that with zeros before anything comes
 *     after it (fs/btrfs/file.c, btrfs_cont_expand and btrfs_fallocate);
 *   - some truncates to a size not below that before free what is after the end (XFS), some do not (btrfs).
 */
#include <config.h>

#include "checker/workload/allocation.h"

static uint64_t
round_down (uint64_t number)
{
  return number / ALLOCATION_BLOCK * ALLOCATION_BLOCK;
}

static uint64_t
round_up (uint64_t number)
{
  return round_down (number + ALLOCATION_BLOCK - 1);
}

int
sim_allocation_begin (struct sim_inode *inode)
{
  return ranges_add (&inode->freed, (struct byte_range) { 0, UINT64_MAX });
}

/* The bytes of RANGE were allocated, also all that are in the same block. */
static int
note_allocated (struct sim_inode *inode, struct byte_range range)
{
  const uint64_t to = range.to == UINT64_MAX ? UINT64_MAX : round_up (range.to);

  return ranges_remove (&inode->freed, (struct byte_range) { round_down (range.from), to });
}

/* The block that byte AT is in, if it does not begin there, may have been filled up. */
static int
note_filled (struct sim_inode *inode, uint64_t at)
{
  return at % ALLOCATION_BLOCK ? note_allocated (inode, (struct byte_range) { at, at + 1 }) : 0;
}

/* Blocks that are in RANGE as a whole were freed. */
static int
note_freed (struct sim_inode *inode, struct byte_range range)
{
  const uint64_t to = range.to == UINT64_MAX ? UINT64_MAX : round_down (range.to);
  const struct byte_range inner = { round_up (range.from), to };

  return inner.from < inner.to ? ranges_add (&inode->freed, inner) : 0;
}

static int
forget_reserved (struct sim_inode *inode, uint64_t from, uint64_t to)
{
  return ranges_remove (&inode->reserved, (struct byte_range) { from, to });
}

int
sim_allocation_write (struct simulation *simulation, const struct workload_operation *operation,
                      struct sim_inode *inode, uint64_t offset, uint64_t size)
{
  const bool mapped = operation->verb == WORKLOAD_MMAPWRITE, grows = offset + operation->length > size;
  const uint64_t from = mapped ? 0 : offset < size ? offset : size;
  const uint64_t to = mapped || grows ? UINT64_MAX : offset + operation->length;

  simulation->effect.allocated = inode;
  if (grows && operation->verb == WORKLOAD_DWRITE && forget_reserved (inode, size, UINT64_MAX) == -1)
    return -1;
  return note_allocated (inode, (struct byte_range) { from, to });
}

int
sim_allocation_falloc (struct simulation *simulation, const struct workload_operation *operation,
                       struct sim_inode *inode, uint64_t size)
{
  struct byte_range range = { operation->offset, operation->offset + operation->length };
  const uint64_t end = round_up (size);

  simulation->effect.allocated = inode;
  if (operation->falloc >= FALLOC_COLLAPSE) {
    range.to = UINT64_MAX;
    return forget_reserved (inode, range.from, range.to) == -1 ? -1 : note_allocated (inode, range);
  }
  if (operation->falloc & FALLOC_PUNCH) {
    if (forget_reserved (inode, range.from, range.to) == -1 || note_filled (inode, range.from) == -1
        || note_filled (inode, range.to) == -1)
      return -1;
    range.to = range.to < end ? range.to : end;
    return note_freed (inode, range);
  }
  if (range.to > size && note_filled (inode, size) == -1)
    return -1;
  return ranges_add (&inode->reserved, range) == -1 ? -1 : note_allocated (inode, range);
}

int
sim_allocation_truncate (struct simulation *simulation, struct sim_inode *inode, uint64_t size)
{
  const struct byte_range after = { inode->data.size, UINT64_MAX };

  simulation->effect.allocated = inode;
  if (forget_reserved (inode, after.from, after.to) == -1 || note_filled (inode, size) == -1
      || note_filled (inode, after.from) == -1)
    return -1;
  return after.from < size ? note_freed (inode, after) : 0;
}

void
sim_allocation_forget (struct simulation *simulation, struct sim_inode *inode)
{
  simulation->effect.allocated = inode;
  inode->reserved.count = inode->freed.count = 0;
}

int
sim_allocation_forget_ends (struct simulation *simulation)
{
  simulation->effect.all_allocated = true;
  for (size_t i = 0; i < simulation->inode_count; i++)
    if (forget_reserved (simulation->inodes[i], simulation->inodes[i]->data.size, UINT64_MAX) == -1)
      return -1;
  return 0;
}
