/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "tests/unit/replay/search/brute-force.h"

static void
note_operation (struct history *history, const struct log_event *event)
{
  struct operation *operation = event->record.kind == LOG_FLUSH ? &history->flushes[history->flush_count++]
    : &history->writes[history->write_count++];

  ASSERT_QUICKLY (history->flush_count < WRITES_MAX);
  ASSERT_QUICKLY (history->write_count < WRITES_MAX);
  *operation = (struct operation) {
    .device = event->record.device, .first = (unsigned) (event->record.offset / LOG_SECTOR),
    .count = event->record.length / LOG_SECTOR, .issue = event->position, .completion = LOG_NEVER,
    .fua = event->record.flags & LOG_FLAG_FUA, .kind = event->record.kind
  };
  for (unsigned i = 0; i < operation->count; i++)
    operation->letters[i] = event->record.kind == LOG_WRITE ? sector_letter (event->data + i * LOG_SECTOR) : '.';
}

static void
note_completion (struct history *history, const struct log_event *event)
{
  if (event->record.length != 0)
    return;                     /* it failed */
  for (unsigned i = 0; i < history->write_count; i++)
    if (history->writes[i].issue == event->record.offset)
      history->writes[i].completion = event->position;
  for (unsigned i = 0; i < history->flush_count; i++)
    if (history->flushes[i].issue == event->record.offset)
      history->flushes[i].completion = event->position;
}

void
read_history (const struct write_log *log, struct history *history)
{
  struct log_cursor cursor;
  struct log_event event;

  history->write_count = history->flush_count = 0;
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    if (event.record.kind == LOG_COMPLETION)
      note_completion (history, &event);
    else if (event.record.kind != LOG_MARK)
      note_operation (history, &event);
}

/* Whether nobody knows for ever what is read where WRITE was. */
static bool
is_doubtful (const struct history *history, const struct operation *write)
{
  if (write->kind == LOG_TRIM)
    for (const struct operation *older = history->writes; older < write; older++)
      if (older->kind == LOG_WRITE && older->device == write->device && older->first < write->first + write->count
          && write->first < older->first + older->count)
        return true;
  return false;
}

static bool
is_durable (const struct history *history, const struct operation *write, uint32_t point)
{
  if (write->completion > point || is_doubtful (history, write))
    return false;
  for (unsigned i = 0; i < history->flush_count; i++) {
    const struct operation *flush = &history->flushes[i];

    if (flush->device == write->device && write->completion < flush->issue && flush->completion <= point)
      return true;
  }
  return write->fua;
}

/* One legal state after the other. */
struct states {
  const struct history *history;
  uint32_t point;
  struct tear tear;
  struct {
    const struct operation *write;
    unsigned pieces;
    unsigned value, end;        /* one of `end` ways in which it may be there */
  } pending[WRITES_MAX];
  unsigned pending_count;
};

/* The number of the device's sector that has sector SECTOR of WRITE, counted from that of the write's start. */
static unsigned
piece_of (const struct tear *tear, const struct operation *write, unsigned sector)
{
  unsigned unit = tear->atomic_bytes / LOG_SECTOR;

  return tear->mode == TEAR_NONE ? 0 : (write->first + sector) / unit - write->first / unit;
}

static void
first_state (struct states *states, const struct history *history, uint32_t point, const struct tear *tear)
{
  *states = (struct states) { .history = history, .point = point, .tear = *tear };
  for (unsigned i = 0; i < history->write_count && history->writes[i].issue <= point; i++) {
    const struct operation *write = &history->writes[i];
    unsigned pieces = piece_of (tear, write, write->count - 1) + 1;

    if (is_durable (history, write, point))
      continue;
    ASSERT_QUICKLY (pieces < 20);
    states->pending[states->pending_count].write = write;
    states->pending[states->pending_count].pieces = pieces;
    states->pending[states->pending_count++].end = tear->mode == TEAR_PREFIX ? pieces + 1 : 1u << pieces;
  }
}

static bool
next_state (struct states *states)
{
  for (unsigned i = 0; i < states->pending_count; i++) {
    if (++states->pending[i].value < states->pending[i].end)
      return true;
    states->pending[i].value = 0;
  }
  return false;
}

/* What is on the devices in the present state. */
static void
lay_out_state (const struct states *states, char letters[DEVICES][SECTORS])
{
  const struct history *history = states->history;
  unsigned at = 0;

  memset (letters, '.', (size_t) DEVICES * SECTORS);
  for (unsigned i = 0; i < history->write_count && history->writes[i].issue <= states->point; i++) {
    const struct operation *write = &history->writes[i];
    bool pending = at < states->pending_count && states->pending[at].write == write;
    unsigned value = pending ? states->pending[at++].value : 0;

    for (unsigned sector = 0; sector < write->count; sector++) {
      unsigned piece = piece_of (&states->tear, write, sector);

      if (!pending || (states->tear.mode == TEAR_PREFIX ? piece < value : value >> piece & 1))
        letters[write->device][write->first + sector] = write->letters[sector];
    }
  }
}

struct sightings
visit_states (const struct history *history, uint32_t point, const struct tear *tear,
              const struct reader *reader)
{
  struct sightings sightings = { .count = 0 };
  struct states states;

  first_state (&states, history, point, tear);
  do {
    struct guest guest = { .state = NULL };

    lay_out_state (&states, guest.letters);
    sightings_add (&sightings, reader->observe (reader, &guest), 1, NULL);
  } while (next_state (&states));
  return sightings;
}
