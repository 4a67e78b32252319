/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/data.h"
#include "checker/workload/pattern.h"
#include "common/message.h"

#define PIECE_SIZE 65536

int
sim_data_copy (const struct sim_data *from, struct sim_data *to)
{
  *to = (struct sim_data) { from->size, calloc (from->count + 1, sizeof *to->extents), from->count };
  if (to->extents == NULL)
    return -1;
  if (from->count > 0)
    memcpy (to->extents, from->extents, from->count * sizeof *to->extents);
  return 0;
}

/* The part of EXTENT from FROM up to TO, moved by SHIFT bytes (modulo 2^64), into *part.  False if there is none. */
static bool
cut_extent (const struct sim_extent *extent, uint64_t from, uint64_t to, uint64_t shift, struct sim_extent *part)
{
  uint64_t start = extent->start > from ? extent->start : from;
  uint64_t end = extent->start + extent->length < to ? extent->start + extent->length : to;

  if (start >= end)
    return false;
  *part = *extent;
  part->start = start + shift;
  part->length = end - start;
  part->source += start - extent->start;
  return true;
}

int
sim_data_replace (struct sim_data *data, uint64_t from, uint64_t to, uint64_t shift, const struct sim_extent *added)
{
  struct sim_extent *extents = calloc (data->count + 3, sizeof *extents);
  size_t count = 0;

  if (extents == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < data->count; i++)
    count += cut_extent (&data->extents[i], 0, from, 0, &extents[count]);
  if (added)
    extents[count++] = *added;
  for (size_t i = 0; i < data->count; i++)
    count += cut_extent (&data->extents[i], to, UINT64_MAX, shift, &extents[count]);
  free (data->extents);
  data->extents = extents;
  data->count = count;
  return 0;
}

void
sim_data_read (const struct sim_data *data, uint64_t offset, uint8_t *bytes, size_t length)
{
  struct sim_extent part;

  memset (bytes, 0, length);
  for (size_t i = 0; i < data->count; i++)
    if (cut_extent (&data->extents[i], offset, offset + length, 0, &part))
      workload_fill (part.operation, part.source, bytes + (part.start - offset), (size_t) part.length);
}

void
sim_data_word (const struct sim_data *data, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE])
{
  static _Thread_local uint8_t piece[PIECE_SIZE];
  struct content content;
  size_t next = 0;

  content_begin (&content, hash);
  while (content.size < data->size) {
    const struct sim_extent *extent = next < data->count ? &data->extents[next] : NULL;
    const bool in_extent = extent && content.size >= extent->start;
    uint64_t end = in_extent ? extent->start + extent->length : extent ? extent->start : data->size;
    uint64_t length = end - content.size < PIECE_SIZE ? end - content.size : PIECE_SIZE;

    if (in_extent)
      workload_fill (extent->operation, extent->source + (content.size - extent->start), piece, (size_t) length);
    else
      memset (piece, 0, (size_t) length);
    content_add (&content, piece, (size_t) length);
    next += in_extent && content.size == end;
  }
  content_word (&content, word);
}
