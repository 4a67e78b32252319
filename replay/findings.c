/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "replay/findings.h"

static struct finding *
find_same (struct findings *findings, const struct finding *wanted)
{
  for (size_t i = 0; i < findings->count; i++) {
    struct finding *finding = &findings->list[i];

    if (finding->repeated == wanted->repeated && strcmp (finding->kind, wanted->kind) == 0 && strcmp (finding->detail, wanted->detail) == 0
        && strcmp (finding->after, wanted->after) == 0)
      return finding;
  }
  return NULL;
}

int
findings_add (struct findings *findings, const struct finding *finding)
{
  struct finding *same = find_same (findings, finding);

  if (same) {
    mpz_add (same->states, same->states, finding->states);
    return 0;
  }
  if (findings->count == findings->room) {
    size_t room = findings->room ? findings->room * 2 : 4;
    struct finding *larger = reallocarray (findings->list, room, sizeof *larger);

    if (larger == NULL)
      return -1;
    findings->list = larger;
    findings->room = room;
  }
  struct finding copy = {
    .kind = finding->kind, .detail = strdup (finding->detail), .state = strdup (finding->state),
    .after = strdup (finding->after), .repeated = finding->repeated
  };
  if (copy.detail == NULL || copy.state == NULL || copy.after == NULL) {
    free (copy.detail);
    free (copy.state);
    free (copy.after);
    return -1;
  }
  mpz_init_set (copy.states, finding->states);
  findings->list[findings->count++] = copy;
  return 0;
}

void
findings_free (struct findings *findings)
{
  for (size_t i = 0; i < findings->count; i++) {
    free (findings->list[i].detail);
    free (findings->list[i].state);
    free (findings->list[i].after);
    mpz_clear (findings->list[i].states);
  }
  free (findings->list);
  memset (findings, 0, sizeof *findings);
}
