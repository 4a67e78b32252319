/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "replay/tally.h"

/* The place of SEEN, or where it would be. */
static size_t
find_place (const struct tally *tally, const char *seen)
{
  return array_place (tally->count, i, strcmp (tally->entries[i].seen, seen) < 0);
}

int
tally_add (struct tally *tally, const struct outcome *outcome, const mpz_t states)
{
  CLEANUP_FREE char *seen = outcome_describe (outcome);
  size_t place;

  if (seen == NULL)
    return -1;
  place = find_place (tally, seen);
  if (place < tally->count && strcmp (tally->entries[place].seen, seen) == 0) {
    mpz_add (tally->entries[place].states, tally->entries[place].states, states);
    return 0;
  }
  struct tally_entry *added = array_add (tally->entries, tally->count);
  if (added == NULL)
    return -1;
  added = &tally->entries[place];
  memmove (added + 1, added, (tally->count - 1 - place) * sizeof *added);
  *added = (struct tally_entry) { .seen = seen };
  seen = NULL;
  mpz_init_set (added->states, states);
  return 0;
}

static void
free_blame (struct tally_entry *entry)
{
  free_all (entry->detail, entry->state, entry->place);
}

int
tally_blame (struct tally *tally, const struct finding *finding)
{
  CLEANUP_FREE char *seen = outcome_describe (&finding->outcome);
  size_t place = seen ? find_place (tally, seen) : 0;
  struct tally_entry *entry, blame;

  if (seen == NULL)
    return -1;
  if (place == tally->count || strcmp (tally->entries[place].seen, seen) != 0)
    return 0;
  entry = &tally->entries[place];
  if (entry->kind && strcmp (entry->place, finding->place) <= 0)
    return 0;
  blame = (struct tally_entry) {
    .detail = strdup (finding->detail), .state = strdup (finding->state), .place = strdup (finding->place)
  };
  if (blame.detail == NULL || blame.state == NULL || blame.place == NULL) {
    free_blame (&blame);
    return -1;
  }
  free_blame (entry);
  entry->kind = finding->kind;
  entry->detail = blame.detail;
  entry->state = blame.state;
  entry->place = blame.place;
  return 0;
}

bool
tally_tree (const struct tally_entry *entry, char digest[TREE_DIGEST_LENGTH + 1])
{
  const char *word = strchr (entry->seen, ' ');

  if (strncmp (entry->seen, "tree ", strlen ("tree ")) != 0)
    return false;
  snprintf (digest, TREE_DIGEST_LENGTH + 1, "%s", word + 1);
  return true;
}

void
tally_free (struct tally *tally)
{
  for (size_t i = 0; i < tally->count; i++) {
    free_blame (&tally->entries[i]);
    free (tally->entries[i].seen);
    mpz_clear (tally->entries[i].states);
  }
  free (tally->entries);
  memset (tally, 0, sizeof *tally);
}
