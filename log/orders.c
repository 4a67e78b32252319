/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "log/orders.h"
#include "log/reader.h"

#define TOO_LARGE UINT32_MAX    /* as the number of a group: the order of issue is taken */

/* A write of some pair. */
struct member {
  uint32_t write;
  uint32_t ended;               /* the position of its completion, of whatever kind, or LOG_NEVER */
  size_t root;                  /* another one of its group, or itself */
  uint32_t group;
};

struct grouping {
  struct write_log *log;
  const struct order_pair *pairs;
  size_t pair_count;
  struct member *members;       /* by write */
  size_t count;
};

struct order
order_begin (const struct order_group *group)
{
  struct order order = { { 0 } };

  for (unsigned place = 0; place < group->count; place++)
    order.below[place] = group->certain[place];
  return order;
}

void
order_decide (struct order *order, unsigned upper, unsigned lower)
{
  uint16_t below = (uint16_t) (order->below[lower] | 1u << lower);

  for (unsigned place = 0; place < ORDER_WRITES_MAX; place++)
    if (place == upper || order_has (order, place, upper))
      order->below[place] |= below;
}

bool
order_is_open (const struct order_group *group, const struct order *order, unsigned lower, unsigned upper)
{
  return group->free[lower] >> upper & 1 && !order_has (order, upper, lower) && !order_has (order, lower, upper);
}

void
order_complete (const struct order_group *group, struct order *order)
{
  for (unsigned lower = 0; lower < group->count; lower++)
    for (unsigned upper = lower + 1; upper < group->count; upper++)
      if (order_is_open (group, order, lower, upper))
        order_decide (order, upper, lower);
}

/* Up to MAX.  All pairs before number PAIR, lower place * ORDER_WRITES_MAX + upper place, are known. */
static uint32_t
count_orders (const struct order_group *group, const struct order *order, unsigned count, unsigned pair, uint32_t max)
{
  for (; pair < count * ORDER_WRITES_MAX; pair++) {
    unsigned lower = pair / ORDER_WRITES_MAX, upper = pair % ORDER_WRITES_MAX;
    struct order one = *order, other = *order;

    if (upper >= count || !order_is_open (group, order, lower, upper))
      continue;
    order_decide (&one, upper, lower);
    order_decide (&other, lower, upper);
    uint32_t found = count_orders (group, &one, count, pair + 1, max);
    return found < max ? found + count_orders (group, &other, count, pair + 1, max - found) : max;
  }
  return 1;
}

uint32_t
order_count (const struct order_group *group, const struct order *order, unsigned count)
{
  /* As a rule nothing is decided, and there may be many groups at many crash points. */
  if (count > 0 && memcmp (order->below, group->certain, sizeof order->below) == 0)
    return group->counts[count - 1];
  return count_orders (group, order, count, 0, UINT32_MAX);
}

static int
compare_members (const void *left, const void *right)
{
  const struct member *a = left, *b = right;

  return a->write < b->write ? -1 : a->write > b->write;
}

static struct member *
find_member (const struct grouping *grouping, uint32_t write)
{
  return bsearch (&(struct member) { .write = write }, grouping->members, grouping->count, sizeof *grouping->members,
                  compare_members);
}

/* List the writes of all pairs, each once. */
static int
list_members (struct grouping *grouping)
{
  size_t kept = 0;

  grouping->members = calloc (2 * grouping->pair_count + 1, sizeof *grouping->members);
  if (grouping->members == NULL)
    return -1;
  for (size_t i = 0; i < grouping->pair_count; i++) {
    grouping->members[2 * i].write = grouping->pairs[i].lower;
    grouping->members[2 * i + 1].write = grouping->pairs[i].upper;
  }
  qsort (grouping->members, 2 * grouping->pair_count, sizeof *grouping->members, compare_members);
  for (size_t i = 0; i < 2 * grouping->pair_count; i++)
    if (i == 0 || grouping->members[i].write != grouping->members[kept - 1].write)
      grouping->members[kept++].write = grouping->members[i].write;
  grouping->count = kept;
  return 0;
}

/* Find out when each one ended: of those that failed the reader does not keep the position. */
static void
find_ends (struct grouping *grouping)
{
  const struct write_log *log = grouping->log;
  struct log_cursor cursor;
  struct log_event event;
  bool failed = false;

  for (size_t i = 0; i < grouping->count; i++) {
    grouping->members[i].ended = log->writes[grouping->members[i].write].completion;
    failed |= (log->writes[grouping->members[i].write].flags & LOG_FAILED) != 0;
  }
  log_cursor_begin (&cursor, log);
  while (failed && log_cursor_next (&cursor, &event)) {
    if (event.record.kind != LOG_COMPLETION || event.record.length == 0)
      continue;
    uint32_t issue = (uint32_t) event.record.offset, number = log_writes_until (log, issue);
    struct member *member = number > 0 ? find_member (grouping, number - 1) : NULL;

    if (member && log->writes[member->write].issue == issue)
      member->ended = event.position;
  }
}

static size_t
root_of (struct grouping *grouping, size_t at)
{
  while (grouping->members[at].root != at)
    at = grouping->members[at].root = grouping->members[grouping->members[at].root].root;
  return at;
}

static void
join_pairs (struct grouping *grouping)
{
  for (size_t i = 0; i < grouping->count; i++)
    grouping->members[i].root = i;
  for (size_t i = 0; i < grouping->pair_count; i++) {
    size_t a = root_of (grouping, (size_t) (find_member (grouping, grouping->pairs[i].lower) - grouping->members));
    size_t b = root_of (grouping, (size_t) (find_member (grouping, grouping->pairs[i].upper) - grouping->members));

    grouping->members[a > b ? a : b].root = a > b ? b : a;
  }
}

/* Put each member into its group; one that is too large keeps its first members alone, and its last place says so. */
static int
make_groups (struct grouping *grouping, struct log_orders *orders)
{
  for (size_t i = 0; i < grouping->count; i++) {
    struct member *member = &grouping->members[i];
    size_t root = root_of (grouping, i);

    if (root == i) {
      member->group = (uint32_t) orders->count;
      if (array_add (orders->groups, orders->count) == NULL)
        return -1;
    }
    member->group = grouping->members[root].group;
    struct order_group *group = &orders->groups[member->group];
    if (group->count < ORDER_WRITES_MAX)
      group->writes[group->count] = member->write;
    group->count++;
  }
  return 0;
}

static unsigned
place_in (const struct order_group *group, uint32_t write)
{
  unsigned place = 0;

  while (group->writes[place] != write)
    place++;
  return place;
}

/* Note what is certain and what is free in the groups that are not too large. */
static void
fill_groups (const struct grouping *grouping, struct log_orders *orders)
{
  for (size_t i = 0; i < orders->count; i++) {
    struct order_group *group = &orders->groups[i];

    for (unsigned upper = 0; group->count <= ORDER_WRITES_MAX && upper < group->count; upper++)
      for (unsigned lower = 0; lower < upper; lower++)
        if (find_member (grouping, group->writes[lower])->ended < grouping->log->writes[group->writes[upper]].issue)
          group->certain[upper] |= (uint16_t) (1u << lower);
  }
  for (size_t i = 0; i < grouping->pair_count; i++) {
    const struct order_pair *pair = &grouping->pairs[i];
    struct order_group *group = &orders->groups[find_member (grouping, pair->lower)->group];

    if (group->count <= ORDER_WRITES_MAX)
      group->free[place_in (group, pair->lower)] |= (uint16_t) (1u << place_in (group, pair->upper));
  }
}

/* Count the orders of the first writes of GROUP, of one more each time.  Returns whether there are too many. */
static bool
is_too_large (struct order_group *group)
{
  const struct order order = order_begin (group);
  uint32_t orders = 0;

  for (unsigned count = 1; count <= group->count && orders <= ORDERS_MAX; count++) {
    orders = count_orders (group, &order, count, 0, ORDERS_MAX + 1);
    group->counts[count - 1] = (uint16_t) orders;
  }
  return orders > ORDERS_MAX;
}

/* Let only those groups stay that are not too large. */
static void
drop_large (struct grouping *grouping, struct log_orders *orders, uint32_t *numbers)
{
  size_t kept = 0;

  for (size_t i = 0; i < orders->count; i++) {
    numbers[i] = TOO_LARGE;
    if (orders->groups[i].count > ORDER_WRITES_MAX || is_too_large (&orders->groups[i]))
      continue;
    numbers[i] = (uint32_t) kept;
    orders->groups[kept++] = orders->groups[i];
  }
  orders->count = kept;
  for (size_t i = 0; i < grouping->pair_count; i++)
    orders->left_out += numbers[find_member (grouping, grouping->pairs[i].lower)->group] == TOO_LARGE;
}

/* Note where each write is. */
static int
note_places (const struct grouping *grouping, struct log_orders *orders, const uint32_t *numbers)
{
  orders->places = calloc (grouping->count + 1, sizeof *orders->places);
  if (orders->places == NULL)
    return -1;
  for (size_t i = 0; i < grouping->count; i++) {
    const struct member *member = &grouping->members[i];
    uint32_t group = numbers[member->group];

    if (group == TOO_LARGE)
      continue;
    orders->places[orders->place_count++] = (struct order_place) {
      member->write, group, place_in (&orders->groups[group], member->write)
    };
    grouping->log->writes[member->write].flags |= LOG_UNORDERED;
  }
  return 0;
}

int
log_orders_build (struct write_log *log, const struct order_pair *pairs, size_t count)
{
  struct grouping grouping = { .log = log, .pairs = pairs, .pair_count = count };
  struct log_orders *orders = &log->orders;
  CLEANUP_FREE uint32_t *numbers = NULL;
  int r = -1;

  if (count == 0)
    return 0;
  if (list_members (&grouping) == 0) {
    find_ends (&grouping);
    join_pairs (&grouping);
    r = make_groups (&grouping, orders);
    numbers = calloc (orders->count + 1, sizeof *numbers);
  }
  if (r == 0 && numbers) {
    fill_groups (&grouping, orders);
    drop_large (&grouping, orders, numbers);
    r = note_places (&grouping, orders, numbers);
  }
  free (grouping.members);
  return numbers ? r : -1;
}

void
log_orders_free (struct log_orders *orders)
{
  free_all (orders->groups, orders->places);
}

static int
compare_places (const void *left, const void *right)
{
  const struct order_place *a = left, *b = right;

  return a->write < b->write ? -1 : a->write > b->write;
}

const struct order_place *
log_order_place (const struct log_orders *orders, uint32_t write)
{
  return bsearch (&(struct order_place) { .write = write }, orders->places, orders->place_count,
                  sizeof *orders->places, compare_places);
}
