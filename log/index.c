/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "log/format.h"
#include "log/index.h"
#include "log/reader.h"

/* A node's key: device (6 bits), then the middle of the node's range in half sectors, which no two nodes share: the
 * largest device has 2^54 sectors.
 */
struct index_entry {
  uint64_t node;
  uint32_t write;
} __attribute__ ((packed));
_Static_assert (sizeof (struct index_entry) == 12, "an entry takes 12 bytes");
_Static_assert (LOG_DEVICES_MAX <= 64, "a device fits 6 bits");

static uint64_t
node_key (unsigned device, unsigned level, uint64_t number)
{
  return (uint64_t) device << 58 | (2 * number + 1) << level;
}

/* Enter WRITE in each node of the range FROM to TO (sectors, TO excluded), the largest aligned ones that fit, and
 * return how many there are; with ENTRIES NULL only count them.
 */
static size_t
split_range (uint64_t from, uint64_t to, unsigned device, uint32_t write, struct index_entry *entries, uint64_t *levels)
{
  size_t count = 0;

  while (from < to) {
    unsigned level = from == 0 ? 51 : (unsigned) __builtin_ctzll (from);

    while ((UINT64_C (1) << level) > to - from)
      level--;
    if (entries) {
      entries[count] = (struct index_entry) { node_key (device, level, from >> level), write };
      levels[device] |= UINT64_C (1) << level;
    }
    count++;
    from += UINT64_C (1) << level;
  }
  return count;
}

static size_t
split_write (const struct log_write *write, uint32_t number, struct index_entry *entries, uint64_t *levels)
{
  uint64_t from = write->offset_bytes / LOG_SECTOR;

  return split_range (from, from + write->length_bytes / LOG_SECTOR, write->device, number, entries, levels);
}

static int
compare_entries (const void *left, const void *right)
{
  const struct index_entry *a = left, *b = right;

  if (a->node != b->node)
    return a->node < b->node ? -1 : 1;
  return a->write < b->write ? -1 : a->write > b->write;
}

int
log_index_build (struct log_index *index, const struct log_write *writes, size_t count)
{
  size_t entry_count = 0, at = 0;

  memset (index, 0, sizeof *index);
  for (size_t i = 0; i < count; i++)
    entry_count += split_write (&writes[i], (uint32_t) i, NULL, NULL);
  if (entry_count == 0)
    return 0;
  index->entries = calloc (entry_count, sizeof *index->entries);
  if (index->entries == NULL)
    return -1;
  for (size_t i = 0; i < count; i++)
    at += split_write (&writes[i], (uint32_t) i, index->entries + at, index->levels);
  index->count = entry_count;
  qsort (index->entries, index->count, sizeof *index->entries, compare_entries);
  return 0;
}

void
log_index_free (struct log_index *index)
{
  free (index->entries);
  index->entries = NULL;
  index->count = 0;
}

/* The first entry that is not before (NODE, WRITE). */
static size_t
lower_bound (const struct log_index *index, uint64_t node, uint32_t write)
{
  const struct index_entry wanted = { node, write };
  size_t low = 0, high = index->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (compare_entries (&index->entries[middle], &wanted) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void
add_node (struct index_walk *walk, uint64_t node, uint32_t limit)
{
  size_t next = lower_bound (walk->index, node, limit);

  if (next == 0 || walk->index->entries[next - 1].node != node)
    return;
  walk->nodes[walk->node_count].first = lower_bound (walk->index, node, 0);
  walk->nodes[walk->node_count].next = next;
  walk->node_count++;
}

void
index_walk_begin (struct index_walk *walk, const struct log_index *index, unsigned device, uint64_t block,
                  uint32_t limit)
{
  uint64_t sector = block << INDEX_BLOCK_LEVEL;

  walk->index = index;
  walk->node_count = 0;
  for (uint64_t levels = index->levels[device]; levels; levels &= levels - 1) {
    unsigned level = (unsigned) __builtin_ctzll (levels);
    uint64_t number = sector >> level;
    uint64_t last = level < INDEX_BLOCK_LEVEL ? (sector + (1 << INDEX_BLOCK_LEVEL) - 1) >> level : number;

    for (; number <= last; number++)
      add_node (walk, node_key (device, level, number), limit);
  }
}

bool
index_walk_next (struct index_walk *walk, uint32_t *number)
{
  size_t newest = walk->node_count;
  uint32_t found = 0;
  bool any = false;

  for (size_t i = 0; i < walk->node_count; i++) {
    if (walk->nodes[i].next == walk->nodes[i].first)
      continue;
    uint32_t write = walk->index->entries[walk->nodes[i].next - 1].write;
    if (!any || write > found) {
      any = true;
      found = write;
      newest = i;
    }
  }
  if (!any)
    return false;
  walk->nodes[newest].next--;
  /* A write whose range is not aligned to the block may be in several of the block's small nodes: give it once. */
  for (size_t i = 0; i < walk->node_count; i++)
    if (walk->nodes[i].next > walk->nodes[i].first
        && walk->index->entries[walk->nodes[i].next - 1].write == found)
      walk->nodes[i].next--;
  *number = found;
  return true;
}
