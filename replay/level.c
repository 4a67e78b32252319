/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

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
  CLEANUP_FREE struct choice *earlier = calloc (count + 1, sizeof *earlier);
  size_t earlier_count = 0;

  if (earlier == NULL)
    return NULL;
  for (size_t i = 0; i < count; i++)
    if (choices[i].write < writes_before)
      earlier[earlier_count++] = choices[i];
  CLEANUP_FREE char *before = level->before
    ? level_state_id (level->before, done->point->position, earlier, earlier_count)
    : state_id_format (done->log, done->point->position, earlier, earlier_count);
  CLEANUP_FREE char *last = state_id_format_from (level->aftermath, position, choices, count, level->first);
  return before && last ? text_format ("%s" STATE_ID_AGAIN "%s", before, last) : NULL;
}

/* AFTER, what was last before the first crash, and that recovery was interrupted then. */
static char *
say_interrupted (const char *after, bool twice)
{
  return text_format ("%s%sduring recovery%s", after, *after ? ", then " : "", twice ? ", twice" : "");
}

char *
level_after (const struct level *level)
{
  const struct level *first = level;

  while (first->before)
    first = first->before;
  CLEANUP_FREE char *after = finding_after (first->done->log, first->done->point->position);
  return after ? say_interrupted (after, level->depth > 0) : NULL;
}

char *
recovered_state_id (const struct session_config *config, uint32_t position, const struct choice *choices, size_t count)
{
  CLEANUP_FREE char *last = state_id_format_from (config->log, position, choices, count, config->recovery_from);

  return last && config->recovered ? text_format ("%s" STATE_ID_AGAIN "%s", config->recovered, last)
    : last ? strdup (last) : NULL;
}

char *
recovered_state_after (const struct session_config *config, uint32_t position)
{
  CLEANUP_FREE char *after = finding_after (config->log, position);

  if (after == NULL || config->recovered == NULL)
    return after ? strdup (after) : NULL;
  return say_interrupted (after, strstr (config->recovered, STATE_ID_AGAIN) != NULL);
}
