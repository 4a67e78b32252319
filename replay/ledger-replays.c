/* SPDX-License-Identifier: BSD-3-Clause */
/* Which replays a ledger is of. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/message.h"
#include "replay/ledger-part.h"

static int
note_replay (void *opaque, const struct journal_record *record)
{
  struct ledger_replays *replays = opaque;
  size_t i = 0;

  if (record->kind != LEDGER_REPLAY && record->kind != LEDGER_REPLAY_END)
    return 0;
  while (i < replays->count && strcmp (replays->list[i].text, record->bytes) != 0)
    i++;
  if (i == replays->count) {
    struct ledger_replay *added = array_add (replays->list, replays->count);

    if (added == NULL)
      return out_of_memory ();
    added->text = strdup (record->bytes);
    if (added->text == NULL)
      return out_of_memory ();
  }
  replays->list[i].ended |= record->kind == LEDGER_REPLAY_END;
  return 0;
}

int
ledger_read_replays (const char *path, struct ledger_replays *replays)
{
  struct ledger *ledger = ledger_join (&path, 1);

  *replays = (struct ledger_replays) { .count = 0 };
  int r = ledger ? journal_walk (ledger->journals[0], note_replay, replays) : -1;
  ledger_close (ledger);
  return r;
}

static void
free_replay (struct ledger_replay *replay)
{
  free (replay->text);
}

void
ledger_replays_free (struct ledger_replays *replays)
{
  array_free (replays->list, replays->count, free_replay);
}

/* What is looked for, and whether it was noted before the ledger was opened. */
struct noted {
  const char *text;
  bool begun, ended;
};

static int
look_for_replay (void *opaque, const struct journal_record *record)
{
  struct noted *noted = opaque;

  if ((record->kind == LEDGER_REPLAY || record->kind == LEDGER_REPLAY_END) && strcmp (record->bytes, noted->text) == 0)
    *(record->kind == LEDGER_REPLAY ? &noted->begun : &noted->ended) = true;
  return 0;
}

int
ledger_begin_replay (struct ledger *ledger, const char *text)
{
  struct noted noted = { .text = text };

  if (journal_walk (ledger->more, look_for_replay, &noted) == -1)
    return -1;
  ledger->has_end = noted.ended;
  return noted.begun ? 0 : journal_add (ledger->more, LEDGER_REPLAY, 0, text, strlen (text));
}

int
ledger_end_replay (struct ledger *ledger, const char *text)
{
  return ledger->has_end ? 0 : journal_add (ledger->more, LEDGER_REPLAY_END, 0, text, strlen (text));
}
