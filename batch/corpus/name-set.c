/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "batch/corpus/name-set.h"
#include "common/message.h"

#define SIZE_LEAST 1024

static bool
is_free (const struct name_hash *place)
{
  return place->low == 0 && place->high == 0;
}

/* Where HASH is, or belongs: the places behind its own are tried until one is free. */
static struct name_hash *
find_place (const struct name_set *set, struct name_hash hash)
{
  size_t at = hash.low & (set->size - 1);

  while (!is_free (&set->places[at]) && (set->places[at].low != hash.low || set->places[at].high != hash.high))
    at = (at + 1) & (set->size - 1);
  return &set->places[at];
}

/* Have room for one more.  Returns 0, or -1 after a message. */
static int
make_room (struct name_set *set)
{
  struct name_set larger = { .size = set->size ? 2 * set->size : SIZE_LEAST, .count = set->count };

  if (set->count < set->size / 2)
    return 0;
  larger.places = calloc (larger.size, sizeof *larger.places);
  if (larger.places == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < set->size; i++)
    if (!is_free (&set->places[i]))
      *find_place (&larger, set->places[i]) = set->places[i];
  free (set->places);
  *set = larger;
  return 0;
}

int
name_set_add (struct name_set *set, const char *name)
{
  const XXH128_hash_t value = XXH3_128bits (name, strlen (name));
  const struct name_hash hash = { value.low64, value.high64 };

  if (make_room (set) == -1)
    return -1;
  struct name_hash *place = find_place (set, hash);
  const bool is_new = is_free (place);
  *place = hash;
  set->count += is_new;
  return is_new;
}

void
name_set_free (struct name_set *set)
{
  free (set->places);
}
