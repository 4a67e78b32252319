/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "replay/search/model.h"
#include "replay/search/inside.h"
#include "replay/search/random.h"

#define RANDOM_BATCH 64
#define DEALT_EACH 3            /* alternatives that each part of a search gets at least, if there are as many */
#define COMMON_EACH 1           /* first runs for each of the parts at most, and the rest of their batch */
#define DISCREPANCIES_MAX 2     /* single ones and pairs, then at random */

void
search_free (struct search *search)
{
  if (search == NULL)
    return;
  node_free (search->root);
  mpz_clears (search->states, search->covered, search->pieces, NULL);
  chosen_orders_free (&search->orders);
  free_all (search->batch, search->left, search->left_at_first, search->pending, search);
}

/* Let a run decide DECISION at *node, and move there. */
static int
grow (const struct search *search, struct node **node, struct choice decision)
{
  return node_grow (node, decision, tear_turned (&search->config.tear, search->config.log, decision));
}

struct search *
search_new (const struct search_config *config)
{
  struct search *search = calloc (1, sizeof *search);
  size_t count = config->pending_count ? config->pending_count : 1;

  if (search == NULL)
    return NULL;
  search->config = *config;
  search->config.pending = search->pending = calloc (count, sizeof *search->pending);
  search->random = config->seed;
  search->root = calloc (1, sizeof *search->root);
  search->left = calloc (count, sizeof *search->left);
  search->left_at_first = calloc (count, sizeof *search->left_at_first);
  mpz_inits (search->states, search->covered, search->pieces, NULL);
  if (chosen_orders_begin (&search->orders, &config->log->orders) == -1 || search->root == NULL || search->left == NULL
      || search->left_at_first == NULL || search->pending == NULL) {
    search_free (search);
    return NULL;
  }
  for (uint32_t i = 0; i < config->pending_count; i++)
    search->pending[i] = config->pending[i];
  search->root->open = 1;
  search_begin_count (search);
  return search;
}

/* Whether a run that is made now is one that all parts make. */
static bool
is_common (const struct search *search)
{
  return search->config.parts > 1 && !search->divided;
}

/* Deal out what is open; all states are from now on those of this part. */
static void
divide (struct search *search)
{
  const struct search_config *config = &search->config;
  uint64_t number = 0;
  mpz_t below;

  mpz_init (below);
  mpz_set (search->states, search->covered);
  for (struct node *node = search->root; node; node = node_next (search->root, node, false)) {
    if (!node_is_open (node))
      continue;
    if (number++ % config->parts != config->part)
      node_change_open (node, -1);
    else {
      search_count_agreeing (search, node, below);
      mpz_add (search->states, search->states, below);
    }
  }
  mpz_clear (below);
  search->divided = true;
}

/* Divide the search if the common runs have opened enough, or all. */
static void
try_to_divide (struct search *search)
{
  const uint64_t parts = search->config.parts;

  if (is_common (search) && search->given > 0
      && (search->root->open == 0 || search->root->open >= DEALT_EACH * parts
          || search->answered >= COMMON_EACH * parts))
    divide (search);
}

static int
add_task (struct search *search, struct node *node, enum preference preference)
{
  struct task *task = array_add (search->batch, search->batch_count);

  if (task == NULL)
    return -1;
  node_change_open (node, -1);
  *task = (struct task) {
    .node = node, .preference = preference, .seed = preference == PREFER_RANDOM ? random_next (&search->random) : 0
  };
  return 0;
}

static uint64_t
tasks_left (const struct search *search)
{
  return search->config.limit ? search->config.limit - search->given - search->batch_count : UINT64_MAX;
}

/* By depth: what was needed first comes first. */
static int
compare_depths (const void *left, const void *right)
{
  const struct node *a = ((const struct task *) left)->node, *b = ((const struct task *) right)->node;
  uint32_t depth_a = a->present + a->absent, depth_b = b->present + b->absent;

  return depth_a < depth_b ? -1 : depth_a > depth_b;
}

/* Take back the tasks from KEPT on. */
static void
cut_batch (struct search *search, uint64_t kept)
{
  while (search->batch_count > kept)
    node_change_open (search->batch[--search->batch_count].node, 1);
}

/* All open nodes with so many decisions against the others, or as many as the limit leaves. */
static int
add_discrepant (struct search *search)
{
  bool dropped = search->stage == STAGE_DROPPED;
  uint64_t most = tasks_left (search);
  struct node *node = search->root;

  while (node) {
    bool skip = node->open == 0 || (dropped ? node->absent : node->present) > search->discrepancies;

    if (!skip && node_is_open (node) && (dropped ? node->absent : node->present) == search->discrepancies
        && add_task (search, node, dropped ? PREFER_PRESENT : PREFER_ABSENT) == -1)
      return -1;
    node = node_next (search->root, node, skip);
  }
  if (search->batch_count > 0)
    qsort (search->batch, search->batch_count, sizeof *search->batch, compare_depths);
  cut_batch (search, most);
  return 0;
}

/* The open node that is found by preferring what KIND, or with CHOICE_UNDECIDED a coin, says at each decision. */
static struct node *
descend (struct search *search, enum choice_kind kind)
{
  struct node *node = search->root;

  while (node->children[0]) {
    unsigned side = kind == CHOICE_UNDECIDED ? random_next (&search->random) >> 63 : (unsigned) kind;

    node = node->children[side]->open ? node->children[side] : node->children[1 - side];
  }
  return node;
}

static int
add_random (struct search *search)
{
  while (search->root->open > 0 && search->batch_count < RANDOM_BATCH && tasks_left (search) > 0)
    if (add_task (search, descend (search, CHOICE_UNDECIDED), PREFER_RANDOM) == -1)
      return -1;
  return 0;
}

static void
next_stage (struct search *search)
{
  if (search->stage == STAGE_ALONE && search->discrepancies < DISCREPANCIES_MAX) {
    search->discrepancies++;
    search->stage = STAGE_DROPPED;
  }
  else if (search->stage != STAGE_RANDOM)
    search->stage++;
}

/* Make the next batch; it is empty if there is nothing left to do. */
static int
make_batch (struct search *search)
{
  int r = 0;

  search->batch_count = search->batch_next = 0;
  try_to_divide (search);
  while (r == 0 && search->batch_count == 0 && search->root->open > 0 && tasks_left (search) > 0)
    switch (search->stage) {
    case STAGE_ALL:
      r = add_task (search, search->root, PREFER_PRESENT);
      search->discrepancies = 1;
      search->stage = STAGE_NONE;
      break;
    case STAGE_NONE:
      r = add_task (search, descend (search, CHOICE_ABSENT), PREFER_ABSENT);
      search->stage = STAGE_DROPPED;
      break;
    case STAGE_DROPPED:
    case STAGE_ALONE:
      r = add_discrepant (search);
      if (search->batch_count == 0)
        next_stage (search);
      break;
    case STAGE_RANDOM:
      r = add_random (search);
      break;
    }
  return r;
}

/* Whether DECISION leaves nothing of its write undecided when pieces are decided from the end. */
static bool
is_settled (const struct search *search, const struct choice *decision)
{
  switch (search->config.tear.mode) {
  case TEAR_NONE:
    return true;
  case TEAR_PREFIX:
    return decision->kind == CHOICE_PRESENT || decision->first == 0;
  default:
    return decision->first == 0;
  }
}

/* Decide piece after piece from each write's end, so that under TEAR_PREFIX the last one being there decides about
 * all.  What was decided before was decided in this order.
 */
static int
decide_pieces (struct search *search, struct task *task)
{
  const struct search_config *config = &search->config;
  const struct decision_rule rule = { config->tear, task->preference, task->seed };
  const struct choice *last = task->node->parent ? &task->node->decision : NULL;
  size_t place = last ? search_find_pending (search, last->write) : config->settled;
  bool next = last == NULL;

  for (; place < config->pending_count; place++, next = true) {
    uint32_t write = config->pending[place];
    const struct log_write *w = &config->log->writes[write];
    uint64_t unit = rule.tear.atomic_bytes / LOG_SECTOR, lead = w->offset_bytes / LOG_SECTOR % unit;
    uint32_t pieces = next ? tear_pieces (&rule.tear, w)
                    : is_settled (search, last) ? 0 : search_piece_of (search, write, last->first);

    while (pieces-- > 0) {
      uint32_t sector = pieces == 0 ? 0 : (uint32_t) (pieces * unit - lead);

      enum choice_kind kind = rule_prefers (&rule, write, sector);

      if (grow (search, &task->node, tear_choice (&rule.tear, config->log, write, sector, kind)) == -1)
        return -1;
      if (is_settled (search, &task->node->decision))
        break;
    }
  }
  return 0;
}

/* Decide all orders that are still open. */
static int
decide_orders (struct search *search, struct task *task)
{
  const struct write_log *log = search->config.log;
  const struct decision_rule rule = { search->config.tear, task->preference, task->seed };
  const uint32_t issued = log_writes_until (log, search->config.point);

  search_choose_orders (search, task->node);
  for (size_t i = 0; i < log->orders.count; i++) {
    const struct order_group *group = &log->orders.groups[i];

    for (unsigned pair = 0; pair < group->count * ORDER_WRITES_MAX; pair++) {
      unsigned a = pair / ORDER_WRITES_MAX, b = pair % ORDER_WRITES_MAX;

      if (b >= group->count || group->writes[b] >= issued || !order_is_open (group, &search->orders.orders[i], a, b))
        continue;
      bool usual = rule_prefers (&rule, group->writes[a], group->writes[b]) == CHOICE_PRESENT;
      const struct choice choice = choice_over (group->writes[usual ? b : a], group->writes[usual ? a : b]);
      chosen_orders_add (&search->orders, &choice, 1);
      if (grow (search, &task->node, choice) == -1)
        return -1;
    }
  }
  return 0;
}

/* Decide all that the decisions above TASK's node leave open. */
static int
decide_all (struct search *search, struct task *task)
{
  const struct node *node = task->node;

  if (!(node->parent && choice_kind_is_of_order (node->decision.kind)) && decide_pieces (search, task) == -1)
    return -1;
  return decide_orders (search, task);
}

enum search_step
search_take (struct search *search, struct task *task)
{
  uint64_t running = search->given - search->answered;

  if (search->given > 0 && search->config.seconds > 0 && clock_seconds (CLOCK_MONOTONIC) >= search->deadline)
    search->ended = true;
  if (!search->ended && search->batch_next == search->batch_count && running == 0 && make_batch (search) == -1)
    return SEARCH_FAILED;
  if (search->ended || search->batch_next == search->batch_count) {
    if (running > 0)
      return SEARCH_WAIT;
    assert (search->ended || search->gave_up || search->root->open > 0 || search->config.prefix_only
            || is_common (search) || mpz_cmp (search->covered, search->states) == 0);
    return SEARCH_DONE;
  }
  *task = search->batch[search->batch_next++];
  if (search->given++ == 0)
    search->deadline = clock_seconds (CLOCK_MONOTONIC) + search->config.seconds;
  if (!search->config.reduce && !search->config.prefix_only) {
    const struct node *top = task->node;

    if (decide_all (search, task) == -1)
      return SEARCH_FAILED;
    node_note_open (task->node, top);
  }
  return SEARCH_TASK;
}

/* How many groups there are of which at least two writes are among the ISSUED first ones. */
static size_t
count_begun (const struct log_orders *orders, uint32_t issued)
{
  size_t count = 0;

  for (size_t i = 0; i < orders->count; i++)
    count += orders->groups[i].writes[1] < issued;
  return count;
}

int
search_selection (const struct search *search, const struct task *task, struct selection *selection,
                  struct choice **choices)
{
  const struct search_config *config = &search->config;
  const struct log_orders *orders = &config->log->orders;
  const uint32_t issued = log_writes_until (config->log, config->point);
  const size_t groups = config->prefix_only ? 0 : count_begun (orders, issued), first = config->pending_count + groups;
  const size_t decided = task->node->present + task->node->absent;
  const size_t count = first + config->given_count + decided;
  const struct node *node = task->node;

  *choices = calloc (count ? count : 1, sizeof **choices);
  if (*choices == NULL)
    return -1;
  for (uint32_t i = 0; i < config->pending_count; i++)
    (*choices)[i] = choice_whole (config->pending[i], config->prefix_only ? CHOICE_PRESENT : CHOICE_UNDECIDED);
  for (size_t i = 0, at = config->pending_count; at < first; i++) {
    const uint32_t *writes = orders->groups[i].writes;

    if (writes[1] < issued)
      (*choices)[at++] = (struct choice) { writes[0], writes[1], 0, CHOICE_UNORDERED };
  }
  if (config->given_count > 0)
    memcpy (*choices + first, config->given, config->given_count * sizeof **choices);
  for (size_t i = count; i > first + config->given_count; node = node->parent)
    (*choices)[--i] = node->decision;
  *selection = (struct selection) {
    .point = config->point, .choices = *choices, .count = count,
    .rule = { .tear = config->tear, .preference = task->preference, .seed = task->seed }
  };
  return 0;
}

int
search_answer (struct search *search, const struct task *task, const struct choice *decisions, size_t count,
               mpz_t states, const struct node **leaf)
{
  struct node *node = task->node;

  for (size_t i = 0; i < count; i++)
    if (grow (search, &node, decisions[i]) == -1)
      return -1;
  node_note_open (node, task->node);
  if (is_common (search) && search->config.part > 0)
    mpz_set_ui (states, 0);
  else
    search_count_agreeing (search, node, states);
  mpz_add (search->covered, search->covered, states);
  search->answered++;
  *leaf = node;
  return 0;
}

void
search_leave (struct search *search, const struct task *task)
{
  (void) task;                  /* its node is neither open nor answered */
  search->answered++;
  search->gave_up = true;
}

void
search_covered (const struct search *search, mpz_t covered)
{
  mpz_set (covered, search->covered);
}

void
search_states (const struct search *search, mpz_t states)
{
  if (is_common (search) && search->config.part > 0)
    mpz_set_ui (states, 0);     /* it came to no division: all is the first part's */
  else
    mpz_set (states, search->states);
}

uint64_t
search_given (const struct search *search)
{
  return search->given;
}

uint64_t
search_waiting (const struct search *search)
{
  return search->root->open + (search->batch_count - search->batch_next);
}
