/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "log/chosen-orders.h"

int
chosen_orders_begin (struct chosen_orders *chosen, const struct log_orders *groups)
{
  chosen->groups = groups;
  chosen->orders = calloc (groups->count + 1, sizeof *chosen->orders);
  chosen->open = calloc (groups->count + 1, sizeof *chosen->open);
  if (chosen->orders == NULL || chosen->open == NULL)
    return -1;
  chosen_orders_restart (chosen);
  chosen_orders_settle (chosen);
  return 0;
}

void
chosen_orders_free (struct chosen_orders *chosen)
{
  free_all (chosen->orders, chosen->open);
}

bool
choice_is_of_pair (const struct log_orders *groups, const struct choice *choice)
{
  const struct order_place *lower = log_order_place (groups, choice->write);
  const struct order_place *upper = log_order_place (groups, choice->first);

  return lower && upper && lower->group == upper->group
    && (choice->kind == CHOICE_UNORDERED || groups->groups[lower->group].free[lower->place] >> upper->place & 1);
}

void
chosen_orders_restart (struct chosen_orders *chosen)
{
  for (size_t i = 0; i < chosen->groups->count; i++) {
    chosen->orders[i] = order_begin (&chosen->groups->groups[i]);
    chosen->open[i] = false;
  }
}

int
chosen_orders_add (struct chosen_orders *chosen, const struct choice *choices, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (!choice_kind_is_of_order (choices[i].kind))
      continue;
    const struct order_place *write = log_order_place (chosen->groups, choices[i].write);
    const struct order_place *other = log_order_place (chosen->groups, choices[i].first);
    struct order *order = &chosen->orders[write->group];
    const struct order_place *upper = choices[i].kind == CHOICE_OVER ? write : other;
    const struct order_place *lower = choices[i].kind == CHOICE_OVER ? other : write;

    if (choices[i].kind == CHOICE_UNORDERED)
      chosen->open[write->group] = true;
    else if (order_has (order, lower->place, upper->place))
      return -1;
    else
      order_decide (order, upper->place, lower->place);
  }
  return 0;
}

void
chosen_orders_settle (struct chosen_orders *chosen)
{
  for (size_t i = 0; i < chosen->groups->count; i++)
    if (!chosen->open[i])
      order_complete (&chosen->groups->groups[i], &chosen->orders[i]);
}

enum lie
chosen_orders_lie (const struct chosen_orders *chosen, uint32_t a, uint32_t b)
{
  const struct order_place *one = log_order_place (chosen->groups, a), *other = log_order_place (chosen->groups, b);

  if (one == NULL || other == NULL || one->group != other->group)
    return a > b ? LIE_OVER : LIE_UNDER;
  if (order_has (&chosen->orders[one->group], one->place, other->place))
    return LIE_OVER;
  return order_has (&chosen->orders[one->group], other->place, one->place) ? LIE_UNDER : LIE_OPEN;
}

struct choice
choice_over (uint32_t a, uint32_t b)
{
  return a < b ? (struct choice) { a, b, 0, CHOICE_OVER } : (struct choice) { b, a, 0, CHOICE_UNDER };
}

/* Add a choice of CHOICE_OVER for each pair of GROUP that does not lie as issued in ORDER. */
static int
add_turned (const struct order_group *group, const struct order *order, struct choice **list, size_t *count)
{
  for (unsigned lower = 0; lower < group->count; lower++)
    for (unsigned upper = lower + 1; upper < group->count; upper++) {
      struct choice *larger;

      if (!(group->free[lower] >> upper & 1) || !order_has (order, lower, upper))
        continue;
      larger = reallocarray (*list, *count + 1, sizeof **list);
      if (larger == NULL)
        return -1;
      *list = larger;
      larger[(*count)++] = choice_over (group->writes[lower], group->writes[upper]);
    }
  return 0;
}

static int
compare_pairs (const void *left, const void *right)
{
  const struct choice *a = left, *b = right;

  if (a->write != b->write)
    return a->write < b->write ? -1 : 1;
  return a->first < b->first ? -1 : a->first > b->first;
}

int
chosen_orders_turned (const struct write_log *log, const struct choice *choices, size_t count, struct choice **list,
                      size_t *list_count)
{
  struct chosen_orders chosen;
  size_t before = *list_count;
  int r = chosen_orders_begin (&chosen, &log->orders);

  if (r == 0) {
    chosen_orders_restart (&chosen);
    r = chosen_orders_add (&chosen, choices, count);
    errno = r == -1 ? EINVAL : errno;
  }
  for (size_t i = 0; i < log->orders.count && r == 0; i++) {
    order_complete (&log->orders.groups[i], &chosen.orders[i]);
    r = add_turned (&log->orders.groups[i], &chosen.orders[i], list, list_count);
  }
  if (r == 0 && *list_count > before)
    qsort (*list + before, *list_count - before, sizeof **list, compare_pairs);
  chosen_orders_free (&chosen);
  return r;
}
