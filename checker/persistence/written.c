/* SPDX-License-Identifier: BSD-3-Clause */
/* A sector is on the disk as it was in memory after some operation, whenever it was written back: so the sectors after
 * each operation are all that there can be.  Where they are in the file is not asked, as ranges move.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "checker/persistence/written.h"
#include "checker/workload/simulation.h"
#include "common/array.h"
#include "common/message.h"

static int
compare_numbers (const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

  return a < b ? -1 : a > b;
}

/* Sort the COUNT numbers of LIST, and keep each once.  Returns how many are left. */
static size_t
make_set (uint64_t *list, size_t count)
{
  size_t kept = 0;

  if (count > 0)
    qsort (list, count, sizeof *list, compare_numbers);
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || list[kept - 1] != list[i])
      list[kept++] = list[i];
  return kept;
}

static bool
set_has (const uint64_t *list, size_t count, uint64_t number)
{
  return count > 0 && bsearch (&number, list, count, sizeof *list, compare_numbers);
}

/* Add the sector that begins at FROM, as DATA have it, of which LENGTH bytes are there. */
static int
add_sector (struct written_file *file, const struct sim_data *data, uint64_t from, size_t length)
{
  char bytes[SECTOR_SIZE];
  uint64_t *added = array_add (file->sectors, file->sector_count);

  if (added == NULL)
    return out_of_memory ();
  sim_data_read (data, from, (uint8_t *) bytes, length);
  *added = sector_hash (bytes, length);
  return 0;
}

/* Add the sectors of DATA from FROM up to TO, in part or as a whole. */
static int
add_sectors (struct written_file *file, const struct sim_data *data, uint64_t from, uint64_t to)
{
  const uint64_t last = (uint64_t) SECTORS_MAX * SECTOR_SIZE;

  to = to < data->size ? to : data->size;
  to = to < last ? to : last;
  for (uint64_t at = from / SECTOR_SIZE * SECTOR_SIZE; at < to; at += SECTOR_SIZE)
    if (add_sector (file, data, at, SECTOR_SIZE) == -1)
      return -1;
  for (size_t i = 0; i < file->size_count; i++) {
    const uint64_t size = file->sizes[i];

    if (size % SECTOR_SIZE && size > from && size - size % SECTOR_SIZE < to
        && add_sector (file, data, size - size % SECTOR_SIZE, size % SECTOR_SIZE) == -1)
      return -1;
  }
  return 0;
}

/* Whether *room sectors, which are less then, have room for DATA from FROM up to TO, of FILE. */
static bool
take_room (const struct written_file *file, const struct sim_data *data, uint64_t from, uint64_t to, uint64_t *room)
{
  const uint64_t last = to < data->size ? to : data->size;
  const uint64_t bytes = last > from ? last - from : 0;
  const uint64_t whole = bytes / SECTOR_SIZE + 2;       /* and two in part */
  const uint64_t wanted = (whole < SECTORS_MAX ? whole : SECTORS_MAX) + file->size_count;

  if (wanted > *room)
    return false;
  *room -= wanted;
  return true;
}

/* Note what the last operation has made of FILE, of which DATA are new from FROM up to TO: the size, or, as there is
 * *room, the sectors.
 */
static int
note (struct written_file *file, const struct sim_data *data, uint64_t from, uint64_t to, uint64_t *room)
{
  if (room) {
    file->unknown = file->unknown || !take_room (file, data, from, to, room);
    return file->unknown ? 0 : add_sectors (file, data, from, to);
  }
  uint64_t *size = array_add (file->sizes, file->size_count);
  if (size == NULL)
    return out_of_memory ();
  *size = data->size;
  return 0;
}

/* Note what the last operation of SIMULATION has made, where those of the inodes from FIRST on are new. */
static int
note_operation (const struct simulation *simulation, size_t first, struct written_file *files, uint64_t *room)
{
  const struct sim_effect *effect = &simulation->effect;
  int r = 0;

  if (effect->data)
    r = note (&files[effect->data->number], &effect->data->data, effect->data_from, effect->data_to, room);
  for (size_t i = first; effect->snapshot && i < simulation->inode_count && r == 0; i++)
    r = note (&files[i], &simulation->inodes[i]->data, 0, UINT64_MAX, room);
  return r;
}

/* Do WORKLOAD and note all sizes, for which FILES gets room, or with ROOM not NULL the sectors. */
static int
note_all (const struct workload *workload, struct written_file **files, size_t *count, uint64_t *room)
{
  struct simulation simulation;
  int r = simulation_begin (&simulation, workload);

  for (size_t i = 0; i < workload->count && r == 0; i++) {
    const size_t first = simulation.inode_count;

    r = simulation_do (&simulation, i);
    while (r == 0 && *count < simulation.inode_count)
      r = array_add (*files, *count) ? 0 : out_of_memory ();
    if (r == 0)
      r = note_operation (&simulation, first, *files, room);
  }
  simulation_free (&simulation);
  return r;
}

int
written_find (const struct workload *workload, struct written_file **files, size_t *count)
{
  uint64_t room = WRITTEN_SECTORS_MAX;

  *files = NULL;
  *count = 0;
  int r = note_all (workload, files, count, NULL);
  for (size_t i = 0; i < *count; i++)
    (*files)[i].size_count = make_set ((*files)[i].sizes, (*files)[i].size_count);
  if (r == 0)
    r = note_all (workload, files, count, &room);
  for (size_t i = 0; i < *count; i++)
    (*files)[i].sector_count = make_set ((*files)[i].sectors, (*files)[i].sector_count);
  if (r == -1)
    written_free (*files, *count);
  return r;
}

static void
free_file (struct written_file *file)
{
  free (file->sizes);
  free (file->sectors);
}

void
written_free (struct written_file *files, size_t count)
{
  array_free (files, count, free_file);
}

size_t
written_find_stale (const struct written_file *written, const struct page_file *seen, uint64_t size)
{
  for (size_t i = 0; i < seen->count && !written->unknown; i++) {
    bool cut = size / SECTOR_SIZE == i && !set_has (written->sizes, written->size_count, size);

    if (!cut && seen->sectors[i] != SECTOR_OF_ZEROS && seen->sectors[i] != SECTOR_UNREADABLE
        && !set_has (written->sectors, written->sector_count, seen->sectors[i]))
      return i;
  }
  return seen->count;
}
