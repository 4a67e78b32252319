/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/data.h"
#include "checker/workload/pattern.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"

#define PIECE_SIZE 65536

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

/* Replace as sim_data_replace does, by ADDED_COUNT extents. */
static int
replace_by (struct sim_data *data, uint64_t from, uint64_t to, uint64_t shift, const struct sim_extent *added,
            size_t added_count)
{
  struct sim_extent *extents = calloc (data->count + added_count + 2, sizeof *extents);
  size_t count = 0;

  if (extents == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < data->count; i++)
    count += cut_extent (&data->extents[i], 0, from, 0, &extents[count]);
  for (size_t i = 0; i < added_count; i++)
    extents[count++] = added[i];
  for (size_t i = 0; i < data->count; i++)
    count += cut_extent (&data->extents[i], to, UINT64_MAX, shift, &extents[count]);
  free (data->extents);
  data->extents = extents;
  data->count = count;
  return 0;
}

int
sim_data_replace (struct sim_data *data, uint64_t from, uint64_t to, uint64_t shift, const struct sim_extent *added)
{
  return replace_by (data, from, to, shift, added, added != NULL);
}

int
sim_data_copy_range (const struct sim_data *from, uint64_t offset, uint64_t length, struct sim_data *to,
                     uint64_t to_offset)
{
  CLEANUP_FREE struct sim_extent *parts = calloc (from->count + 1, sizeof *parts);
  size_t count = 0;

  if (parts == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < from->count; i++)
    count += cut_extent (&from->extents[i], offset, offset + length, to_offset - offset, &parts[count]);
  return replace_by (to, to_offset, to_offset + length, 0, parts, count);
}

/* What DATA hold from OFFSET on, at most LENGTH bytes: the part of one extent, or zeros, of operation 0. */
static struct sim_extent
run_at (const struct sim_data *data, uint64_t offset, uint64_t length)
{
  const size_t next = array_place (data->count, i, data->extents[i].start + data->extents[i].length <= offset);
  struct sim_extent run = { offset, length, 0, 0 };

  if (next < data->count && data->extents[next].start <= offset)
    cut_extent (&data->extents[next], offset, offset + length, 0, &run);
  else if (next < data->count && data->extents[next].start < offset + length)
    run.length = data->extents[next].start - offset;
  return run;
}

bool
sim_data_same (const struct sim_data *left, uint64_t left_offset, const struct sim_data *right, uint64_t right_offset,
               uint64_t length)
{
  uint64_t step;

  for (uint64_t done = 0; done < length; done += step) {
    const struct sim_extent one = run_at (left, left_offset + done, length - done);
    const struct sim_extent other = run_at (right, right_offset + done, length - done);

    if (one.operation != other.operation || one.source != other.source)
      return false;
    step = one.length < other.length ? one.length : other.length;
  }
  return true;
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
