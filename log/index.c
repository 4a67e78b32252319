/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
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

#define DIGIT_BITS 11

/* Sort COUNT entries by the BITS of their nodes from FIRST on, from FROM to TO; what has the same stays in order.
 * Returns false, with nothing done, if all have the same.
 */
static bool
sort_by_digit (const struct index_entry *from, struct index_entry *to, size_t count, unsigned first)
{
  size_t places[1 << DIGIT_BITS] = { 0 }, place = 0;
  const uint64_t mask = (1 << DIGIT_BITS) - 1;

  for (size_t i = 0; i < count; i++)
    places[from[i].node >> first & mask]++;
  if (places[from[0].node >> first & mask] == count)
    return false;
  for (size_t digit = 0; digit <= mask; digit++) {
    const size_t mine = places[digit];

    places[digit] = place;
    place += mine;
  }
  for (size_t i = 0; i < count; i++)
    to[places[from[i].node >> first & mask]++] = from[i];
  return true;
}

/* Sort the entries, which are in the order of the writes, by node: digit by digit, in time about their number. */
static int
sort_entries (struct log_index *index)
{
  struct index_entry *from = index->entries, *to = calloc (index->count, sizeof *to), *other;

  if (to == NULL)
    return -1;
  for (unsigned first = 0; first < 64; first += DIGIT_BITS)
    if (sort_by_digit (from, to, index->count, first)) {
      other = from;
      from = to;
      to = other;
    }
  index->entries = from;
  free (to);
  return 0;
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
  return sort_entries (index);
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
  const struct index_entry *entries = index->entries;

  return array_place (index->count, i,
                      entries[i].node < node || (entries[i].node == node && entries[i].write < write));
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

/* What log_index_ranges hands over. */
struct ranges {
  const struct log_index *index;
  const struct log_write *writes;
  uint64_t device;              /* as in a node's key */
  log_index_put *put;
  void *opaque;
};

/* The sectors of the node of KEY. */
static void
node_range (uint64_t key, uint64_t *from, uint64_t *to)
{
  const uint64_t half = key & -key, middle = key & ((UINT64_C (1) << 58) - 1);

  *from = (middle - half) / 2;
  *to = (middle + half) / 2;
}

/* The node of the largest level that has both A and B in its range, or is one of them. */
static uint64_t
common_node (uint64_t a, uint64_t b)
{
  if (a == b)
    return a;
  const unsigned level = 63 - (unsigned) __builtin_clzll (a ^ b);
  const uint64_t node = (a >> level | 1) << level;
  const uint64_t half_a = a & -a, half_b = b & -b, larger = half_a > half_b ? a : b;

  return (larger & -larger) > UINT64_C (1) << level ? larger : node;
}

/* Hand over what is data of the entries FIRST to END, which are all those below some node.  They stand as the nodes
 * lie: those of the left half, those of the node itself, those of the right half.
 */
static int
put_entries (const struct ranges *ranges, size_t first, size_t end)
{
  const struct index_entry *entries = ranges->index->entries;
  uint64_t from, to;

  if (first == end)
    return 0;
  const uint64_t node = common_node (entries[first].node, entries[end - 1].node);
  const size_t own = first + array_place (end - first, i, entries[first + i].node < node);
  const size_t after = own + array_place (end - own, i, entries[own + i].node <= node);
  for (size_t i = own; i < after; i++)
    if (ranges->writes[entries[i].write].kind == LOG_WRITE) {
      node_range (node, &from, &to);
      return ranges->put (ranges->opaque, from, to);
    }
  const int r = put_entries (ranges, first, own);
  return r == 0 ? put_entries (ranges, after, end) : r;
}

int
log_index_ranges (const struct log_index *index, const struct log_write *writes, unsigned device, log_index_put *put,
                  void *opaque)
{
  const struct ranges ranges = { index, writes, (uint64_t) device << 58, put, opaque };
  const size_t first = array_place (index->count, i, index->entries[i].node < ranges.device);
  const size_t end = array_place (index->count, i, index->entries[i].node >> 58 <= device);

  return put_entries (&ranges, first, end);
}
