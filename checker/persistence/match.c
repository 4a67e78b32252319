/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/allocation.h"
#include "checker/observe/flags.h"
#include "checker/observe/sectors.h"
#include "checker/persistence/match.h"
#include "checker/workload/allocation.h"
#include "common/cleanup.h"

static bool
is (const char *text, const char *word)
{
  return strcmp (text, word) == 0;
}

/* Whether a byte of DATA below SIZE and outside RANGES is not zero. */
static bool
has_bytes (const struct sim_data *data, const struct byte_ranges *ranges, uint64_t size)
{
  for (size_t i = 0; i < data->count; i++) {
    uint64_t start = data->extents[i].start, end = start + data->extents[i].length;

    end = end < size ? end : size;
    if (start < end && !ranges_cover (ranges, (struct byte_range) { start, end }))
      return true;
  }
  return false;
}

/* Whether sector NUMBER of DATA is the one of hash SEEN. */
static bool
sector_matches (const struct sim_data *data, size_t number, uint64_t seen)
{
  uint8_t bytes[SECTOR_SIZE];

  sim_data_read (data, (uint64_t) number * SECTOR_SIZE, bytes, sizeof bytes);
  return seen == sector_hash ((const char *) bytes, sizeof bytes);
}

/* The sectors that were observed at PATH, or NULL. */
static const struct page_file *
find_sectors (const struct hearing *hearing, const char *path)
{
  for (size_t i = 0; i < hearing->file_count; i++)
    if (strcmp (hearing->files[i].path, path) == 0)
      return &hearing->files[i];
  return NULL;
}

/* Whether the sectors at PATH that lie outside the ranges that were touched are as they were; also if nobody knows. */
static bool
sectors_match (const struct hearing *hearing, const struct inode_state *state, const struct sim_inode *inode,
               const char *path)
{
  const struct page_file *file = find_sectors (hearing, path);

  for (size_t i = 0; file && i < file->count; i++) {
    uint64_t from = (uint64_t) i * SECTOR_SIZE;

    if (!ranges_meet (&state->dirty, (struct byte_range) { from, from + SECTOR_SIZE })
        && !sector_matches (&inode->data, i, file->sectors[i]))
      return false;
  }
  return true;
}

static bool
data_match (const struct hearing *hearing, const struct inode_state *state, const struct sim_inode *inode,
            const struct tree_object *seen)
{
  const char *content = seen->field[TREE_CONTENT];

  if (!state->data.made)
    return true;
  if (!state->data_touched)
    return is (seen->field[TREE_SIZE], state->size_text) && is (content, state->word);
  uint64_t size = strtoull (seen->field[TREE_SIZE], NULL, 10);  /* a number, as tree_parse has found */
  if (size < state->size_min || size > state->size_max)
    return false;
  return !(is (content, "zero") && has_bytes (&inode->data, &state->dirty, size))
    && sectors_match (hearing, state, inode, seen->field[TREE_PATH]);
}

uint64_t
match_stale (const struct hearing *hearing, const struct sim_inode *inode, const struct tree_object *seen)
{
  const struct page_file *file = hearing->written ? find_sectors (hearing, seen->field[TREE_PATH]) : NULL;

  if (file == NULL)
    return UINT64_MAX;
  uint64_t size = strtoull (seen->field[TREE_SIZE], NULL, 10);
  size_t sector = written_find_stale (&hearing->written[inode->number], file, size);
  return sector == file->count ? UINT64_MAX : (uint64_t) sector * SECTOR_SIZE;
}

static bool
xattrs_match (const struct inode_state *state, const struct tree_object *seen)
{
  return !state->xattrs.made || attributes_allow_word (&state->attributes, seen->field[TREE_XATTRS]);
}

bool
match_mode (const struct inode_state *state, const struct tree_object *seen)
{
  int mode = (int) strtol (seen->field[TREE_MODE], NULL, 8);    /* four octal digits, as tree_parse has found */

  return !state->xattrs.made || attributes_allow_mode (&state->attributes, mode);
}

bool
match_owner (const struct inode_state *state, const struct tree_object *seen)
{
  const uint64_t user = strtoul (seen->field[TREE_UID], NULL, 10), group = strtoul (seen->field[TREE_GID], NULL, 10);
  const int64_t owner = sim_owner (user, group);        /* numbers, as tree_parse has found */

  return !state->xattrs.made || attributes_allow_owner (&state->attributes, owner);
}

/* Only files and folders are asked for theirs. */
bool
match_flags (const struct inode_state *state, const struct tree_object *seen)
{
  const char *letters = tree_fact (seen, "flags");
  uint32_t flags = 0;

  if (letters)
    flags_read (letters, ';', &flags);
  return !state->xattrs.made || attributes_allow_flags (&state->attributes, flags);
}

bool
match_project (const struct inode_state *state, const struct tree_object *seen)
{
  const char *project = tree_fact (seen, "project");

  return !state->xattrs.made
    || attributes_allow_project (&state->attributes, project ? (uint32_t) strtoul (project, NULL, 10) : 0);
}

bool
match_time (const struct hearing *hearing, const struct inode_state *state, const struct tree_object *seen)
{
  const char *time = tree_fact (seen, "mtime");

  return !(hearing->rules & RULE_BIT (RULE_TIME)) || !state->xattrs.made
    || attributes_allow_time (&state->attributes, time ? strtoll (time, NULL, 10) : -1);
}

/* Whether all blocks that RANGE touches are there, or, if they should not be, none that it has as a whole. */
static bool
blocks_match (const struct allocation *allocation, struct byte_range range, bool reserved)
{
  const uint64_t block = allocation->block_bytes;

  if (!reserved)
    return block > ALLOCATION_BLOCK || !ranges_meet (&allocation->runs, range);
  range.from = range.from / block * block;
  range.to = (range.to + block - 1) / block * block;
  return ranges_cover (&allocation->runs, range);
}

/* The first of RANGES in which blocks are not as they should be, into *wrong; or false. */
static bool
find_wrong (const struct allocation *allocation, const struct byte_ranges *ranges, bool reserved,
            struct byte_range *wrong)
{
  for (size_t i = 0; i < ranges->count; i++)
    if (!blocks_match (allocation, ranges->list[i], reserved)) {
      *wrong = ranges->list[i];
      return true;
    }
  return false;
}

bool
match_blocks (struct hearing *hearing, const struct inode_state *state, const struct tree_object *seen,
              struct byte_range *wrong, bool *reserved)
{
  const char *extents = state->allocation.made ? tree_fact (seen, "extents") : NULL;
  struct allocation allocation;

  if (extents == NULL)
    return false;
  if (allocation_parse (extents, &allocation) == -1) {
    hearing->out_of_memory = true;      /* tree_parse has found it to be right */
    return false;
  }
  *reserved = find_wrong (&allocation, &state->reserved, true, wrong);
  const bool found = *reserved || find_wrong (&allocation, &state->freed, false, wrong);
  free (allocation.runs.list);
  return found;
}

/* Whether all that SEEN has besides its data is right. */
static bool
attributes_match (const struct hearing *hearing, const struct inode_state *state, const struct tree_object *seen)
{
  return xattrs_match (state, seen) && match_mode (state, seen) && match_owner (state, seen)
    && match_flags (state, seen) && match_project (state, seen) && match_time (hearing, state, seen);
}

/* What an observation calls the kind of INODE, if it is a subvolume; else NULL. */
static const char *
subvolume_word (const struct sim_inode *inode)
{
  return inode->subvolume == SUBVOLUME_WRITABLE ? "rw" : inode->subvolume == SUBVOLUME_READ_ONLY ? "ro" : NULL;
}

static bool
subvolume_matches (const struct sim_inode *inode, const struct tree_object *seen)
{
  const char *fact = tree_fact (seen, "subvolume"), *word = subvolume_word (inode);

  return fact && word ? strncmp (fact, word, strlen (word)) == 0 : fact == NULL && word == NULL;
}

enum match
match_object (struct hearing *hearing, const struct sim_inode *inode, const struct tree_object *seen)
{
  const struct inode_state *state = &hearing->state->inodes[inode->number];

  if (seen->field[TREE_TYPE][0] != inode->type || seen->field[TREE_CONTENT][0] == '!'
      || seen->field[TREE_XATTRS][0] == '!' || !subvolume_matches (inode, seen))
    return MATCH_NOT;
  if (inode->target) {
    CLEANUP_FREE char *target = content_target (inode->target);

    hearing->out_of_memory |= target == NULL;
    if (target && !is (target, seen->field[TREE_CONTENT]))
      return MATCH_NOT;
  }
  if (inode->type == 'f' && !data_match (hearing, state, inode, seen))
    return MATCH_TYPE;
  if (inode->type == 'f' && match_stale (hearing, inode, seen) != UINT64_MAX)
    return MATCH_PROMISED;
  if (!attributes_match (hearing, state, seen))
    return MATCH_DATA;
  struct byte_range wrong;
  bool reserved;
  return inode->type == 'f' && match_blocks (hearing, state, seen, &wrong, &reserved) ? MATCH_ATTRIBUTES : MATCH_ALL;
}
