/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because all that reads and decides looks at every part of a state. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "log/chosen-orders.h"
#include "log/contest.h"
#include "common/cleanup.h"
#include "log/crash-state.h"
#include "log/torn.h"

#define KIND_TORN 3             /* beside enum choice_kind: see `torn` */

struct crash_state {
  const struct write_log *log;
  uint32_t write_limit;         /* writes below this number are issued */
  uint8_t *kinds;               /* by write: enum choice_kind, or KIND_TORN */
  uint32_t *torn_numbers;       /* by write: its place in torn; NULL while none was ever torn */
  struct torn *torn;
  size_t torn_count, torn_room; /* spans of those from torn_count on are kept for reuse */
  struct chosen_orders orders;
  struct decision_rule rule;
  struct choice *choices;       /* as selected, to undo them */
  size_t choice_count;
  struct choice *decisions;
  size_t decision_count;
};

/* The writes that may show in a block, newest first, down to those that hide all older ones. */
struct candidates {
  uint32_t *writes;
  size_t count;
  size_t room;
  uint32_t small[64];           /* enough for nearly every block */
};

void
crash_state_free (struct crash_state *state)
{
  if (state == NULL)
    return;
  chosen_orders_free (&state->orders);
  array_free (state->torn, state->torn_room, torn_free);
  free_all (state->torn_numbers, state->kinds, state->choices, state->decisions, state);
}

struct crash_state *
crash_state_new (const struct write_log *log)
{
  struct crash_state *state = calloc (1, sizeof *state);

  if (state == NULL)
    return NULL;
  state->log = log;
  state->write_limit = log->write_count;
  state->rule.tear.atomic_bytes = LOG_SECTOR;
  state->kinds = calloc (log->write_count ? log->write_count : 1, 1);
  if (state->kinds == NULL || chosen_orders_begin (&state->orders, &log->orders) == -1) {
    crash_state_free (state);
    return NULL;
  }
  return state;
}

/* Let the orders be as the choices and decisions say.  Returns -1 if they contradict one another. */
static int
apply_orders (struct crash_state *state)
{
  int r;

  if (state->log->orders.count == 0)
    return 0;
  chosen_orders_restart (&state->orders);
  r = chosen_orders_add (&state->orders, state->choices, state->choice_count);
  if (r == 0)
    r = chosen_orders_add (&state->orders, state->decisions, state->decision_count);
  chosen_orders_settle (&state->orders);
  return r;
}

static void
forget_choices (struct crash_state *state)
{
  for (size_t i = 0; i < state->choice_count; i++)
    state->kinds[state->choices[i].write] = CHOICE_PRESENT;
  state->choice_count = state->decision_count = state->torn_count = 0;
  state->write_limit = state->log->write_count;
  apply_orders (state);
}

static enum choice_kind
sector_kind (const struct crash_state *state, uint32_t number, uint32_t sector)
{
  const struct torn *torn;

  if (state->kinds[number] != KIND_TORN)
    return state->kinds[number];
  torn = &state->torn[state->torn_numbers[number]];
  return torn->spans[torn_find (torn, sector)].kind;
}

/* Begin to keep the sectors of write NUMBER apart, or NULL with errno ENOMEM. */
static struct torn *
tear_write (struct crash_state *state, uint32_t number)
{
  struct torn *torn;

  if (state->kinds[number] == KIND_TORN)
    return &state->torn[state->torn_numbers[number]];
  if (state->torn_numbers == NULL
      && (state->torn_numbers = calloc (state->log->write_count, sizeof *state->torn_numbers)) == NULL)
    return NULL;
  if (state->torn_count == state->torn_room) {
    size_t room = state->torn_room ? state->torn_room * 2 : 16;
    struct torn *larger = reallocarray (state->torn, room, sizeof *larger);

    if (larger == NULL)
      return NULL;
    memset (larger + state->torn_room, 0, (room - state->torn_room) * sizeof *larger);
    state->torn = larger;
    state->torn_room = room;
  }
  torn = &state->torn[state->torn_count];
  if (torn_begin (torn, state->kinds[number]) == -1)
    return NULL;
  state->torn_numbers[number] = (uint32_t) state->torn_count++;
  state->kinds[number] = KIND_TORN;
  return torn;
}

/* Make CHOICE hold. */
static int
apply_choice (struct crash_state *state, struct choice choice)
{
  uint32_t end = write_last_sector (&state->log->writes[choice.write]);
  struct torn *torn;

  if (state->kinds[choice.write] != KIND_TORN && choice.first == 0 && choice.last >= end) {
    state->kinds[choice.write] = (uint8_t) choice.kind;
    return 0;
  }
  torn = tear_write (state, choice.write);
  return torn ? torn_set (torn, choice.first, choice.last, end, choice.kind) : -1;
}

static bool
is_legal_choice (const struct crash_state *state, const struct choice *choice)
{
  if (choice_kind_is_of_order (choice->kind))
    return choice->kind <= CHOICE_UNORDERED && choice->write < choice->first && choice->first < state->write_limit
      && choice_is_of_pair (&state->log->orders, choice);
  return choice->kind <= CHOICE_UNDECIDED && choice->write < state->write_limit && choice->first <= choice->last
    && choice->first <= write_last_sector (&state->log->writes[choice->write]);
}

static bool
is_legal_rule (const struct decision_rule *rule)
{
  uint32_t size = rule->tear.atomic_bytes;

  return rule->tear.mode <= TEAR_ANY && rule->preference <= PREFER_RANDOM && size >= LOG_SECTOR
    && (size & (size - 1)) == 0;
}

int
crash_state_select (struct crash_state *state, const struct selection *selection)
{
  size_t count = selection->count;
  struct choice *kept;

  forget_choices (state);
  errno = EINVAL;
  if (selection->point >= state->log->event_count || !is_legal_rule (&selection->rule))
    return -1;
  kept = reallocarray (state->choices, count ? count : 1, sizeof *kept);
  if (kept == NULL)
    return -1;
  state->choices = kept;
  state->write_limit = log_writes_until (state->log, selection->point);
  state->rule = selection->rule;
  for (size_t i = 0; i < count; i++) {
    struct choice choice = selection->choices[i];

    errno = EINVAL;
    if (!is_legal_choice (state, &choice)) {
      forget_choices (state);
      return -1;
    }
    state->choices[state->choice_count++] = choice;
    if (!choice_kind_is_of_order (choice.kind) && apply_choice (state, choice) == -1) {
      forget_choices (state);
      return -1;
    }
  }
  if (apply_orders (state) == 0)
    return 0;
  errno = EINVAL;
  forget_choices (state);
  return -1;
}

unsigned
write_block_sectors (const struct log_write *write, uint64_t block)
{
  uint64_t block_offset = block * BLOCK_SIZE;
  uint64_t first = write->offset_bytes > block_offset ? (write->offset_bytes - block_offset) / LOG_SECTOR : 0;
  uint64_t end = (write->offset_bytes + write->length_bytes - block_offset) / LOG_SECTOR;

  if (end > BLOCK_SECTORS)
    end = BLOCK_SECTORS;
  return ((1u << end) - 1) & ~((1u << first) - 1);
}

/* SECTOR of the block at BLOCK_OFFSET, counted from the start of WRITE, which touches it. */
static uint32_t
sector_in_write (const struct log_write *write, uint64_t block_offset, unsigned sector)
{
  return (uint32_t) ((block_offset + (uint64_t) sector * LOG_SECTOR - write->offset_bytes) / LOG_SECTOR);
}

/* Where the bytes of SECTOR of the block at BLOCK_OFFSET are in WRITE, which touches it; WRITE NULL is the empty
 * device.
 */
static const char *
sector_content (const struct write_log *log, const struct log_write *write, uint64_t block_offset, unsigned sector)
{
  static const char zeros[LOG_SECTOR];

  if (write == NULL || write->kind != LOG_WRITE)
    return zeros;
  const uint64_t offset = (uint64_t) sector_in_write (write, block_offset, sector) * LOG_SECTOR;
  return log_bytes (log, write->data + offset, LOG_SECTOR);
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

/* Those of TOUCHED, sectors of BLOCK that write NUMBER touches, that hide whatever is older. */
static unsigned
hiding_sectors (const struct crash_state *state, uint32_t number, uint64_t block, unsigned touched)
{
  unsigned hiding = 0;

  if (state->kinds[number] != KIND_TORN)
    return state->kinds[number] == CHOICE_PRESENT ? touched : 0;
  for (unsigned sector = 0; sector < BLOCK_SECTORS; sector++)
    if (touched & 1u << sector
        && sector_kind (state, number, sector_in_write (&state->log->writes[number], block * BLOCK_SIZE, sector))
        == CHOICE_PRESENT)
      hiding |= 1u << sector;
  return hiding;
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
    unsigned touched = write_block_sectors (&log->writes[number], block) & sectors;

    if (touched == 0 || state->kinds[number] == CHOICE_ABSENT)
      continue;
    add_candidate (candidates, number);
    if (!(log->writes[number].flags & LOG_UNORDERED))
      sectors &= ~hiding_sectors (state, number, block, touched);
  }
}

/* What is decided about SECTOR of BLOCK in write NUMBER; CHOICE_ABSENT if the write does not touch it. */
static enum choice_kind
block_sector_kind (const struct crash_state *state, uint32_t number, uint64_t block, unsigned sector)
{
  const struct log_write *write = &state->log->writes[number];

  if (!(write_block_sectors (write, block) & 1u << sector))
    return CHOICE_ABSENT;
  return sector_kind (state, number, sector_in_write (write, block * BLOCK_SIZE, sector));
}

/* Whether SECTOR shows CONTENT whatever is decided about candidates from FROM on. */
static bool
is_settled (const struct crash_state *state, const struct candidates *candidates, size_t from, uint64_t block,
            unsigned sector, const char *content)
{
  const struct write_log *log = state->log;

  for (size_t i = from; i < candidates->count; i++) {
    uint32_t number = candidates->writes[i];
    enum choice_kind kind = block_sector_kind (state, number, block, sector);

    if (kind == CHOICE_ABSENT)
      continue;
    if (memcmp (sector_content (log, &log->writes[number], block * BLOCK_SIZE, sector), content, LOG_SECTOR) != 0)
      return false;
    if (kind == CHOICE_PRESENT)
      return true;
  }
  return memcmp (sector_content (log, NULL, 0, sector), content, LOG_SECTOR) == 0;
}

/* CHOICE without what was decided before, so that it can be taken back alone. */
static struct choice
undecided_part (const struct crash_state *state, struct choice choice, uint32_t sector)
{
  const struct torn *torn;
  size_t at;

  if (state->kinds[choice.write] != KIND_TORN)
    return choice;
  torn = &state->torn[state->torn_numbers[choice.write]];
  at = torn_find (torn, sector);
  if (choice.first < torn->spans[at].first)
    choice.first = torn->spans[at].first;
  if (at + 1 < torn->count && choice.last >= torn->spans[at + 1].first)
    choice.last = torn->spans[at + 1].first - 1;
  return choice;
}

/* What of CHOICE is undecided about SECTOR, counted from its write's start, becomes a decision.  A read of a device
 * cannot fail half-way through one.
 */
static void
add_decision (struct crash_state *state, struct choice choice, uint32_t sector)
{
  struct choice *decision = array_add (state->decisions, state->decision_count);

  choice = undecided_part (state, choice, sector);
  if (decision == NULL || apply_choice (state, choice) == -1)
    abort ();
  *decision = choice;
}

/* Decide how writes A and B lie to one another. */
static void
decide_order (struct crash_state *state, uint32_t a, uint32_t b)
{
  uint32_t lower = a < b ? a : b, upper = a < b ? b : a;
  bool usual = rule_prefers (&state->rule, lower, upper) == CHOICE_PRESENT;
  struct choice *decision = array_add (state->decisions, state->decision_count);

  if (decision == NULL)
    abort ();
  *decision = usual ? choice_over (upper, lower) : choice_over (lower, upper);
  chosen_orders_add (&state->orders, decision, 1);
}

/* Decide about SECTOR, counted from the start of write NUMBER, and all that comes with it. */
static enum choice_kind
decide (struct crash_state *state, uint32_t number, uint32_t sector)
{
  const struct tear *tear = &state->rule.tear;
  uint32_t piece = tear_choice (tear, state->log, number, sector, CHOICE_ABSENT).first;
  enum choice_kind kind = rule_prefers (&state->rule, number, piece);

  add_decision (state, tear_choice (tear, state->log, number, sector, kind), sector);
  return kind;
}

/* What shows in SECTOR of BLOCK, where it is not certain how the candidates lie. */
static const char *
resolve_contest (struct crash_state *state, const struct candidates *candidates, uint64_t block, unsigned sector)
{
  const struct write_log *log = state->log;
  struct contest contest = {
    .orders = &state->orders, .list = calloc (candidates->count, sizeof *contest.list),
    .empty = sector_content (log, NULL, 0, sector)
  };
  enum contest_step step;
  size_t first, second;

  if (contest.list == NULL)
    abort ();
  for (size_t i = 0; i < candidates->count; i++) {
    uint32_t number = candidates->writes[i];

    if (block_sector_kind (state, number, block, sector) != CHOICE_ABSENT)
      contest.list[contest.count++] = (struct contestant) {
        number, CHOICE_UNDECIDED, sector_content (log, &log->writes[number], block * BLOCK_SIZE, sector)
      };
  }
  do {
    for (size_t i = 0; i < contest.count; i++)
      contest.list[i].kind = block_sector_kind (state, contest.list[i].write, block, sector);
    step = contest_next (&contest, &first, &second);
    uint32_t number = first < contest.count ? contest.list[first].write : 0;
    if (step == CONTEST_KIND)
      decide (state, number, sector_in_write (&log->writes[number], block * BLOCK_SIZE, sector));
    else if (step == CONTEST_ORDER)
      decide_order (state, number, contest.list[second].write);
  } while (step != CONTEST_SHOWS);
  const char *content = first < contest.count ? contest.list[first].content : contest.empty;
  free (contest.list);
  return content;
}

static bool
has_unordered (const struct crash_state *state, const struct candidates *candidates)
{
  for (size_t i = 0; i < candidates->count; i++)
    if (state->log->writes[candidates->writes[i]].flags & LOG_UNORDERED)
      return true;
  return false;
}

static const char *
resolve_sector (struct crash_state *state, const struct candidates *candidates, uint64_t block, unsigned sector)
{
  const struct write_log *log = state->log;

  for (size_t i = 0; i < candidates->count; i++) {
    uint32_t number = candidates->writes[i];
    const struct log_write *write = &log->writes[number];
    enum choice_kind kind = block_sector_kind (state, number, block, sector);

    if (kind == CHOICE_ABSENT)
      continue;
    const char *content = sector_content (log, write, block * BLOCK_SIZE, sector);
    if (kind == CHOICE_UNDECIDED) {
      if (is_settled (state, candidates, i + 1, block, sector, content))
        return content;
      kind = decide (state, number, sector_in_write (write, block * BLOCK_SIZE, sector));
    }
    if (kind == CHOICE_PRESENT)
      return content;
  }
  return sector_content (log, NULL, 0, sector);
}

void
crash_state_read_block (struct crash_state *state, unsigned device, uint64_t block, unsigned sectors, void *buffer)
{
  struct candidates candidates;

  find_candidates (state, device, block, sectors, &candidates);
  bool unordered = has_unordered (state, &candidates);
  for (unsigned sector = 0; sector < BLOCK_SECTORS; sector++)
    if (sectors & 1u << sector)
      memcpy ((char *) buffer + sector * LOG_SECTOR,
              unordered ? resolve_contest (state, &candidates, block, sector)
              : resolve_sector (state, &candidates, block, sector), LOG_SECTOR);
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

void
crash_state_decide (struct crash_state *state, struct choice choice)
{
  uint32_t last = write_last_sector (&state->log->writes[choice.write]);

  add_decision (state, choice, choice.kind == CHOICE_ABSENT ? choice.first : choice.last < last ? choice.last : last);
}

void
crash_state_undo (struct crash_state *state, size_t count)
{
  bool ordered = false;

  while (state->decision_count > count) {
    struct choice choice = state->decisions[--state->decision_count];

    if (choice_kind_is_of_order (choice.kind)) {
      ordered = true;
      continue;
    }
    choice.kind = CHOICE_UNDECIDED;
    if (apply_choice (state, choice) == -1)
      abort ();
  }
  if (ordered)
    apply_orders (state);
}
