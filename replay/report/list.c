/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <gmp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "log/calls.h"
#include "log/info.h"
#include "log/paths.h"
#include "log/record.h"
#include "replay/report/list.h"
#include "replay/search/big-number.h"

#define MARK_TEXT_MAX 60        /* characters of a mark that fit a line */
#define CALL_TEXT_MAX 200       /* of a system call */

static void
print_header (const struct write_log *log, FILE *file)
{
  fputs ("log ", file);
  print_safely (log->path, strlen (log->path), file);
  putc ('\n', file);
  for (size_t i = 0; i < log->device_count; i++)
    fprintf (file, "device %zu: %" PRIu64 " bytes\n", i, log->device_sizes[i]);
  for (const char *text = NULL; (text = log_info_next (log, text)) != NULL;) {
    fputs ("info ", file);
    print_safely (text, strlen (text), file);
    putc ('\n', file);
  }
  fprintf (file, "%8s %12s %3s %-10s %12s %8s\n", "POSITION", "SECONDS", "DEV", "EVENT", "OFFSET", "LENGTH");
}

static void
print_mark (const struct log_event *event, FILE *file)
{
  const struct log_mark mark = { .text = event->data, .length = event->record.data_size };
  size_t length = mark.length;
  const char *call = log_call_text (&mark, &length);
  const size_t most = call ? CALL_TEXT_MAX : MARK_TEXT_MAX;

  fputs (call ? "    call       " : "    mark       ", file);
  print_safely (call ? call : mark.text, length < most ? length : most, file);
  fputs (length > most ? "...\n" : "\n", file);
}

/* By which path RECORD came, if there is more than one. */
static void
print_path (const struct write_log *log, const struct log_record *record, FILE *file)
{
  if (log_paths (log) > 1)
    fprintf (file, " path %u", log_path_of (record->flags));
}

static void
print_event (const struct write_log *log, const struct log_event *event, FILE *file)
{
  static const char *const names[] = {
    [LOG_WRITE] = "write", [LOG_ZERO] = "zero", [LOG_TRIM] = "trim", [LOG_FLUSH] = "flush", [LOG_COMPLETION] = "done",
  };
  const struct log_record *record = &event->record;

  fprintf (file, "%8u %12.6f ", event->position, (double) record->time / 1e9);
  if (record->kind == LOG_MARK) {
    print_mark (event, file);
    return;
  }
  fprintf (file, "%3u %-10s ", record->device, names[record->kind]);
  if (record->kind == LOG_COMPLETION && record->length == 0)
    fprintf (file, "of %ju\n", (uintmax_t) record->offset);
  else if (record->kind == LOG_COMPLETION)
    fprintf (file, "of %ju, error: %s\n", (uintmax_t) record->offset, log_error_text (record->length));
  else {
    if (record->kind != LOG_FLUSH)
      fprintf (file, "%12ju %8u%s%s", (uintmax_t) record->offset, record->length,
               record->flags & LOG_FLAG_FUA ? " FUA" : "", record->flags & LOG_FLAG_MAY_TRIM ? " may-trim" : "");
    print_path (log, record, file);
    putc ('\n', file);
  }
}

static void
print_point (const struct write_log *log, const struct crash_points *points, const struct crash_point *point,
             const struct tear *tear, FILE *file)
{
  CLEANUP_FREE uint32_t *pending = crash_point_pending (points, point);

  char expected[MOMENT_EXPECTS_SIZE];
  mpz_t states;

  moment_expects (log, &point->moment, expected);
  mpz_init (states);
  model_count_states (log, point->position, pending, point->pending_count, tear, states);
  CLEANUP_FREE char *text = big_number_text (states, BIG_NUMBER_DIGITS);
  mpz_clear (states);
  fprintf (file, "-------- crash point %u: %u pending, %s %s%s%s", point->position, point->pending_count, text,
           plural_of_digits (text, "state", "states"), *expected ? ", " : "", expected);
  if (point->moment.step > 1)
    fprintf (file, " (step %u)", point->moment.step);
  putc ('\n', file);
}

/* The states of all crash points, as text to free; NULL after a message. */
static char *
count_all (const struct write_log *log, const struct crash_points *points, const struct tear *tear)
{
  char *text = NULL;
  mpz_t total, states;
  int r = 0;

  mpz_inits (total, states, NULL);
  for (size_t i = 0; i < points->count && r == 0; i++) {
    const struct crash_point *point = &points->points[i];
    CLEANUP_FREE uint32_t *pending = crash_point_pending (points, point);

    r = model_count_states (log, point->position, pending, point->pending_count, tear, states);
    mpz_add (total, total, states);
  }
  if (r == 0)
    text = big_number_text (total, BIG_NUMBER_DIGITS);
  mpz_clears (total, states, NULL);
  return text;
}

static void
print_events (const struct write_log *log, const struct crash_points *points, const struct tear *tear,
              const struct filter *filter, FILE *file)
{
  struct log_cursor cursor;
  struct log_event event;
  size_t next = 0;

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    if (filter_lists (filter, &event))
      print_event (log, &event, file);
    for (; next < points->count && points->points[next].position == event.position; next++)
      if (filter_lists_point (filter, event.position))
        print_point (log, points, &points->points[next], tear, file);
  }
}

char *
list_totals (const struct write_log *log, const struct crash_points *points)
{
  char *text;

  int length = asprintf (&text, "%u %s, %u %s, %u %s, %zu crash %s, at most %u pending",
                         log->event_count, plural (log->event_count, "event", "events"),
                         log->write_count, plural (log->write_count, "write", "writes"),
                         log->flush_count, plural (log->flush_count, "flush", "flushes"),
                         points->count, plural (points->count, "point", "points"), points->pending_max);

  return length == -1 ? NULL : text;
}

int
list_log (const struct write_log *log, const struct tear *tear, bool told, const struct filter *filter, FILE *file)
{
  struct crash_points points;

  if (model_crash_points (log, told ? POINTS_TOLD : 0, &points) == -1)
    return out_of_memory ();
  CLEANUP_FREE char *states = count_all (log, &points, tear);
  if (states) {
    print_header (log, file);
    print_events (log, &points, tear, filter, file);
    CLEANUP_FREE char *totals = list_totals (log, &points);

    fprintf (file, "%s, %s crash %s\n", totals ? totals : "", states, plural_of_digits (states, "state", "states"));
  }
  crash_points_free (&points);
  return states ? 0 : -1;
}
