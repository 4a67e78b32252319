/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "replay/search/ddmin.h"

#define SMALL_SET 3             /* all sets of so many elements are tried ... */
#define SETS_MAX 1500           /* ... if there are no more of them */

struct narrowing {
  bool *picked;                 /* fails */
  bool *trial;
  size_t count;
  minimize_test *test;
  void *opaque;
};

static size_t
size_of (const bool *picked, size_t count)
{
  size_t size = 0;

  for (size_t i = 0; i < count; i++)
    size += picked[i];
  return size;
}

/* Test the trial; if it fails it is what is picked. */
static int
try_trial (struct narrowing *narrowing)
{
  int r = narrowing->test (narrowing->opaque, narrowing->trial);

  if (r == 1)
    memcpy (narrowing->picked, narrowing->trial, narrowing->count);
  return r;
}

/* Make the trial of what is picked: chunk number CHUNK of PARTS alone, or all but that. */
static void
make_trial (struct narrowing *narrowing, size_t size, size_t parts, size_t chunk, bool all_but)
{
  size_t first = size * chunk / parts, end = size * (chunk + 1) / parts, number = 0;

  for (size_t i = 0; i < narrowing->count; i++) {
    bool inside = number >= first && number < end;

    narrowing->trial[i] = narrowing->picked[i] && inside != all_but;
    number += narrowing->picked[i];
  }
}

/* Try each of PARTS chunks, or all but each.  Returns 1 if one of them fails, 0 if none does, or -1. */
static int
try_chunks (struct narrowing *narrowing, size_t size, size_t parts, bool all_but)
{
  for (size_t chunk = 0; chunk < parts; chunk++) {
    make_trial (narrowing, size, parts, chunk, all_but);
    int r = try_trial (narrowing);
    if (r != 0)
      return r;
  }
  return 0;
}

/* Reduce until each single element is needed. */
static int
reduce (struct narrowing *narrowing)
{
  size_t size, parts = 2;

  while ((size = size_of (narrowing->picked, narrowing->count)) > 1) {
    int alone = try_chunks (narrowing, size, parts, false);
    /* Of two, the rest is the other. */
    int rest = alone == 0 && parts > 2 ? try_chunks (narrowing, size, parts, true) : 0;

    if (alone == -1 || rest == -1)
      return -1;
    if (alone == 0 && rest == 0 && parts == size)
      return 0;
    if (alone == 1)
      parts = 2;
    else if (rest == 1)
      parts = parts > 2 ? parts - 1 : 2;
    else
      parts *= 2;
    size = size_of (narrowing->picked, narrowing->count);
    if (parts > size)
      parts = size;
  }
  return 0;
}

/* The number of sets of SIZE of COUNT elements, or SETS_MAX + 1 if there are more. */
static size_t
count_sets (size_t count, size_t size)
{
  size_t sets = 1;

  for (size_t i = 0; i < size && sets <= SETS_MAX; i++)
    sets = sets * (count - i) / (i + 1);
  return sets <= SETS_MAX ? sets : SETS_MAX + 1;
}

/* Let PLACES be the next SIZE of COUNT places; false if they were the last. */
static bool
next_places (size_t *places, size_t size, size_t count)
{
  size_t i = size;

  while (i > 0 && places[i - 1] == count - size + i - 1)
    i--;
  if (i == 0)
    return false;
  places[i - 1]++;
  for (; i < size; i++)
    places[i] = places[i - 1] + 1;
  return true;
}

/* Try all sets of SIZE of the COUNT elements in WHICH, as try_chunks does. */
static int
try_sets (struct narrowing *narrowing, const size_t *which, size_t count, size_t size)
{
  size_t places[SMALL_SET];
  int r;

  for (size_t i = 0; i < size; i++)
    places[i] = i;
  do {
    memset (narrowing->trial, 0, narrowing->count);
    for (size_t i = 0; i < size; i++)
      narrowing->trial[which[places[i]]] = true;
    r = try_trial (narrowing);
  } while (r == 0 && next_places (places, size, count));
  return r;
}

/* Reduction gets stuck where a smaller set is no part of a larger one that fails: try the small ones of ELEMENTS. */
static int
try_small_sets (struct narrowing *narrowing, const size_t *elements, size_t count)
{
  int r = 0;

  for (size_t size = 1; r == 0 && size <= SMALL_SET && size < size_of (narrowing->picked, narrowing->count)
       && count_sets (count, size) <= SETS_MAX; size++)
    r = try_sets (narrowing, elements, count, size);
  return r == -1 ? -1 : 0;
}

int
minimize (bool *picked, size_t count, minimize_test *test, void *opaque)
{
  CLEANUP_FREE bool *trial = calloc (count ? count : 1, sizeof *trial);
  CLEANUP_FREE size_t *elements = calloc (count ? count : 1, sizeof *elements);
  struct narrowing narrowing = { picked, trial, count, test, opaque };
  size_t element_count = 0;

  if (trial == NULL || elements == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < count; i++)
    if (picked[i])
      elements[element_count++] = i;
  if (element_count == 0)
    return 0;
  int r = try_trial (&narrowing);       /* the empty set: perhaps nothing is needed */
  if (r != 0)
    return r == -1 ? -1 : 0;
  return reduce (&narrowing) == -1 ? -1 : try_small_sets (&narrowing, elements, element_count);
}
