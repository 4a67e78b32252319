/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "common/array.h"
#include "common/message.h"
#include "common/ranges.h"

/* Replace RANGES by KEPT, unless something FAILED. */
static int
take_over (struct byte_ranges *ranges, struct byte_ranges *kept, bool failed)
{
  if (failed) {
    free (kept->list);
    return out_of_memory ();
  }
  free (ranges->list);
  *ranges = *kept;
  return 0;
}

/* Append the range, unless it is empty.  False: out of memory. */
static bool
append (struct byte_ranges *ranges, uint64_t from, uint64_t to)
{
  if (from >= to)
    return true;
  struct byte_range *added = array_add (ranges->list, ranges->count);
  if (added)
    *added = (struct byte_range) { from, to };
  return added != NULL;
}

int
ranges_add (struct byte_ranges *ranges, struct byte_range range)
{
  struct byte_ranges larger = { NULL, 0 };
  bool good = true;
  size_t i = 0;

  for (; i < ranges->count && ranges->list[i].to < range.from; i++)
    good = good && append (&larger, ranges->list[i].from, ranges->list[i].to);
  for (; i < ranges->count && ranges->list[i].from <= range.to; i++) {
    range.from = ranges->list[i].from < range.from ? ranges->list[i].from : range.from;
    range.to = ranges->list[i].to > range.to ? ranges->list[i].to : range.to;
  }
  good = good && append (&larger, range.from, range.to);
  for (; i < ranges->count; i++)
    good = good && append (&larger, ranges->list[i].from, ranges->list[i].to);
  return take_over (ranges, &larger, !good);
}

int
ranges_remove (struct byte_ranges *ranges, struct byte_range range)
{
  struct byte_ranges smaller = { NULL, 0 };
  bool good = true;

  if (range.from >= range.to)
    return 0;                   /* it would divide the range around it in two that touch */
  for (size_t i = 0; i < ranges->count && good; i++) {
    const struct byte_range *old = &ranges->list[i];

    good = append (&smaller, old->from, old->to < range.from ? old->to : range.from)
      && append (&smaller, old->from > range.to ? old->from : range.to, old->to);
  }
  return take_over (ranges, &smaller, !good);
}

int
ranges_intersect (struct byte_ranges *ranges, const struct byte_ranges *others)
{
  struct byte_ranges common = { NULL, 0 };
  bool good = true;

  for (size_t i = 0, j = 0; i < ranges->count && j < others->count && good;) {
    const struct byte_range *one = &ranges->list[i], *other = &others->list[j];

    good = append (&common, one->from > other->from ? one->from : other->from,
                   one->to < other->to ? one->to : other->to);
    if (one->to < other->to)
      i++;
    else
      j++;
  }
  return take_over (ranges, &common, !good);
}

int
ranges_copy (struct byte_ranges *ranges, const struct byte_ranges *others)
{
  struct byte_ranges same = { NULL, 0 };
  bool good = true;

  for (size_t i = 0; i < others->count && good; i++)
    good = append (&same, others->list[i].from, others->list[i].to);
  return take_over (ranges, &same, !good);
}

bool
ranges_cover (const struct byte_ranges *ranges, struct byte_range range)
{
  for (size_t i = 0; i < ranges->count; i++)
    if (ranges->list[i].from <= range.from && range.to <= ranges->list[i].to)
      return true;
  return false;
}

bool
ranges_meet (const struct byte_ranges *ranges, struct byte_range range)
{
  for (size_t i = 0; i < ranges->count; i++)
    if (ranges->list[i].from < range.to && range.from < ranges->list[i].to)
      return true;
  return false;
}
