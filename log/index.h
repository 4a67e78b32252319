/* SPDX-License-Identifier: BSD-3-Clause */
/* Which writes touch a block: found in O(log n).
 *
 * Sectors are the leaves of a binary tree over each device; a node of level L stands for 2^L sectors.  A write is
 * entered in the few nodes that together are just its range (one for an aligned write of a power of two, at most two a
 * level), so every write that touches a sector is in exactly one of the nodes above the sector.  Entries are kept in
 * one array sorted by node, then by write, 12 bytes each.
 */
#ifndef POWERCUT_LOG_INDEX_H
#define POWERCUT_LOG_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_write;

struct log_index {
  struct index_entry *entries;
  size_t count;
  uint64_t levels[64];          /* per device: a bit for each level that has entries */
};

/* Enter COUNT writes, which are in issue order.  Returns 0, or -1 with errno ENOMEM. */
extern int log_index_build (struct log_index *index, const struct log_write *writes, size_t count);
extern void log_index_free (struct log_index *index);

/* Hand to PUT, in order, ranges of sectors (TO excluded) that together are just what the WRITES with data touch on
 * DEVICE.  INDEX is of these writes.  Returns 0, or what PUT returned if that was something else.
 */
typedef int log_index_put (void *opaque, uint64_t from, uint64_t to);
extern int log_index_ranges (const struct log_index *index, const struct log_write *writes, unsigned device,
                             log_index_put *put, void *opaque);

/* Walks, newest first, over the writes that touch some sector of an aligned block of sectors. */
#define INDEX_BLOCK_LEVEL 3     /* a block is 2^3 sectors, 4 KiB */
#define INDEX_NODES_MAX (64 + (2 << INDEX_BLOCK_LEVEL))

struct index_walk {
  const struct log_index *index;
  size_t node_count;
  struct {
    size_t first;               /* the node's first entry */
    size_t next;                /* entries from first to here are still to come, the last of them first */
  } nodes[INDEX_NODES_MAX];
};

/* Begin at the block BLOCK of DEVICE, with writes whose number is below LIMIT. */
extern void index_walk_begin (struct index_walk *walk, const struct log_index *index, unsigned device, uint64_t block,
                              uint32_t limit);

/* The next older write into *number; false when there is none. */
extern bool index_walk_next (struct index_walk *walk, uint32_t *number);

#endif
