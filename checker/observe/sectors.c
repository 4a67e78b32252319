/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include <xxhash.h>

#include "checker/observe/sectors.h"

bool
all_zero (const char *data, size_t length)
{
  return data[0] == 0 && memcmp (data, data + 1, length - 1) == 0;
}

uint64_t
sector_hash (const char *data, size_t length)
{
  char sector[SECTOR_SIZE] = { 0 };

  if (all_zero (data, length))
    return SECTOR_OF_ZEROS;
  if (length < SECTOR_SIZE)
    data = memcpy (sector, data, length);
  return XXH3_64bits (data, SECTOR_SIZE);
}

size_t
sectors_touched (uint64_t size_bytes)
{
  if (size_bytes > SECTORS_MAX * (uint64_t) SECTOR_SIZE)
    return SECTORS_MAX;
  return (size_t) ((size_bytes + SECTOR_SIZE - 1) / SECTOR_SIZE);
}

/* The comma in front of every item but the first. */
static void
separate (struct sector_writer *writer, size_t before)
{
  if (before > 0)
    putc (',', writer->file);
}

static void
end_run (struct sector_writer *writer)
{
  if (writer->kind) {
    separate (writer, writer->count - writer->run);
    fprintf (writer->file, "%c%zu", writer->kind, writer->run);
  }
  writer->kind = 0;
  writer->run = 0;
}

static void
add_run (struct sector_writer *writer, char kind, size_t count)
{
  if (writer->kind != kind)
    end_run (writer);
  writer->kind = kind;
  writer->run += count;
  writer->count += count;
}

static void
add_hash (struct sector_writer *writer, uint64_t hash)
{
  end_run (writer);
  separate (writer, writer->count++);
  fprintf (writer->file, "%016" PRIx64, hash);
}

void
sectors_add (struct sector_writer *writer, const char *data, size_t length)
{
  for (size_t at = 0; at < length && writer->count < SECTORS_MAX; at += SECTOR_SIZE) {
    size_t part = length - at < SECTOR_SIZE ? length - at : SECTOR_SIZE;
    uint64_t hash = sector_hash (data + at, part);

    if (hash == SECTOR_OF_ZEROS)
      add_run (writer, 'z', 1);
    else
      add_hash (writer, hash);
  }
}

void
sectors_add_unreadable (struct sector_writer *writer, size_t count)
{
  size_t room = SECTORS_MAX - writer->count;

  if (count > 0 && room > 0)
    add_run (writer, '!', count < room ? count : room);
}

void
sectors_end (struct sector_writer *writer)
{
  end_run (writer);
  if (writer->count == 0)
    putc ('-', writer->file);
}
