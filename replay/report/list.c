/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

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
#include "replay/search/state-counts.h"

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

/* STATES is the number of its states. */
static void
print_point (const struct write_log *log, const struct crash_point *point, const char *states, FILE *file)
{

  char expected[MOMENT_EXPECTS_SIZE];

  moment_expects (log, &point->moment, expected);
  fprintf (file, "-------- crash point %u: %u pending, %s %s%s%s", point->position, point->pending_count, states,
           plural_of_digits (states, "state", "states"), *expected ? ", " : "", expected);
  if (point->moment.step > 1)
    fprintf (file, " (step %u)", point->moment.step);
  putc ('\n', file);
}

/* Add up in SUM how many states there are.  Returns 0, or -1 with errno ENOMEM. */
static int
print_events (const struct state_counts *counts, const struct filter *filter, struct state_sum *sum, FILE *file)
{
  const struct write_log *log = counts->log;
  const struct crash_points *points = counts->points;
  struct log_cursor cursor;
  struct log_event event;
  size_t next = 0;

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    if (filter_lists (filter, &event))
      print_event (log, &event, file);
    if (next == points->count || points->points[next].position != event.position)
      continue;
    CLEANUP_FREE char *states = state_counts_add (counts, next, sum);
    if (states == NULL)
      return -1;
    if (filter_lists_point (filter, event.position))
      print_point (log, &points->points[next], states, file);
    next++;
  }
  return 0;
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

static int
list_points (const struct write_log *log, const struct tear *tear, const struct crash_points *points,
             const struct filter *filter, FILE *file)
{
  struct state_counts counts;
  struct state_sum sum;

  if (state_counts_build (&counts, log, points, tear) == -1)
    return -1;
  print_header (log, file);
  state_sum_begin (&sum);
  int r = print_events (&counts, filter, &sum, file);
  CLEANUP_FREE char *totals = list_totals (log, points), *states = r == 0 ? state_sum_text (&sum) : NULL;
  if (totals && states)
    fprintf (file, "%s, %s crash %s\n", totals, states, plural_of_digits (states, "state", "states"));
  state_sum_end (&sum);
  state_counts_free (&counts);
  return totals && states ? 0 : -1;
}

int
list_log (const struct write_log *log, const struct tear *tear, bool told, const struct filter *filter, FILE *file)
{
  struct crash_points points;
  int r = model_crash_points (log, told ? POINTS_TOLD : 0, &points);

  if (r == 0)
    r = list_points (log, tear, &points, filter, file);
  crash_points_free (&points);
  return r == 0 ? 0 : out_of_memory ();
}
