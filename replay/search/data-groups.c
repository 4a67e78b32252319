/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because to find groups, to visit and to multiply them is one thing: none is called by anybody else. */
#include <config.h>

#include <assert.h>
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

/* What is chosen: how many of its pieces, from the first on, are there.  One that is whole has one piece. */
struct variable {
  size_t group;
  uint32_t write, first;
  uint32_t low, high;           /* at least, at most */
};

/* A choice on the way down in a group. */
struct descent_step {
  struct choice choice;
  bool turned;                  /* its alternative was visited before */
  size_t sector;                /* the first one that may depend on it */
  unsigned set;                 /* what all sectors before that one are as */
  struct variable *variable;
  uint32_t low, high;           /* as they were before */
};

struct path {
  struct descent_step *steps;
  size_t count;
};

/* A group's ways of one class, and the choices of one of them. */
struct outcome_of_group {
  mpz_t ways;
  struct choice *choices;
  size_t count;
  uint32_t missing;             /* how many of them are for `not there` */
};

struct group {
  size_t first_sector, sector_count;    /* among the places */
  size_t first_variable, variable_count;
  struct outcome_of_group outcomes[DATA_CLASSES];
  uint8_t chosen[DATA_CLASSES];         /* its class in the best way to come to each class with the groups before it */
  uint8_t before[DATA_CLASSES];         /* ... and the class of those */
};

struct counting {
  struct crash_state *state;
  const struct write_log *log;
  const struct selection *selection;
  const struct data_sector *sectors;
  size_t sector_count;
  struct use *uses;
  size_t use_count;
  size_t *parents;              /* of each sector: another one of its group */
  size_t *places;               /* numbers of the sectors that depend on something, group by group */
  size_t place_count;
  struct variable *variables;   /* group by group */
  size_t variable_count;
  struct group *groups;
  size_t group_count;
};

/* What SECTOR is as when it holds BYTES. */
static unsigned
set_of (const struct data_sector *sector, const char *bytes)
{
  unsigned set = 0;

  if (sector->old && memcmp (bytes, sector->old, sector->bytes) == 0)
    set |= DATA_OLD;
  if (sector->new && memcmp (bytes, sector->new, sector->bytes) == 0)
    set |= DATA_NEW;
  return set;
}

static unsigned
read_set (struct counting *counting, const struct data_sector *sector)
{
  unsigned skip = (unsigned) (sector->sector % BLOCK_SECTORS);
  char block[BLOCK_SIZE];

  crash_state_read_block (counting->state, sector->device, sector->sector / BLOCK_SECTORS, 1u << skip, block);
  return set_of (sector, block + (size_t) skip * LOG_SECTOR);
}

/* Note on what the sector at PLACE depends: where all newer writes are missing, each older one that may show is decided
 * in its turn.
 */
static int
note_uses (struct counting *counting, size_t place, unsigned *set)
{
  bool apart = counting->selection->rule.tear.mode == TEAR_ANY;
  unsigned read = read_set (counting, &counting->sectors[place]);
  const struct choice *decisions;
  size_t count;

  decisions = crash_state_decisions (counting->state, &count);
  for (size_t i = 0; i < count; i++) {
    struct use *use = array_add (counting->uses, counting->use_count);

    if (use == NULL)
      return -1;
    *use = (struct use) { place, decisions[i].write, apart ? decisions[i].first : 0 };
  }
  if (count == 0)
    *set &= read;
  crash_state_undo (counting->state, 0);
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
root_of (struct counting *counting, size_t place)
{
  while (counting->parents[place] != place)
    place = counting->parents[place] = counting->parents[counting->parents[place]];
  return place;
}

/* Join the groups of sectors that depend on the same. */
static int
join_sectors (struct counting *counting)
{
  counting->parents = calloc (counting->sector_count + 1, sizeof *counting->parents);
  if (counting->parents == NULL)
    return -1;
  for (size_t i = 0; i < counting->sector_count; i++)
    counting->parents[i] = i;
  if (counting->use_count > 0)
    qsort (counting->uses, counting->use_count, sizeof *counting->uses, compare_uses);
  for (size_t i = 1; i < counting->use_count; i++)
    if (is_same_variable (&counting->uses[i], &counting->uses[i - 1])) {
      size_t a = root_of (counting, counting->uses[i - 1].sector), b = root_of (counting, counting->uses[i].sector);

      counting->parents[a > b ? a : b] = a > b ? b : a;
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

/* Narrow VARIABLE to what CHOICE, which is about it, leaves of it. */
static void
narrow (const struct counting *counting, struct variable *variable, const struct choice *choice)
{
  const struct tear *tear = &counting->selection->rule.tear;
  const struct log_write *write = &counting->log->writes[choice->write];
  bool present = choice->kind == CHOICE_PRESENT;
  uint32_t piece = tear->mode == TEAR_PREFIX ? piece_of (tear, *write, present ? choice->last : choice->first) : 0;

  if (present && variable->low < piece + 1)
    variable->low = piece + 1;
  if (!present && variable->high > piece)
    variable->high = piece;
}

/* What the selection leaves of the variable of USE, which is undecided. */
static struct variable
variable_of (const struct counting *counting, const struct use *use)
{
  const struct selection *selection = counting->selection;
  const struct tear *tear = &selection->rule.tear;
  struct variable variable = { .write = use->write, .first = use->first, .low = 0, .high = 1 };

  if (tear->mode != TEAR_PREFIX)
    return variable;
  variable.high = tear_pieces (tear, &counting->log->writes[use->write]);
  for (size_t i = 0; i < selection->count; i++)
    if (selection->choices[i].write == use->write && selection->choices[i].kind < CHOICE_UNDECIDED)
      narrow (counting, &variable, &selection->choices[i]);
  return variable;
}

static int
compare_variables (const void *left, const void *right)
{
  const struct variable *a = left, *b = right;

  return a->group < b->group ? -1 : a->group > b->group;
}

static int
compare_places (const void *left, const void *right, void *opaque)
{
  struct counting *counting = opaque;
  size_t a = *(const size_t *) left, b = *(const size_t *) right;
  size_t group_a = counting->parents[a], group_b = counting->parents[b];

  if (group_a != group_b)
    return group_a < group_b ? -1 : 1;
  return a < b ? -1 : a > b;
}

/* List the sectors that depend on something, and what they depend on, group by group. */
static int
sort_by_group (struct counting *counting)
{
  CLEANUP_FREE bool *open = calloc (counting->sector_count + 1, sizeof *open);

  counting->places = calloc (counting->use_count + 1, sizeof *counting->places);
  counting->variables = calloc (counting->use_count + 1, sizeof *counting->variables);
  if (open == NULL || counting->places == NULL || counting->variables == NULL)
    return -1;
  for (size_t i = 0; i < counting->sector_count; i++)
    counting->parents[i] = root_of (counting, i);
  for (size_t i = 0; i < counting->use_count; i++) {
    const struct use *use = &counting->uses[i];

    if (!open[use->sector])
      counting->places[counting->place_count++] = use->sector;
    open[use->sector] = true;
    if (i > 0 && is_same_variable (use, use - 1))
      continue;
    counting->variables[counting->variable_count] = variable_of (counting, use);
    counting->variables[counting->variable_count++].group = counting->parents[use->sector];
  }
  qsort_r (counting->places, counting->place_count, sizeof *counting->places, compare_places, counting);
  qsort (counting->variables, counting->variable_count, sizeof *counting->variables, compare_variables);
  return 0;
}

static int
make_groups (struct counting *counting)
{
  size_t place = 0, variable = 0;

  while (place < counting->place_count) {
    struct group *group = array_add (counting->groups, counting->group_count);
    size_t root = counting->parents[counting->places[place]];

    if (group == NULL)
      return -1;
    group->first_sector = place;
    group->first_variable = variable;
    while (place < counting->place_count && counting->parents[counting->places[place]] == root)
      place++;
    while (variable < counting->variable_count && counting->variables[variable].group == root)
      variable++;
    group->sector_count = place - group->first_sector;
    group->variable_count = variable - group->first_variable;
    for (unsigned class = 0; class < DATA_CLASSES; class++)
      mpz_init (group->outcomes[class].ways);
  }
  return 0;
}

/* The variable of GROUP that CHOICE is about. */
static struct variable *
find_variable (const struct counting *counting, const struct group *group, const struct choice *choice)
{
  uint32_t first = counting->selection->rule.tear.mode == TEAR_ANY ? choice->first : 0;
  struct variable *variables = &counting->variables[group->first_variable];
  size_t i = 0;

  while (i < group->variable_count && (variables[i].write != choice->write || variables[i].first != first))
    i++;
  assert (i < group->variable_count);
  return &variables[i];
}

/* Let STEP, which has its choice, count for its variable. */
static void
take_step (const struct counting *counting, const struct group *group, struct descent_step *step)
{
  step->variable = find_variable (counting, group, &step->choice);
  step->low = step->variable->low;
  step->high = step->variable->high;
  narrow (counting, step->variable, &step->choice);
}

/* Read the sectors of GROUP from number SECTOR on, while they can be right, and note what that decides.  Returns what
 * they are as, or -1.
 */
static int
go_down (struct counting *counting, const struct group *group, size_t sector, unsigned set, struct path *path)
{
  for (; sector < group->sector_count && set; sector++) {
    size_t place = counting->places[group->first_sector + sector], count;
    unsigned read = read_set (counting, &counting->sectors[place]);
    const struct choice *decisions = crash_state_decisions (counting->state, &count);

    for (size_t i = path->count; i < count; i++) {
      struct descent_step *step = array_add (path->steps, path->count);

      if (step == NULL)
        return -1;
      *step = (struct descent_step) { .choice = decisions[i], .sector = sector, .set = set };
      take_step (counting, group, step);
    }
    set &= read;
  }
  return (int) set;
}

/* Turn the last choice of PATH that was not turned yet, and drop those after it.  NULL if there is none. */
static const struct descent_step *
turn_back (struct counting *counting, const struct group *group, struct path *path)
{
  for (; path->count > 0; path->count--) {
    struct descent_step *step = &path->steps[path->count - 1];

    step->variable->low = step->low;
    step->variable->high = step->high;
    crash_state_undo (counting->state, path->count - 1);
    if (step->turned)
      continue;
    step->choice = tear_turned (&counting->selection->rule.tear, counting->log, step->choice);
    step->turned = true;
    crash_state_decide (counting->state, step->choice);
    take_step (counting, group, step);
    return step;
  }
  return NULL;
}

static uint32_t
count_missing (const struct path *path)
{
  uint32_t missing = 0;

  for (size_t i = 0; i < path->count; i++)
    missing += path->steps[i].choice.kind == CHOICE_ABSENT;
  return missing;
}

/* Keep the choices of PATH as those of OUTCOME if they are the first ones, or leave less missing. */
static int
keep_path (struct outcome_of_group *outcome, const struct path *path)
{
  uint32_t missing = count_missing (path);

  if (mpz_sgn (outcome->ways) > 0 && outcome->missing <= missing)
    return 0;
  free (outcome->choices);
  outcome->count = 0;
  outcome->choices = calloc (path->count + 1, sizeof *outcome->choices);
  if (outcome->choices == NULL)
    return -1;
  for (size_t i = 0; i < path->count; i++)
    outcome->choices[outcome->count++] = path->steps[i].choice;
  outcome->missing = missing;
  return 0;
}

/* Enter the choices of PATH, with which GROUP is as CLASS says, whatever is chosen beside them. */
static int
enter_path (const struct counting *counting, struct group *group, unsigned class, const struct path *path, mpz_t ways)
{
  struct outcome_of_group *outcome = &group->outcomes[class];

  if (keep_path (outcome, path) == -1)
    return -1;
  mpz_set_ui (ways, 1);
  for (size_t i = 0; i < group->variable_count; i++) {
    const struct variable *variable = &counting->variables[group->first_variable + i];

    mpz_mul_ui (ways, ways, (unsigned long) variable->high - variable->low + 1);
  }
  mpz_add (outcome->ways, outcome->ways, ways);
  return 0;
}

/* Visit the choices of GROUP, which can be no more than START. */
static enum groups_result
visit_group (struct counting *counting, struct group *group, unsigned start, struct path *path, mpz_t ways)
{
  const struct descent_step *turned;
  size_t sector = 0;
  unsigned set = start;

  path->count = 0;
  for (unsigned visits = 0; visits < DATA_GROUP_VISITS_MAX; visits++) {
    int class = go_down (counting, group, sector, set, path);

    if (class == -1 || enter_path (counting, group, (unsigned) class, path, ways) == -1)
      return GROUPS_FAILED;
    turned = turn_back (counting, group, path);
    if (turned == NULL)
      return GROUPS_COUNTED;
    sector = turned->sector;
    set = turned->set;
  }
  return GROUPS_TOO_MANY;
}

static enum groups_result
visit_groups (struct counting *counting, unsigned start)
{
  struct path path = { NULL, 0 };
  enum groups_result result = GROUPS_COUNTED;
  mpz_t ways;

  mpz_init (ways);
  for (size_t i = 0; i < counting->group_count && result == GROUPS_COUNTED; i++)
    result = visit_group (counting, &counting->groups[i], start, &path, ways);
  mpz_clear (ways);
  free (path.steps);
  return result;
}

#define NO_WAY UINT64_MAX       /* as the number of what is missing */

/* Multiply: NUMBERS are the ways of each class with all groups before GROUP, MISSING the least that is missing. */
static void
multiply_group (struct group *group, mpz_t numbers[DATA_CLASSES], uint64_t missing[DATA_CLASSES],
                mpz_t products[DATA_CLASSES])
{
  uint64_t least[DATA_CLASSES] = { NO_WAY, NO_WAY, NO_WAY, NO_WAY };

  for (unsigned class = 0; class < DATA_CLASSES; class++)
    mpz_set_ui (products[class], 0);
  for (unsigned before = 0; before < DATA_CLASSES; before++)
    for (unsigned own = 0; own < DATA_CLASSES && missing[before] != NO_WAY; own++) {
      const struct outcome_of_group *outcome = &group->outcomes[own];
      unsigned class = before & own;

      if (mpz_sgn (outcome->ways) == 0)
        continue;
      mpz_addmul (products[class], numbers[before], outcome->ways);
      if (missing[before] + outcome->missing >= least[class])
        continue;
      least[class] = missing[before] + outcome->missing;
      group->chosen[class] = (uint8_t) own;
      group->before[class] = (uint8_t) before;
    }
  memcpy (missing, least, sizeof least);
  for (unsigned class = 0; class < DATA_CLASSES; class++)
    mpz_swap (numbers[class], products[class]);
}

/* The choices of the best way to come to CLASS, from the last group to the first. */
static int
collect_choices (const struct counting *counting, unsigned class, struct data_class *found)
{
  for (size_t i = counting->group_count; i-- > 0; class = counting->groups[i].before[class]) {
    const struct group *group = &counting->groups[i];
    const struct outcome_of_group *outcome = &group->outcomes[group->chosen[class]];

    for (size_t j = 0; j < outcome->count; j++) {
      struct choice *choice = array_add (found->choices, found->count);

      if (choice == NULL)
        return -1;
      *choice = outcome->choices[j];
    }
  }
  return 0;
}

/* Multiply the numbers of all groups; START is what there is without them. */
static int
multiply_groups (struct counting *counting, unsigned start, struct data_classes *classes)
{
  uint64_t missing[DATA_CLASSES] = { NO_WAY, NO_WAY, NO_WAY, NO_WAY };
  mpz_t numbers[DATA_CLASSES], products[DATA_CLASSES];
  int r = 0;

  for (unsigned class = 0; class < DATA_CLASSES; class++) {
    mpz_init_set_ui (numbers[class], class == start);
    mpz_init (products[class]);
  }
  missing[start] = 0;
  for (size_t i = 0; i < counting->group_count; i++)
    multiply_group (&counting->groups[i], numbers, missing, products);
  for (unsigned class = 0; class < DATA_CLASSES; class++) {
    mpz_set (classes->classes[class].ways, numbers[class]);
    mpz_add (classes->all, classes->all, numbers[class]);
    if (r == 0 && mpz_sgn (numbers[class]) > 0)
      r = collect_choices (counting, class, &classes->classes[class]);
    mpz_clears (numbers[class], products[class], NULL);
  }
  return r;
}

/* Find the groups.  Sectors that depend on nothing take from *start what they are not as. */
static int
find_groups (struct counting *counting, unsigned *start)
{
  for (size_t i = 0; i < counting->sector_count && *start; i++)
    if (counting->sectors[i].known)
      *start &= set_of (&counting->sectors[i], counting->sectors[i].known);
    else if (note_uses (counting, i, start) == -1)
      return -1;
  if (*start == 0)
    counting->use_count = 0;
  return join_sectors (counting) == -1 || sort_by_group (counting) == -1 ? -1 : make_groups (counting);
}

static void
forget (struct counting *counting)
{
  for (size_t i = 0; i < counting->group_count; i++)
    for (unsigned class = 0; class < DATA_CLASSES; class++) {
      mpz_clear (counting->groups[i].outcomes[class].ways);
      free (counting->groups[i].outcomes[class].choices);
    }
  free (counting->groups);
  free (counting->variables);
  free (counting->places);
  free (counting->parents);
  free (counting->uses);
}

/* Whether one of the sectors is in a block with writes whose order is not certain: that is nothing to multiply. */
static bool
has_unordered (const struct counting *counting)
{
  const struct write_log *log = counting->log;
  struct index_walk walk;
  uint32_t number;

  for (size_t i = 0; log->orders.count > 0 && i < counting->sector_count; i++) {
    const struct data_sector *sector = &counting->sectors[i];

    if (sector->known)
      continue;
    index_walk_begin (&walk, &log->index, sector->device, sector->sector / BLOCK_SECTORS,
                      log_writes_until (log, counting->selection->point));
    while (index_walk_next (&walk, &number))
      if (log->writes[number].flags & LOG_UNORDERED)
        return true;
  }
  return false;
}

enum groups_result
data_classes_count (struct crash_state *state, const struct write_log *log, const struct selection *selection,
                    const struct data_sector *sectors, size_t count, unsigned start, struct data_classes *classes)
{
  struct selection absent = *selection;
  struct counting counting = {
    .state = state, .log = log, .selection = selection, .sectors = sectors, .sector_count = count
  };
  enum groups_result result = GROUPS_FAILED;

  memset (classes, 0, sizeof *classes);
  mpz_init (classes->all);
  for (unsigned class = 0; class < DATA_CLASSES; class++)
    mpz_init (classes->classes[class].ways);
  absent.rule.preference = PREFER_ABSENT;
  if (has_unordered (&counting))
    return GROUPS_TOO_MANY;
  if (crash_state_select (state, &absent) == 0 && find_groups (&counting, &start) == 0)
    result = visit_groups (&counting, start);
  if (result == GROUPS_COUNTED && multiply_groups (&counting, start, classes) == -1)
    result = GROUPS_FAILED;
  forget (&counting);
  return result;
}

void
data_classes_free (struct data_classes *classes)
{
  mpz_clear (classes->all);
  for (unsigned class = 0; class < DATA_CLASSES; class++) {
    mpz_clear (classes->classes[class].ways);
    free (classes->classes[class].choices);
  }
}
