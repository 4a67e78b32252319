/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because the model is in one place. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "log/info.h"
#include "replay/search/model.h"

/* Something that may add a crash point before it. */
struct stop {
  uint32_t position;
  enum { STOP_FLUSH, STOP_FUA, STOP_BEGIN, STOP_MARK } kind;
  uint32_t number;              /* of the flush or the write */
};

/* What the marks up to some position say. */
struct passed {
  const struct write_log *log;
  uint32_t steps;               /* that there are in all */
  bool workload;                /* the log has one */
  uint32_t next_mark;           /* the first that is not passed */
  struct moment moment;
};

/* The walk over the stops. */
struct walk {
  const struct write_log *log;
  struct crash_points *points;
  uint32_t first, last;
  struct passed passed;         /* until the last point */
  uint32_t next_write;          /* the next one to be issued */
  uint32_t *pending;            /* room for all writes */
  uint32_t pending_count;
};

bool
model_is_durable (const struct write_log *log, uint32_t write, uint32_t position)
{
  const struct log_write *w = &log->writes[write];

  if (w->completion == LOG_NEVER || w->flags & LOG_DOUBTED)
    return false;
  if (w->flags & LOG_FLAG_FUA && w->completion <= position)
    return true;
  for (uint32_t i = 0; i < log->flush_count; i++) {
    const struct log_flush *flush = &log->flushes[i];

    if (flush->device == w->device && flush->completion != LOG_NEVER && flush->completion <= position
        && w->completion < flush->issue)
      return true;
  }
  return false;
}

/* The latest completion first. */
static int
compare_completions (const void *left, const void *right, void *writes)
{
  uint32_t a = ((const struct log_write *) writes)[*(const uint32_t *) left].completion;
  uint32_t b = ((const struct log_write *) writes)[*(const uint32_t *) right].completion;

  return a > b ? -1 : a < b;
}

/* Each write of ORDER, the latest completion first, with the flushes that are issued after it: SOONEST is when the
 * first of them is complete, for each device.
 */
static void
sweep_flushes (const struct write_log *log, const uint32_t *order, uint32_t *durable)
{
  uint32_t soonest[LOG_DEVICES_MAX], next = log->flush_count;

  memset (soonest, 0xff, sizeof soonest);       /* LOG_NEVER */
  for (uint32_t i = 0; i < log->write_count; i++) {
    const struct log_write *write = &log->writes[order[i]];

    durable[order[i]] = LOG_NEVER;
    if (write->completion == LOG_NEVER || write->flags & LOG_DOUBTED)
      continue;
    for (; next > 0 && log->flushes[next - 1].issue > write->completion; next--)
      if (log->flushes[next - 1].completion < soonest[log->flushes[next - 1].device])
        soonest[log->flushes[next - 1].device] = log->flushes[next - 1].completion;
    durable[order[i]] = write->flags & LOG_FLAG_FUA ? write->completion : soonest[write->device];
  }
}

uint32_t *
model_durable_from (const struct write_log *log)
{
  size_t room = log->write_count ? log->write_count : 1;
  uint32_t *durable = calloc (room, sizeof *durable), *order = calloc (room, sizeof *order);

  if (durable && order) {
    for (uint32_t i = 0; i < log->write_count; i++)
      order[i] = i;
    qsort_r (order, log->write_count, sizeof *order, compare_completions, log->writes);
    sweep_flushes (log, order, durable);
  }
  else {
    free (durable);
    durable = NULL;
  }
  free (order);
  return durable;
}

void
point_expects (const struct write_log *log, const struct crash_point *point, char text[POINT_EXPECTS_SIZE])
{
  static const char *const trees[] = { [PHASE_UNKNOWN] = "", [PHASE_UPDATE] = "old or new", [PHASE_COMMITTED] = "new" };

  if (log_info (log, LOG_KEY_WORKLOAD) == NULL)
    snprintf (text, POINT_EXPECTS_SIZE, "%s", trees[point->moment.phase]);
  else if (point->moment.beside > 0)
    snprintf (text, POINT_EXPECTS_SIZE, "operations %u and %u have returned", point->moment.beside,
              point->moment.operation);
  else if (point->moment.operation > 0)
    snprintf (text, POINT_EXPECTS_SIZE, "operation %u has returned", point->moment.operation);
  else
    *text = '\0';
}

int64_t
model_pending (const struct write_log *log, uint32_t position, uint32_t **pending)
{
  uint32_t issued = log_writes_until (log, position), count = 0;

  *pending = calloc (issued ? issued : 1, sizeof **pending);
  if (*pending == NULL)
    return -1;
  for (uint32_t write = 0; write < issued; write++)
    if (!model_is_durable (log, write, position))
      (*pending)[count++] = write;
  return count;
}

static int
compare_numbers (const void *left, const void *right)
{
  uint32_t a = *(const uint32_t *) left, b = *(const uint32_t *) right;

  return a < b ? -1 : a > b;
}

const uint32_t *
model_find_pending (const uint32_t *pending, uint32_t count, uint32_t write)
{
  return bsearch (&write, pending, count, sizeof write, compare_numbers);
}

void
model_multiply_orders (const struct write_log *log, uint32_t position, const struct order *orders, mpz_t states)
{
  uint32_t issued = log_writes_until (log, position);

  for (size_t i = 0; i < log->orders.count; i++) {
    const struct order_group *group = &log->orders.groups[i];
    unsigned count = 0;

    while (count < group->count && group->writes[count] < issued)
      count++;
    mpz_mul_ui (states, states, order_count (group, &orders[i], count));
  }
}

static int
multiply_all_orders (const struct write_log *log, uint32_t position, mpz_t states)
{
  CLEANUP_FREE struct order *orders = calloc (log->orders.count + 1, sizeof *orders);

  if (orders == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < log->orders.count; i++)
    orders[i] = order_begin (&log->orders.groups[i]);
  model_multiply_orders (log, position, orders, states);
  return 0;
}

int
model_count_states (const struct write_log *log, uint32_t position, const uint32_t *pending, uint32_t count,
                    const struct tear *tear, mpz_t states)
{
  mp_bitcnt_t bits = 0;

  mpz_set_ui (states, 1);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t pieces = tear_pieces (tear, &log->writes[pending[i]]);

    if (tear->mode == TEAR_PREFIX)
      mpz_mul_ui (states, states, (unsigned long) pieces + 1);
    else
      bits += pieces;
  }
  if (bits > MODEL_STATES_BITS) {
    error_message ("%s: %ju sectors of pending writes may be torn at one crash point: see --atomic, and --tear=prefix",
                   log->path, (uintmax_t) bits);
    return -1;
  }
  mpz_mul_2exp (states, states, bits);
  return multiply_all_orders (log, position, states);
}

/* How many steps the recorder says that it made; programs may write marks of the same names. */
static uint32_t
count_steps (const struct write_log *log)
{
  const char *text = log_info (log, LOG_KEY_STEPS);
  uint64_t steps = 1;

  if (text)
    parse_unsigned (text, UINT32_MAX, &steps);
  return (uint32_t) steps;
}

static struct passed
no_mark_passed (const struct write_log *log)
{
  return (struct passed) { .log = log, .steps = count_steps (log), .workload = log_info (log, LOG_KEY_WORKLOAD) != NULL,
                           .moment = { PHASE_UNKNOWN, 0, 0, 0 } };
}

/* The N of a mark `op N` or `op N beside M`, or 0, and M, or 0, in *beside. */
static uint32_t
operation_of (const struct log_mark *mark, uint32_t *beside)
{
  const char *text;
  size_t length;
  uint64_t number = 0, other = 0;
  char words[40], *rest = words;

  *beside = 0;
  if (!log_mark_is (mark, "op", &text, &length) || length >= sizeof words)
    return 0;
  memcpy (words, text, length);
  words[length] = '\0';
  parse_unsigned (strsep (&rest, " "), UINT32_MAX, &number);
  if (rest && strncmp (rest, "beside ", strlen ("beside ")) == 0)
    parse_unsigned (rest + strlen ("beside "), UINT32_MAX, &other);
  *beside = (uint32_t) other;
  return (uint32_t) number;
}

/* Let MARK change what is expected; false if it does not. */
static bool
pass_mark (struct passed *passed, const struct log_mark *mark)
{
  struct moment *moment = &passed->moment;

  if (moment->phase != PHASE_UPDATE && moment->step < passed->steps && log_mark_is (mark, "begin", NULL, NULL)) {
    moment->phase = PHASE_UPDATE;
    moment->step++;
    return true;
  }
  if (moment->phase != PHASE_UPDATE)
    return false;
  if (log_mark_is (mark, "commit", NULL, NULL)) {
    moment->phase = PHASE_COMMITTED;
    return true;
  }
  uint32_t beside = 0, operation = passed->workload ? operation_of (mark, &beside) : 0;
  if (operation < moment->operation || (operation == moment->operation && beside <= moment->beside))
    return false;
  moment->operation = operation;
  moment->beside = beside;
  return true;
}

/* Pass all marks up to POSITION that were not yet. */
static struct moment
pass_marks (struct passed *passed, uint32_t position)
{
  const struct write_log *log = passed->log;

  for (; passed->next_mark < log->mark_count && log->marks[passed->next_mark].position <= position; passed->next_mark++)
    pass_mark (passed, &log->marks[passed->next_mark]);
  return passed->moment;
}

struct moment
model_moment (const struct write_log *log, uint32_t position)
{
  struct passed passed = no_mark_passed (log);

  return pass_marks (&passed, position);
}

int
model_range (const struct write_log *log, uint32_t *first, uint32_t *last)
{
  const struct log_mark *begin = log_find_mark (log, "begin", NULL, NULL);
  const struct log_mark *end = log_find_mark (log, "end", NULL, NULL);

  if (log->event_count == 0)
    return -1;
  if (begin == NULL)
    begin = log_find_mark (log, "base", NULL, NULL);
  *first = begin ? begin->position : 0;
  *last = end && end->position > *first ? end->position - 1 : log->event_count - 1;
  return 0;
}

static int
compare_stops (const void *left, const void *right)
{
  const struct stop *a = left, *b = right;

  return a->position < b->position ? -1 : a->position > b->position;
}

/* Add to STOPS, COUNT of them, the marks that change what is expected; with TOLD, the other public ones, too. */
static void
add_marks (const struct write_log *log, bool told, struct stop *stops, size_t *count)
{
  struct passed passed = no_mark_passed (log);

  for (uint32_t i = 0; i < log->mark_count; i++) {
    const struct log_mark *mark = &log->marks[i];

    if (pass_mark (&passed, mark) || (told && log_mark_is_public (mark)))
      stops[(*count)++] = (struct stop) {
        mark->position, log_mark_is (mark, "begin", NULL, NULL) ? STOP_BEGIN : STOP_MARK, 0
      };
  }
}

/* All stops of the log, by position, to free. */
static struct stop *
find_stops (const struct write_log *log, bool told, size_t *count)
{
  struct stop *stops = calloc ((size_t) log->flush_count + log->write_count + log->mark_count + 1, sizeof *stops);

  *count = 0;
  if (stops == NULL)
    return NULL;
  for (uint32_t i = 0; i < log->flush_count; i++)
    if (log->flushes[i].completion != LOG_NEVER)
      stops[(*count)++] = (struct stop) { log->flushes[i].completion, STOP_FLUSH, i };
  for (uint32_t i = 0; i < log->write_count; i++)
    if (log->writes[i].flags & LOG_FLAG_FUA && log->writes[i].completion != LOG_NEVER)
      stops[(*count)++] = (struct stop) { log->writes[i].completion, STOP_FUA, i };
  add_marks (log, told, stops, count);
  qsort (stops, *count, sizeof *stops, compare_stops);
  return stops;
}

/* Every write issued at POSITION or before that was not yet, becomes pending. */
static void
issue_until (struct walk *walk, uint32_t position)
{
  for (; walk->next_write < walk->log->write_count && walk->log->writes[walk->next_write].issue <= position;
       walk->next_write++)
    walk->pending[walk->pending_count++] = walk->next_write;
}

static bool
makes_durable (const struct write_log *log, const struct stop *stop, uint32_t write)
{
  const struct log_write *w = &log->writes[write];

  if (w->flags & LOG_DOUBTED)
    return false;
  if (stop->kind == STOP_FUA)
    return stop->number == write;
  return stop->kind == STOP_FLUSH && w->device == log->flushes[stop->number].device && w->completion != LOG_NEVER
    && w->completion < log->flushes[stop->number].issue;
}

static int
add_point (struct walk *walk, uint32_t position)
{
  struct crash_points *points = walk->points;
  struct crash_point *point;

  if (points->count > 0 && points->points[points->count - 1].position == position)
    return 0;                   /* the log ends with `commit` */
  point = array_add (points->points, points->count);
  if (point == NULL)
    return -1;
  *point = (struct crash_point) {
    .position = position, .moment = pass_marks (&walk->passed, position), .pending_count = walk->pending_count,
    .pending = calloc (walk->pending_count ? walk->pending_count : 1, sizeof *point->pending)
  };
  if (point->pending == NULL)
    return -1;
  if (point->pending_count > 0)
    memcpy (point->pending, walk->pending, point->pending_count * sizeof *point->pending);
  if (point->pending_count > points->pending_max)
    points->pending_max = point->pending_count;
  return 0;
}

/* Pass one stop: add the crash point before it if it changes something, and take what it makes durable off the pending.
 */
static int
pass_stop (struct walk *walk, const struct stop *stop, bool prefixes)
{
  uint32_t kept = 0;

  if (stop->position == 0)
    return 0;
  issue_until (walk, stop->position - 1);
  for (uint32_t i = 0; i < walk->pending_count; i++)
    kept += !makes_durable (walk->log, stop, walk->pending[i]);
  if (!prefixes && stop->position > walk->first && (stop->kind >= STOP_BEGIN || kept < walk->pending_count)
      && add_point (walk, stop->position - 1) == -1)
    return -1;
  if (prefixes && stop->kind == STOP_MARK && stop->position >= walk->first && add_point (walk, stop->position) == -1)
    return -1;
  kept = 0;
  for (uint32_t i = 0; i < walk->pending_count; i++)
    if (!makes_durable (walk->log, stop, walk->pending[i]))
      walk->pending[kept++] = walk->pending[i];
  walk->pending_count = kept;
  return 0;
}

/* Add a point at the issue of each write from the first explored position up to POSITION, excluded. */
static int
add_prefixes (struct walk *walk, uint32_t position)
{
  for (; walk->next_write < walk->log->write_count && walk->log->writes[walk->next_write].issue < position;) {
    uint32_t issue = walk->log->writes[walk->next_write].issue;

    issue_until (walk, issue);
    if (issue >= walk->first && add_point (walk, issue) == -1)
      return -1;
  }
  return 0;
}

static int
walk_stops (struct walk *walk, const struct stop *stops, size_t count, bool prefixes)
{
  for (size_t i = 0; i < count && stops[i].position <= walk->last; i++) {
    if (prefixes && add_prefixes (walk, stops[i].position) == -1)
      return -1;
    if (pass_stop (walk, &stops[i], prefixes) == -1)
      return -1;
  }
  if (prefixes && add_prefixes (walk, walk->last) == -1)
    return -1;
  issue_until (walk, walk->last);
  return add_point (walk, walk->last);
}

int
model_crash_points (const struct write_log *log, unsigned which, struct crash_points *points)
{
  struct walk walk = { .log = log, .points = points, .passed = no_mark_passed (log) };
  struct stop *stops;
  size_t count;
  int r = -1;

  memset (points, 0, sizeof *points);
  if (model_range (log, &walk.first, &walk.last) == -1)
    return 0;
  stops = find_stops (log, which & POINTS_TOLD, &count);
  walk.pending = calloc (log->write_count ? log->write_count : 1, sizeof *walk.pending);
  if (stops && walk.pending)
    r = walk_stops (&walk, stops, count, which & POINTS_PREFIXES);
  free (stops);
  free (walk.pending);
  if (r == -1)
    crash_points_free (points);
  return r;
}

static void
free_pending (struct crash_point *point)
{
  free (point->pending);
}

void
crash_points_free (struct crash_points *points)
{
  array_free (points->points, points->count, free_pending);
}
