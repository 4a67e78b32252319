/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "replay/search/model.h"
#include "replay/search/pending.h"

#define GROUP_MASK ((1u << PENDING_GROUP_BITS) - 1)

/* Make the level above LEVEL, of COUNT. */
static int
add_level (struct pending_index *index, unsigned level, uint32_t count)
{
  const uint32_t *below = index->latest[level];
  uint32_t *above = calloc (((size_t) count + GROUP_MASK) >> PENDING_GROUP_BITS, sizeof *above);

  if (above == NULL)
    return -1;
  for (uint32_t i = 0; i < count; i++)
    if (above[i >> PENDING_GROUP_BITS] < below[i])
      above[i >> PENDING_GROUP_BITS] = below[i];
  index->latest[level + 1] = above;
  return 0;
}

int
pending_index_build (struct pending_index *index, const struct write_log *log)
{
  uint32_t count = log->write_count;

  memset (index, 0, sizeof *index);
  index->log = log;
  index->latest[0] = model_durable_from (log);
  if (index->latest[0] == NULL)
    return -1;
  for (unsigned level = 0; level + 1 < PENDING_LEVELS && count > 1; level++) {
    if (add_level (index, level, count) == -1) {
      pending_index_free (index);
      return -1;
    }
    count = (uint32_t) (((uint64_t) count + GROUP_MASK) >> PENDING_GROUP_BITS);
  }
  return 0;
}

void
pending_index_free (struct pending_index *index)
{
  for (unsigned level = 0; level < PENDING_LEVELS; level++) {
    free (index->latest[level]);
    index->latest[level] = NULL;
  }
}

bool
pending_index_has (const struct pending_index *index, uint32_t write, uint32_t position)
{
  return index->log->writes[write].issue <= position && index->latest[0][write] > position;
}

/* How many writes from WRITE on, which is not pending at POSITION, are none either: a whole group if WRITE begins one.
 */
static uint64_t
count_durable (const struct pending_index *index, uint32_t write, uint32_t position)
{
  unsigned level = 0, bits = 0;

  while (level + 1 < PENDING_LEVELS && index->latest[level + 1] && (write >> bits & GROUP_MASK) == 0
         && index->latest[level + 1][write >> (bits + PENDING_GROUP_BITS)] <= position) {
    level++;
    bits += PENDING_GROUP_BITS;
  }
  return UINT64_C (1) << bits;
}

bool
pending_index_next (const struct pending_index *index, uint32_t position, uint32_t *write)
{
  const struct write_log *log = index->log;
  uint64_t next = *write;

  while (next < log->write_count && log->writes[next].issue <= position) {
    *write = (uint32_t) next;
    if (index->latest[0][next] > position)
      return true;
    next += count_durable (index, *write, position);
  }
  return false;
}

int64_t
pending_index_list (const struct pending_index *index, uint32_t position, uint32_t **pending)
{
  uint32_t count = 0;

  for (uint32_t write = 0; pending_index_next (index, position, &write); write++)
    count++;
  *pending = calloc (count ? count : 1, sizeof **pending);
  if (*pending == NULL)
    return -1;
  count = 0;
  for (uint32_t write = 0; pending_index_next (index, position, &write); write++)
    (*pending)[count++] = write;
  return count;
}
