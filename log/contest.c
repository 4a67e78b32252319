/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "log/contest.h"

static bool
lies_over (const struct contest *contest, size_t i, size_t j)
{
  return chosen_orders_lie (contest->orders, contest->list[i].write, contest->list[j].write) == LIE_OVER;
}

/* Whether number I may be what shows: nothing that is there lies over it. */
static bool
may_show (const struct contest *contest, size_t i)
{
  if (contest->list[i].kind == CHOICE_ABSENT)
    return false;
  for (size_t j = 0; j < contest->count; j++)
    if (j != i && contest->list[j].kind == CHOICE_PRESENT && lies_over (contest, j, i))
      return false;
  return true;
}

/* Of those that may show, but EXCEPT: the one over number FROM over which no other one lies. */
static size_t
climb (const struct contest *contest, size_t from, size_t except)
{
  size_t i = 0;

  while (i < contest->count) {
    bool higher = i != from && i != except && may_show (contest, i) && lies_over (contest, i, from);

    from = higher ? i : from;
    i = higher ? 0 : i + 1;
  }
  return from;
}

/* The first that may show, and something else than CONTENT unless that is NULL; or the count. */
static size_t
find_shown (const struct contest *contest, const char *content)
{
  size_t i = 0;

  while (i < contest->count
         && (!may_show (contest, i) || (content && memcmp (contest->list[i].content, content, LOG_SECTOR) == 0)))
    i++;
  return i;
}

/* Whether nothing but CONTENT, of one that may show, can show. */
static bool
is_settled (const struct contest *contest, const char *content)
{
  bool there = memcmp (content, contest->empty, LOG_SECTOR) == 0;

  for (size_t i = 0; i < contest->count && !there; i++)
    there = contest->list[i].kind == CHOICE_PRESENT;
  return there && find_shown (contest, content) == contest->count;
}

enum contest_step
contest_next (const struct contest *contest, size_t *first, size_t *second)
{
  *first = find_shown (contest, NULL);
  if (*first == contest->count)
    return CONTEST_SHOWS;
  *first = climb (contest, *first, contest->count);
  if (is_settled (contest, contest->list[*first].content))
    return CONTEST_SHOWS;
  if (contest->list[*first].kind == CHOICE_UNDECIDED)
    return CONTEST_KIND;
  *second = climb (contest, find_shown (contest, contest->list[*first].content), *first);
  if (contest->list[*second].kind == CHOICE_PRESENT)
    return CONTEST_ORDER;
  *first = *second;
  return CONTEST_KIND;
}
