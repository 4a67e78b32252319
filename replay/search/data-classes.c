/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "replay/search/data-classes.h"

/* A choice on the way down in a group. */
struct descent_step {
  struct choice choice;
  bool turned;                  /* its alternative was visited before */
  size_t sector;                /* the first one that may depend on it */
  unsigned set;                 /* what all sectors before that one are like */
  struct data_variable *variable;
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

struct visited_group {
  const struct data_group *group;
  struct outcome_of_group outcomes[DATA_SETS];
  uint8_t chosen[DATA_SETS];         /* its class in the best way to come to each class with the groups before it */
  uint8_t before[DATA_SETS];         /* ... and the class of those */
};

struct counting {
  struct data_groups groups;
  struct visited_group *visited;        /* each of them */
};

/* The variable of GROUP that CHOICE is about. */
static struct data_variable *
find_variable (const struct data_groups *groups, const struct data_group *group, const struct choice *choice)
{
  uint32_t first = groups->question->selection->rule.tear.mode == TEAR_ANY ? choice->first : 0;
  struct data_variable *variables = &groups->variables[group->first_variable];
  size_t i = 0;

  while (i < group->variable_count && (variables[i].write != choice->write || variables[i].first != first))
    i++;
  assert (i < group->variable_count);
  return &variables[i];
}

/* Let STEP, which has its choice, count for its variable. */
static void
take_step (const struct data_groups *groups, const struct data_group *group, struct descent_step *step)
{
  step->variable = find_variable (groups, group, &step->choice);
  step->low = step->variable->low;
  step->high = step->variable->high;
  data_variable_narrow (groups->question, step->variable, &step->choice);
}

/* Read the sectors of GROUP from number SECTOR on, while they are like anything, and note what that decides.  Returns
 * what they are like, or -1.
 */
static int
go_down (const struct data_groups *groups, const struct data_group *group, size_t sector, unsigned set,
         struct path *path)
{
  for (; sector < group->place_count && set; sector++) {
    size_t place = groups->places[group->first_place + sector], count;
    unsigned read = data_question_read (groups->question, place);
    const struct choice *decisions = crash_state_decisions (groups->question->state, &count);

    for (size_t i = path->count; i < count; i++) {
      struct descent_step *step = array_add (path->steps, path->count);

      if (step == NULL)
        return -1;
      *step = (struct descent_step) { .choice = decisions[i], .sector = sector, .set = set };
      take_step (groups, group, step);
    }
    set &= read;
  }
  return (int) set;
}

/* Turn the last choice of PATH that was not turned yet, and drop those after it.  NULL if there is none. */
static const struct descent_step *
turn_back (const struct data_groups *groups, const struct data_group *group, struct path *path)
{
  for (; path->count > 0; path->count--) {
    struct descent_step *step = &path->steps[path->count - 1];

    step->variable->low = step->low;
    step->variable->high = step->high;
    crash_state_undo (groups->question->state, path->count - 1);
    if (step->turned)
      continue;
    step->choice = tear_turned (&groups->question->selection->rule.tear, groups->question->log, step->choice);
    step->turned = true;
    crash_state_decide (groups->question->state, step->choice);
    take_step (groups, group, step);
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

/* Enter the choices of PATH, with which the group is like CLASS says, whatever is chosen beside them. */
static int
enter_path (const struct data_groups *groups, struct visited_group *visited, unsigned class, const struct path *path,
            mpz_t ways)
{
  struct outcome_of_group *outcome = &visited->outcomes[class];

  if (keep_path (outcome, path) == -1)
    return -1;
  mpz_set_ui (ways, 1);
  for (size_t i = 0; i < visited->group->variable_count; i++) {
    const struct data_variable *variable = &groups->variables[visited->group->first_variable + i];

    mpz_mul_ui (ways, ways, (unsigned long) variable->high - variable->low + 1);
  }
  mpz_add (outcome->ways, outcome->ways, ways);
  return 0;
}

/* Visit the choices of a group, which can be no more than START. */
static enum groups_result
visit_group (const struct data_groups *groups, struct visited_group *visited, unsigned start, struct path *path,
             mpz_t ways)
{
  const struct descent_step *turned;
  size_t sector = 0;
  unsigned set = start;

  path->count = 0;
  for (unsigned visits = 0; visits < DATA_GROUP_VISITS_MAX; visits++) {
    int class = go_down (groups, visited->group, sector, set, path);

    if (class == -1 || enter_path (groups, visited, (unsigned) class, path, ways) == -1)
      return GROUPS_FAILED;
    turned = turn_back (groups, visited->group, path);
    if (turned == NULL)
      return GROUPS_COUNTED;
    sector = turned->sector;
    set = turned->set;
  }
  return GROUPS_TOO_MANY;
}

static enum groups_result
visit_groups (const struct counting *counting, unsigned start)
{
  const struct data_groups *groups = &counting->groups;
  struct path path = { NULL, 0 };
  enum groups_result result = GROUPS_COUNTED;
  mpz_t ways;

  mpz_init (ways);
  for (size_t i = 0; i < groups->count && result == GROUPS_COUNTED; i++)
    result = visit_group (groups, &counting->visited[i], start, &path, ways);
  mpz_clear (ways);
  free (path.steps);
  return result;
}

#define NO_WAY UINT64_MAX       /* as the number of what is missing */

/* Multiply: NUMBERS are the ways of each class with all groups before GROUP, MISSING the least that is missing. */
static void
multiply_group (struct visited_group *group, mpz_t numbers[DATA_SETS], uint64_t missing[DATA_SETS],
                mpz_t products[DATA_SETS])
{
  uint64_t least[DATA_SETS];

  for (unsigned class = 0; class < DATA_SETS; class++) {
    least[class] = NO_WAY;
    mpz_set_ui (products[class], 0);
  }
  for (unsigned before = 0; before < DATA_SETS; before++)
    for (unsigned own = 0; own < DATA_SETS && missing[before] != NO_WAY; own++) {
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
  for (unsigned class = 0; class < DATA_SETS; class++)
    mpz_swap (numbers[class], products[class]);
}

/* The choices of the best way to come to CLASS, from the last group to the first. */
static int
collect_choices (const struct counting *counting, unsigned class, struct data_class *found)
{
  for (size_t i = counting->groups.count; i-- > 0; class = counting->visited[i].before[class]) {
    const struct visited_group *group = &counting->visited[i];
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
multiply_groups (const struct counting *counting, unsigned start, struct data_classes *classes)
{
  uint64_t missing[DATA_SETS];
  mpz_t numbers[DATA_SETS], products[DATA_SETS];
  int r = 0;

  for (unsigned class = 0; class < DATA_SETS; class++) {
    missing[class] = class == start ? 0 : NO_WAY;
    mpz_init_set_ui (numbers[class], class == start);
    mpz_init (products[class]);
  }
  for (size_t i = 0; i < counting->groups.count; i++)
    multiply_group (&counting->visited[i], numbers, missing, products);
  for (unsigned class = 0; class < DATA_SETS; class++) {
    mpz_set (classes->classes[class].ways, numbers[class]);
    mpz_add (classes->all, classes->all, numbers[class]);
    if (r == 0 && mpz_sgn (numbers[class]) > 0)
      r = collect_choices (counting, class, &classes->classes[class]);
    mpz_clears (numbers[class], products[class], NULL);
  }
  return r;
}

/* Be about to visit the groups. */
static int
begin_visits (struct counting *counting)
{
  counting->visited = calloc (counting->groups.count + 1, sizeof *counting->visited);
  for (size_t i = 0; counting->visited && i < counting->groups.count; i++) {
    counting->visited[i].group = &counting->groups.list[i];
    for (unsigned class = 0; class < DATA_SETS; class++)
      mpz_init (counting->visited[i].outcomes[class].ways);
  }
  return counting->visited ? 0 : -1;
}

static void
forget (struct counting *counting)
{
  for (size_t i = 0; counting->visited && i < counting->groups.count; i++)
    for (unsigned class = 0; class < DATA_SETS; class++) {
      mpz_clear (counting->visited[i].outcomes[class].ways);
      free (counting->visited[i].outcomes[class].choices);
    }
  free (counting->visited);
  data_groups_free (&counting->groups);
}

enum groups_result
data_classes_count (const struct data_question *question, unsigned start, struct data_classes *classes)
{
  struct counting counting = { .visited = NULL };
  enum groups_result result = GROUPS_FAILED;

  memset (classes, 0, sizeof *classes);
  mpz_init (classes->all);
  for (unsigned class = 0; class < DATA_SETS; class++)
    mpz_init (classes->classes[class].ways);
  if (data_question_is_unordered (question))
    return GROUPS_TOO_MANY;
  if (data_groups_find (&counting.groups, question, &start) == 0 && begin_visits (&counting) == 0)
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
  for (unsigned class = 0; class < DATA_SETS; class++) {
    mpz_clear (classes->classes[class].ways);
    free (classes->classes[class].choices);
  }
}
