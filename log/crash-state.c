/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log/crash-state.h"

struct crash_state {
  const struct write_log *log;
  uint32_t write_limit;         /* writes below this number are issued */
  uint8_t *kinds;               /* by write: enum choice_kind */
  enum choice_kind undecided_default;
  struct choice *choices;       /* as selected, to undo them */
  size_t choice_count;
  struct choice *decisions;     /* room for choice_count of them */
  size_t decision_count;
};

/* The writes that may show in a block, newest first, down to those that hide all older ones. */
struct candidates {
  uint32_t *writes;
  size_t count;
  size_t room;
  uint32_t small[64];           /* enough for nearly every block */
};

struct crash_state *
crash_state_new (const struct write_log *log)
{
  struct crash_state *state = calloc (1, sizeof *state);

  if (state == NULL)
    return NULL;
  state->log = log;
  state->write_limit = log->write_count;
  state->kinds = calloc (log->write_count ? log->write_count : 1, 1);
  if (state->kinds == NULL) {
    free (state);
    return NULL;
  }
  return state;
}

void
crash_state_free (struct crash_state *state)
{
  if (state == NULL)
    return;
  free (state->kinds);
  free (state->choices);
  free (state->decisions);
  free (state);
}

static void
forget_choices (struct crash_state *state)
{
  for (size_t i = 0; i < state->choice_count; i++)
    state->kinds[state->choices[i].write] = CHOICE_PRESENT;
  state->choice_count = state->decision_count = 0;
  state->write_limit = state->log->write_count;
}

int
crash_state_select (struct crash_state *state, uint32_t point, const struct choice *choices, size_t count,
                    enum choice_kind undecided_default)
{
  struct choice *kept, *decisions;

  forget_choices (state);
  if (point >= state->log->event_count || undecided_default >= CHOICE_UNDECIDED)
    goto invalid;
  kept = reallocarray (state->choices, count ? count : 1, sizeof *kept);
  if (kept == NULL)
    return -1;
  state->choices = kept;
  decisions = reallocarray (state->decisions, count ? count : 1, sizeof *decisions);
  if (decisions == NULL)
    return -1;
  state->decisions = decisions;
  state->write_limit = log_writes_until (state->log, point);
  state->undecided_default = undecided_default;
  for (; state->choice_count < count; state->choice_count++) {
    struct choice choice = choices[state->choice_count];

    if (choice.kind > CHOICE_UNDECIDED || choice.write >= state->write_limit)
      goto invalid;
    state->choices[state->choice_count] = choice;
    state->kinds[choice.write] = (uint8_t) choice.kind;
  }
  return 0;

 invalid:
  forget_choices (state);
  errno = EINVAL;
  return -1;
}

/* The sectors of the block at BLOCK_OFFSET that WRITE touches. */
static unsigned
touched_sectors (const struct log_write *write, uint64_t block_offset)
{
  uint64_t first = write->offset_bytes > block_offset ? (write->offset_bytes - block_offset) / LOG_SECTOR : 0;
  uint64_t end = (write->offset_bytes + write->length_bytes - block_offset) / LOG_SECTOR;

  if (end > BLOCK_SECTORS)
    end = BLOCK_SECTORS;
  return ((1u << end) - 1) & ~((1u << first) - 1);
}

/* Where the bytes of SECTOR of the block at BLOCK_OFFSET are in WRITE, which touches it; WRITE NULL is the empty device. */
static const char *
sector_content (const struct write_log *log, const struct log_write *write, uint64_t block_offset, unsigned sector)
{
  static const char zeros[LOG_SECTOR];

  if (write == NULL || write->kind != LOG_WRITE)
    return zeros;
  return log->map + write->data + (block_offset + (uint64_t) sector * LOG_SECTOR - write->offset_bytes);
}

static void
add_candidate (struct candidates *candidates, uint32_t number)
{
  if (candidates->count == candidates->room) {
    size_t room = candidates->room * 2;
    uint32_t *larger = malloc (room * sizeof *larger);

    if (larger == NULL)
      abort ();                 /* a read of a device cannot fail half-way through a decision */
    memcpy (larger, candidates->writes, candidates->count * sizeof *larger);
    if (candidates->writes != candidates->small)
      free (candidates->writes);
    candidates->writes = larger;
    candidates->room = room;
  }
  candidates->writes[candidates->count++] = number;
}

static void
find_candidates (const struct crash_state *state, unsigned device, uint64_t block, unsigned sectors,
                 struct candidates *candidates)
{
  const struct write_log *log = state->log;
  struct index_walk walk;
  uint32_t number;

  candidates->writes = candidates->small;
  candidates->room = sizeof candidates->small / sizeof candidates->small[0];
  candidates->count = 0;
  index_walk_begin (&walk, &log->index, device, block, state->write_limit);
  while (sectors && index_walk_next (&walk, &number)) {
    unsigned touched = touched_sectors (&log->writes[number], block * BLOCK_SIZE) & sectors;

    if (touched == 0 || state->kinds[number] == CHOICE_ABSENT)
      continue;
    add_candidate (candidates, number);
    if (state->kinds[number] == CHOICE_PRESENT)
      sectors &= ~touched;
  }
}

/* Whether SECTOR shows CONTENT whatever is decided about candidates from FROM on. */
static bool
is_settled (const struct crash_state *state, const struct candidates *candidates, size_t from, uint64_t block_offset,
            unsigned sector, const char *content)
{
  const struct write_log *log = state->log;

  for (size_t i = from; i < candidates->count; i++) {
    const struct log_write *write = &log->writes[candidates->writes[i]];

    if (!(touched_sectors (write, block_offset) & 1u << sector)
        || state->kinds[candidates->writes[i]] == CHOICE_ABSENT)
      continue;
    if (memcmp (sector_content (log, write, block_offset, sector), content, LOG_SECTOR) != 0)
      return false;
    if (state->kinds[candidates->writes[i]] == CHOICE_PRESENT)
      return true;
  }
  return memcmp (sector_content (log, NULL, block_offset, sector), content, LOG_SECTOR) == 0;
}

static void
decide (struct crash_state *state, uint32_t number)
{
  state->kinds[number] = (uint8_t) state->undecided_default;
  state->decisions[state->decision_count++] = (struct choice) { number, state->undecided_default };
}

static const char *
resolve_sector (struct crash_state *state, const struct candidates *candidates, uint64_t block_offset, unsigned sector)
{
  const struct write_log *log = state->log;

  for (size_t i = 0; i < candidates->count; i++) {
    uint32_t number = candidates->writes[i];
    const struct log_write *write = &log->writes[number];

    if (!(touched_sectors (write, block_offset) & 1u << sector))
      continue;
    const char *content = sector_content (log, write, block_offset, sector);
    if (state->kinds[number] == CHOICE_UNDECIDED) {
      if (is_settled (state, candidates, i + 1, block_offset, sector, content))
        return content;
      decide (state, number);
    }
    if (state->kinds[number] == CHOICE_PRESENT)
      return content;
  }
  return sector_content (log, NULL, block_offset, sector);
}

void
crash_state_read_block (struct crash_state *state, unsigned device, uint64_t block, unsigned sectors, void *buffer)
{
  struct candidates candidates;

  find_candidates (state, device, block, sectors, &candidates);
  for (unsigned sector = 0; sector < BLOCK_SECTORS; sector++)
    if (sectors & 1u << sector)
      memcpy ((char *) buffer + sector * LOG_SECTOR, resolve_sector (state, &candidates, block * BLOCK_SIZE, sector),
              LOG_SECTOR);
  if (candidates.writes != candidates.small)
    free (candidates.writes);
}

void
crash_state_read (struct crash_state *state, unsigned device, void *buffer, size_t count, uint64_t offset)
{
  char bounce[BLOCK_SIZE];
  char *to = buffer;

  while (count > 0) {
    uint32_t skip = (uint32_t) (offset % BLOCK_SIZE), part = BLOCK_SIZE - skip;

    if (part > count)
      part = (uint32_t) count;
    unsigned sectors = ((1u << part / LOG_SECTOR) - 1) << skip / LOG_SECTOR;
    crash_state_read_block (state, device, offset / BLOCK_SIZE, sectors, bounce);
    memcpy (to, bounce + skip, part);
    to += part;
    offset += part;
    count -= part;
  }
}

const struct choice *
crash_state_decisions (const struct crash_state *state, size_t *count)
{
  *count = state->decision_count;
  return state->decisions;
}
