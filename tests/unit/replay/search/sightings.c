/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/array.h"
#include "tests/unit/replay/search/reader.h"
#include "tests/unit/replay/search/sightings.h"

void
sightings_add (struct sightings *sightings, uint64_t observation, uint64_t states, char *place)
{
  struct entry *entry = array_add (sightings->entries, sightings->count);

  ASSERT_QUICKLY (entry);
  *entry = (struct entry) { observation, states, place };
}

void
sightings_free (struct sightings *sightings)
{
  for (size_t i = 0; i < sightings->count; i++)
    free (sightings->entries[i].place);
  free (sightings->entries);
  memset (sightings, 0, sizeof *sightings);
}

static int
compare_observations (const void *left, const void *right)
{
  const struct entry *a = left, *b = right;

  return a->observation < b->observation ? -1 : a->observation > b->observation;
}

static int
compare_places (const void *left, const void *right)
{
  const struct entry *a = left, *b = right;

  return strcmp (a->place, b->place);
}

static void
sort_entries (struct sightings *sightings, int (*compare) (const void *, const void *))
{
  if (sightings->count > 0)
    qsort (sightings->entries, sightings->count, sizeof *sightings->entries, compare);
}

/* How many states there are of each observation of FROM. */
static struct sightings
states_by_observation (struct sightings *from)
{
  struct sightings sums = { .count = 0 };

  sort_entries (from, compare_observations);
  for (size_t i = 0; i < from->count; i++)
    if (sums.count > 0 && sums.entries[sums.count - 1].observation == from->entries[i].observation)
      sums.entries[sums.count - 1].states += from->entries[i].states;
    else
      sightings_add (&sums, from->entries[i].observation, from->entries[i].states, NULL);
  return sums;
}

void
assert_same_observations (struct sightings *a, struct sightings *b)
{
  struct sightings left = states_by_observation (a), right = states_by_observation (b);

  ASSERT_QUICKLY (left.count == right.count);
  for (size_t i = 0; i < left.count; i++) {
    ASSERT_QUICKLY (left.entries[i].observation == right.entries[i].observation);
    ASSERT_QUICKLY (left.entries[i].states == right.entries[i].states);
  }
  sightings_free (&left);
  sightings_free (&right);
}

bool
are_same_runs (struct sightings *a, struct sightings *b)
{
  bool same = a->count == b->count;

  sort_entries (a, compare_places);
  sort_entries (b, compare_places);
  for (size_t i = 0; same && i < a->count; i++)
    same = strcmp (a->entries[i].place, b->entries[i].place) == 0 && a->entries[i].states == b->entries[i].states
      && a->entries[i].observation == b->entries[i].observation;
  return same;
}
