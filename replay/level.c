/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "log/state-id.h"
#include "replay/findings.h"
#include "replay/level.h"

void
recovery_done_free (struct recovery_done *done)
{
  free_all (done->decided, done->tape.bytes, done->place);
  done->decided = NULL;
  done->place = NULL;
  done->tape = (struct log_tape) { .bytes = NULL };
}

char *
level_state_id (const struct level *level, uint32_t position, const struct choice *choices, size_t count)
{
  const uint32_t writes_before = log_writes_until (level->aftermath, level->first - 1);
  const struct recovery_done *done = level->done;
  CLEANUP_FREE struct choice *own = calloc (count + 1, sizeof *own), *earlier = calloc (count + 1, sizeof *earlier);
  size_t own_count = 0, earlier_count = 0;

  if (own == NULL || earlier == NULL)
    return NULL;
  for (size_t i = 0; i < count; i++)
    if (choices[i].write < writes_before)
      earlier[earlier_count++] = choices[i];
    else
      own[own_count++] = choices[i];
  CLEANUP_FREE char *before = level->before
    ? level_state_id (level->before, done->point->position, earlier, earlier_count)
    : state_id_format (done->log, done->point->position, earlier, earlier_count);
  CLEANUP_FREE char *last = state_id_format (level->aftermath, position, own, own_count);
  return before && last ? text_format ("%s" STATE_ID_AGAIN "%s", before, last) : NULL;
}

char *
level_after (const struct level *level)
{
  const struct level *first = level;

  while (first->before)
    first = first->before;
  CLEANUP_FREE char *after = finding_after (first->done->log, first->done->point->position);
  return after ? text_format ("%s%sduring recovery%s", after, *after ? ", then " : "",
                              level->depth > 0 ? ", twice" : "") : NULL;
}
