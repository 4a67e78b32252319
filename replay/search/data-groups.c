/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "replay/search/data-groups.h"

/* That a sector depends on an undecided write, or on a piece of one. */
struct use {
  size_t sector;                /* its place among the sectors */
  uint32_t write;
  uint32_t first;               /* sector of the piece, if each of the write's pieces is decided for itself; else 0 */
};

/* Groups that are being found. */
struct sector_grouping {
  struct data_groups *groups;
  struct use *uses;
  size_t use_count;
  size_t *parents;              /* of each sector: another one of its group */
};

int
data_question_select (const struct data_question *question)
{
  struct selection absent = *question->selection;

  absent.rule.preference = PREFER_ABSENT;
  return crash_state_select (question->state, &absent);
}

unsigned
data_question_read (const struct data_question *question, size_t number)
{
  const struct data_sector *sector = &question->sectors[number];
  unsigned skip = (unsigned) (sector->sector % BLOCK_SECTORS);
  char block[BLOCK_SIZE];

  crash_state_read_block (question->state, sector->device, sector->sector / BLOCK_SECTORS, 1u << skip, block);
  return question->look (sector, block + (size_t) skip * LOG_SECTOR);
}

/* Note on what the sector at PLACE depends: where all newer writes are missing, each older one that may show is decided
 * in its turn.
 */
static int
note_uses (struct sector_grouping *grouping, size_t place, unsigned *set)
{
  const struct data_question *question = grouping->groups->question;
  bool apart = question->selection->rule.tear.mode == TEAR_ANY;
  unsigned read = data_question_read (question, place);
  const struct choice *decisions;
  size_t count;

  decisions = crash_state_decisions (question->state, &count);
  for (size_t i = 0; i < count; i++) {
    struct use *use = array_add (grouping->uses, grouping->use_count);

    if (use == NULL)
      return -1;
    *use = (struct use) { place, decisions[i].write, apart ? decisions[i].first : 0 };
  }
  if (count == 0)
    *set &= read;
  crash_state_undo (question->state, 0);
  return 0;
}

static int
compare_uses (const void *left, const void *right)
{
  const struct use *a = left, *b = right;

  if (a->write != b->write)
    return a->write < b->write ? -1 : 1;
  if (a->first != b->first)
    return a->first < b->first ? -1 : 1;
  return a->sector < b->sector ? -1 : a->sector > b->sector;
}

static bool
is_same_variable (const struct use *a, const struct use *b)
{
  return a->write == b->write && a->first == b->first;
}

/* The sector that stands for the group of the one at PLACE. */
static size_t
root_of (struct sector_grouping *grouping, size_t place)
{
  while (grouping->parents[place] != place)
    place = grouping->parents[place] = grouping->parents[grouping->parents[place]];
  return place;
}

/* Join the groups of sectors that depend on the same. */
static int
join_sectors (struct sector_grouping *grouping)
{
  grouping->parents = calloc (grouping->groups->question->count + 1, sizeof *grouping->parents);
  if (grouping->parents == NULL)
    return -1;
  for (size_t i = 0; i < grouping->groups->question->count; i++)
    grouping->parents[i] = i;
  if (grouping->use_count > 0)
    qsort (grouping->uses, grouping->use_count, sizeof *grouping->uses, compare_uses);
  for (size_t i = 1; i < grouping->use_count; i++)
    if (is_same_variable (&grouping->uses[i], &grouping->uses[i - 1])) {
      size_t a = root_of (grouping, grouping->uses[i - 1].sector), b = root_of (grouping, grouping->uses[i].sector);

      grouping->parents[a > b ? a : b] = a > b ? b : a;
    }
  return 0;
}

/* The number of the piece of WRITE that has its sector SECTOR. */
static uint32_t
piece_of (const struct tear *tear, struct log_write write, uint32_t sector)
{
  if (sector < write_last_sector (&write))
    write.length_bytes = (sector + 1) * LOG_SECTOR;
  return tear_pieces (tear, &write) - 1;
}

void
data_variable_narrow (const struct data_question *question, struct data_variable *variable, const struct choice *choice)
{
  const struct tear *tear = &question->selection->rule.tear;
  const struct log_write *write = &question->log->writes[choice->write];
  bool present = choice->kind == CHOICE_PRESENT;
  uint32_t piece = tear->mode == TEAR_PREFIX ? piece_of (tear, *write, present ? choice->last : choice->first) : 0;

  if (present && variable->low < piece + 1)
    variable->low = piece + 1;
  if (!present && variable->high > piece)
    variable->high = piece;
}

/* What the selection leaves of the variable of USE, which is undecided. */
static struct data_variable
variable_of (const struct data_question *question, const struct use *use)
{
  const struct selection *selection = question->selection;
  const struct tear *tear = &selection->rule.tear;
  struct data_variable variable = { .write = use->write, .first = use->first, .low = 0, .high = 1 };

  if (tear->mode != TEAR_PREFIX)
    return variable;
  variable.high = tear_pieces (tear, &question->log->writes[use->write]);
  for (size_t i = 0; i < selection->count; i++)
    if (selection->choices[i].write == use->write && selection->choices[i].kind < CHOICE_UNDECIDED)
      data_variable_narrow (question, &variable, &selection->choices[i]);
  return variable;
}

static int
compare_variables (const void *left, const void *right)
{
  const struct data_variable *a = left, *b = right;

  return a->group < b->group ? -1 : a->group > b->group;
}

static int
compare_places (const void *left, const void *right, void *opaque)
{
  struct sector_grouping *grouping = opaque;
  size_t a = *(const size_t *) left, b = *(const size_t *) right;
  size_t group_a = grouping->parents[a], group_b = grouping->parents[b];

  if (group_a != group_b)
    return group_a < group_b ? -1 : 1;
  return a < b ? -1 : a > b;
}

/* List the sectors that depend on something, and what they depend on, group by group. */
static int
sort_by_group (struct sector_grouping *grouping)
{
  struct data_groups *groups = grouping->groups;
  CLEANUP_FREE bool *open = calloc (groups->question->count + 1, sizeof *open);

  groups->places = calloc (grouping->use_count + 1, sizeof *groups->places);
  groups->variables = calloc (grouping->use_count + 1, sizeof *groups->variables);
  if (open == NULL || groups->places == NULL || groups->variables == NULL)
    return -1;
  for (size_t i = 0; i < groups->question->count; i++)
    grouping->parents[i] = root_of (grouping, i);
  for (size_t i = 0; i < grouping->use_count; i++) {
    const struct use *use = &grouping->uses[i];

    if (!open[use->sector])
      groups->places[groups->place_count++] = use->sector;
    open[use->sector] = true;
    if (i > 0 && is_same_variable (use, use - 1))
      continue;
    groups->variables[groups->variable_count] = variable_of (groups->question, use);
    groups->variables[groups->variable_count++].group = grouping->parents[use->sector];
  }
  qsort_r (groups->places, groups->place_count, sizeof *groups->places, compare_places, grouping);
  qsort (groups->variables, groups->variable_count, sizeof *groups->variables, compare_variables);
  return 0;
}

static int
list_groups (const struct sector_grouping *grouping)
{
  struct data_groups *groups = grouping->groups;
  size_t place = 0, variable = 0;

  while (place < groups->place_count) {
    struct data_group *group = array_add (groups->list, groups->count);
    size_t root = grouping->parents[groups->places[place]];

    if (group == NULL)
      return -1;
    *group = (struct data_group) { .first_place = place, .first_variable = variable };
    while (place < groups->place_count && grouping->parents[groups->places[place]] == root)
      place++;
    while (variable < groups->variable_count && groups->variables[variable].group == root)
      variable++;
    group->place_count = place - group->first_place;
    group->variable_count = variable - group->first_variable;
  }
  return 0;
}

int
data_groups_find (struct data_groups *groups, const struct data_question *question, unsigned *start)
{
  struct sector_grouping grouping = { .groups = groups };
  int r = 0;

  *groups = (struct data_groups) { .question = question };
  for (size_t i = 0; r == 0 && i < question->count && *start; i++)
    if (question->sectors[i].known)
      *start &= question->look (&question->sectors[i], question->sectors[i].known);
    else
      r = note_uses (&grouping, i, start);
  if (*start == 0)
    grouping.use_count = 0;
  if (r == 0)
    r = join_sectors (&grouping) == -1 || sort_by_group (&grouping) == -1 ? -1 : list_groups (&grouping);
  free (grouping.uses);
  free (grouping.parents);
  return r;
}

void
data_groups_free (struct data_groups *groups)
{
  free (groups->list);
  free (groups->variables);
  free (groups->places);
}

bool
data_question_is_unordered (const struct data_question *question)
{
  const struct write_log *log = question->log;
  struct index_walk walk;
  uint32_t number;

  for (size_t i = 0; log->orders.count > 0 && i < question->count; i++) {
    const struct data_sector *sector = &question->sectors[i];

    if (sector->known)
      continue;
    index_walk_begin (&walk, &log->index, sector->device, sector->sector / BLOCK_SECTORS,
                      log_writes_until (log, question->selection->point));
    while (index_walk_next (&walk, &number))
      if (log->writes[number].flags & LOG_UNORDERED)
        return true;
  }
  return false;
}
