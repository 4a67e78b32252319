/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "log/torn.h"

#define ROOM_AT_FIRST 8         /* spans */

void
torn_free (struct torn *torn)
{
  free (torn->spans);
}

int
torn_begin (struct torn *torn, enum choice_kind kind)
{
  if (torn->room == 0) {
    torn->spans = malloc (ROOM_AT_FIRST * sizeof *torn->spans);
    if (torn->spans == NULL)
      return -1;
    torn->room = ROOM_AT_FIRST;
  }
  torn->spans[0] = (struct torn_span) { 0, kind };
  torn->count = 1;
  return 0;
}

size_t
torn_find (const struct torn *torn, uint32_t sector)
{
  size_t low = 0, high = torn->count;

  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;

    if (torn->spans[middle].first <= sector)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* Append a span, or let the last one grow. */
static void
append_span (struct torn_span *spans, size_t *count, uint32_t first, enum choice_kind kind)
{
  if (*count == 0 || spans[*count - 1].kind != kind)
    spans[(*count)++] = (struct torn_span) { first, kind };
}

int
torn_set (struct torn *torn, uint32_t first, uint32_t last, uint32_t end, enum choice_kind kind)
{
  struct torn_span *spans = malloc ((torn->count + 2) * sizeof *spans);
  size_t count = 0, at = 0;

  if (spans == NULL)
    return -1;
  for (; at < torn->count && torn->spans[at].first < first; at++)
    append_span (spans, &count, torn->spans[at].first, torn->spans[at].kind);
  append_span (spans, &count, first, kind);
  if (last < end) {
    at = torn_find (torn, last + 1);
    append_span (spans, &count, last + 1, torn->spans[at].kind);
    for (at++; at < torn->count; at++)
      append_span (spans, &count, torn->spans[at].first, torn->spans[at].kind);
  }
  free (torn->spans);
  torn->spans = spans;
  torn->room = torn->count + 2;
  torn->count = count;
  return 0;
}
