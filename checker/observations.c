/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observations.h"
#include "common/array.h"
#include "common/cleanup.h"

/* The place of the first digest that is not below DIGEST. */
static size_t
find_place (const struct observations *observations, const char *digest)
{
  return array_place (observations->count, i, strcmp (observations->list[i].digest, digest) < 0);
}

struct observation *
observations_find (const struct observations *observations, const char *digest)
{
  size_t place = find_place (observations, digest);

  return place < observations->count && strcmp (observations->list[place].digest, digest) == 0
    ? &observations->list[place] : NULL;
}

const char *
observations_add (struct observations *observations, const char *digest, char *text)
{
  const struct observation *known = observations_find (observations, digest);
  size_t place = find_place (observations, digest);

  if (known) {
    free (text);
    return known->text;
  }
  struct observation *added = array_add (observations->list, observations->count);
  if (added == NULL) {
    free (text);
    return NULL;
  }
  added = &observations->list[place];
  memmove (added + 1, added, (observations->count - 1 - place) * sizeof *added);
  *added = (struct observation) { .text = text };
  memcpy (added->digest, digest, sizeof added->digest);
  return text;
}

static void
free_observation (struct observation *observation)
{
  free_all (observation->text, observation->sectors, observation->classes);
  for (size_t i = 0; i < observation->judged_count; i++)
    free (observation->judged[i].verdict.detail);
  free (observation->judged);
}

void
observations_free (struct observations *observations)
{
  array_free (observations->list, observations->count, free_observation);
}
