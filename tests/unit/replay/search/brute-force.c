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
    .count = event->record.length / LOG_SECTOR, .issue = event->position, .completion = LOG_NEVER, .ended = LOG_NEVER,
    .fua = event->record.flags & LOG_FLAG_FUA, .kind = event->record.kind
  };
  for (unsigned i = 0; i < operation->count; i++)
    operation->letters[i] = event->record.kind == LOG_WRITE ? sector_letter (event->data + i * LOG_SECTOR) : '.';
}

static void
note_end (struct operation *operations, unsigned count, const struct log_event *event)
{
  for (unsigned i = 0; i < count; i++)
    if (operations[i].issue == event->record.offset) {
      operations[i].ended = event->position;
      operations[i].completion = event->record.length == 0 ? event->position : LOG_NEVER;
    }
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
    {
      note_end (history->writes, history->write_count, &event);
      note_end (history->flushes, history->flush_count, &event);
    }
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

/* Two writes that may lie over each other either way round. */
struct pair {
  unsigned lower, upper;        /* numbers; LOWER is issued first */
};

static bool
is_pair (const struct operation *a, const struct operation *b)
{
  return a->device == b->device && a->first < b->first + b->count && b->first < a->first + a->count
    && a->ended > b->issue;
}

unsigned
count_pairs (const struct history *history, uint32_t point)
{
  unsigned count = 0;

  for (unsigned upper = 0; upper < history->write_count && history->writes[upper].issue <= point; upper++)
    for (unsigned lower = 0; lower < upper; lower++)
      count += is_pair (&history->writes[lower], &history->writes[upper]);
  return count;
}

/* One legal state after the other. */
struct states {
  const struct history *history;
  uint32_t point;
  struct tear tear;
  struct pair pairs[PAIRS_MAX];
  unsigned pair_count;
  unsigned turned;              /* a bit for each pair of which the one issued first lies over the other */
  unsigned order[WRITES_MAX];   /* of all that is issued, from the bottom */
  unsigned issued;
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

/* Whether number LOWER has to lie below number UPPER. */
static bool
must_lie_below (const struct states *states, unsigned lower, unsigned upper)
{
  for (unsigned i = 0; i < states->pair_count; i++) {
    const struct pair *pair = &states->pairs[i];
    bool turned = states->turned >> i & 1;

    if (lower == (turned ? pair->upper : pair->lower) && upper == (turned ? pair->lower : pair->upper))
      return true;
  }
  return states->history->writes[lower].ended < states->history->writes[upper].issue;
}

/* Find an order in which the pairs lie as `turned` says; false if there is none. */
static bool
find_order (struct states *states)
{
  bool laid[WRITES_MAX] = { false };

  for (unsigned done = 0; done < states->issued; done++) {
    unsigned next = 0;

    for (; next < states->issued; next++) {
      bool free = !laid[next];

      for (unsigned other = 0; other < states->issued && free; other++)
        free = laid[other] || other == next || !must_lie_below (states, other, next);
      if (free)
        break;
    }
    if (next == states->issued)
      return false;
    laid[next] = true;
    states->order[done] = next;
  }
  return true;
}

static void
find_pairs (struct states *states)
{
  const struct history *history = states->history;

  for (unsigned upper = 0; upper < history->write_count && history->writes[upper].issue <= states->point; upper++) {
    states->issued = upper + 1;
    for (unsigned lower = 0; lower < upper; lower++)
      if (is_pair (&history->writes[lower], &history->writes[upper])) {
        ASSERT_QUICKLY (states->pair_count < PAIRS_MAX);
        states->pairs[states->pair_count++] = (struct pair) { lower, upper };
      }
  }
  ASSERT_QUICKLY (find_order (states));
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
  find_pairs (states);
}

static bool
next_state (struct states *states)
{
  for (unsigned i = 0; i < states->pending_count; i++) {
    if (++states->pending[i].value < states->pending[i].end)
      return true;
    states->pending[i].value = 0;
  }
  while (++states->turned < 1u << states->pair_count)
    if (find_order (states))
      return true;
  return false;
}

/* How much of write number WRITE is there: the way of the pending one, or NULL if it is durable. */
static const unsigned *
value_of (const struct states *states, const struct operation *write)
{
  for (unsigned i = 0; i < states->pending_count; i++)
    if (states->pending[i].write == write)
      return &states->pending[i].value;
  return NULL;
}

/* What is on the devices in the present state. */
static void
lay_out_state (const struct states *states, char letters[DEVICES][SECTORS])
{
  memset (letters, '.', (size_t) DEVICES * SECTORS);
  for (unsigned i = 0; i < states->issued; i++) {
    const struct operation *write = &states->history->writes[states->order[i]];
    const unsigned *value = value_of (states, write);

    for (unsigned sector = 0; sector < write->count; sector++) {
      unsigned piece = piece_of (&states->tear, write, sector);

      if (value == NULL || (states->tear.mode == TEAR_PREFIX ? piece < *value : *value >> piece & 1))
        letters[write->device][write->first + sector] = write->letters[sector];
    }
  }
}

void
visit_images (const struct history *history, uint32_t point, const struct tear *tear,
              void (*visit) (void *opaque, char letters[DEVICES][SECTORS]), void *opaque)
{
  char letters[DEVICES][SECTORS];
  struct states states;

  first_state (&states, history, point, tear);
  do {
    lay_out_state (&states, letters);
    visit (opaque, letters);
  } while (next_state (&states));
}

/* Who looks at all states. */
struct onlooker {
  const struct reader *reader;
  struct sightings sightings;
};

static void
look_at (void *opaque, char letters[DEVICES][SECTORS])
{
  struct onlooker *onlooker = opaque;
  struct guest guest = { .state = NULL };

  memcpy (guest.letters, letters, sizeof guest.letters);
  sightings_add (&onlooker->sightings, onlooker->reader->observe (onlooker->reader, &guest), 1, NULL);
}

struct sightings
visit_states (const struct history *history, uint32_t point, const struct tear *tear,
              const struct reader *reader)
{
  struct onlooker onlooker = { .reader = reader };

  visit_images (history, point, tear, look_at, &onlooker);
  return onlooker.sightings;
}
