/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "log/calls.h"
#include "log/device.h"
#include "log/info.h"
#include "log/paths.h"
#include "log/record.h"
#include "replay/explain/reason.h"
#include "replay/report/dump.h"
#include "replay/report/list.h"
#include "replay/search/crash-points.h"

#define LINE_MAX_BYTES 4096     /* no terminal is wider */

struct dump {
  const struct write_log *log;
  const struct dump_style *style;
  FILE *file;
  const uint32_t *durable;      /* from where on each write is */
  int position_width;
  uint32_t next_write, next_flush;      /* those to be issued next */
};

/* A line in the making: text as it is printed, without its colour. */
struct dump_line {
  char text[LINE_MAX_BYTES];
  size_t length;
};

static void __attribute__ ((format (printf, 2, 3)))
add (struct dump_line *line, const char *format, ...)
{
  size_t room = sizeof line->text - line->length;
  va_list args;

  va_start (args, format);
  int wanted = vsnprintf (line->text + line->length, room, format, args);
  va_end (args);
  if (wanted > 0)
    line->length += (size_t) wanted < room ? (size_t) wanted : room - 1;
}

/* Print LINE, cut to the width, in the colour (the number of an ECMA-48 rendition, or NULL) if there are colours. */
static void
print_line (const struct dump *dump, const struct dump_line *line, const char *colour)
{
  const struct dump_style *style = dump->style;
  bool cut = line->length > style->width;
  bool coloured = style->colours && colour;

  if (coloured)
    fprintf (dump->file, "\033[%sm", colour);
  print_safely (line->text, cut ? style->width - 3 : line->length, dump->file);
  fprintf (dump->file, "%s%s\n", cut ? "..." : "", coloured ? "\033[0m" : "");
}

/* Bytes, a multiple of 512, as `4K` or `0.5K`. */
static void
add_kibibytes (struct dump_line *line, int width, uint64_t bytes)
{
  char text[32];

  snprintf (text, sizeof text, "%" PRIu64 "%sK", bytes >> 10, bytes & 1023 ? ".5" : "");
  add (line, "%*s", width, text);
}

static const char *
word_or (const char *text, const char *otherwise)
{
  return text ? text : otherwise;
}

static void
print_command (const struct dump *dump)
{
  struct dump_line line = { .length = 0 };
  const char *word = NULL;

  while ((word = log_info_after (dump->log, LOG_KEY_COMMAND, word)) != NULL)
    add (&line, "%s%s", line.length == 0 ? "command: " : " ", word);
  if (line.length > 0)
    print_line (dump, &line, NULL);
}

/* NAME and TEXT, if there is something to say. */
static void
print_said (const struct dump *dump, const char *name, const char *text)
{
  struct dump_line line = { .length = 0 };

  if (text == NULL || *text == '\0')
    return;
  add (&line, "%s: %s", name, text);
  print_line (dump, &line, NULL);
}

/* How the device answered, and what the rest of the system did. */
static void
print_schedule (const struct dump *dump)
{
  CLEANUP_FREE char *device = log_device_describe (dump->log), *paths = log_paths_describe (dump->log);
  CLEANUP_FREE char *background = log_calls_describe (dump->log);

  print_said (dump, "device", device);
  print_said (dump, "paths", paths);
  print_said (dump, "background", background);
}

static void
print_header (const struct dump *dump)
{
  const struct write_log *log = dump->log;
  time_t created = (time_t) (log->created / 1000000000);
  struct dump_line line = { .length = 0 };
  const char *options = log_info (log, LOG_KEY_MOUNT);
  struct tm broken;
  char date[32];

  strftime (date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", gmtime_r (&created, &broken));
  add (&line, "%s: %s%s%s, kernel %s", log->path, word_or (log_info (log, LOG_KEY_FILESYSTEM), "no file system named"),
       options && *options ? " with " : "", word_or (options, ""), word_or (log_info (log, LOG_KEY_KERNEL), "unknown"));
  print_line (dump, &line, "1");
  line.length = 0;
  add (&line, "recorded: %s", date);
  print_line (dump, &line, NULL);
  for (size_t i = 0; i < log->device_count; i++) {
    char name[LOG_DISK_NAME_MAX + 1];

    line.length = 0;
    log_disk_name (log, (unsigned) i, name);
    add (&line, "%s: ", name);
    add_kibibytes (&line, 0, log->device_sizes[i]);
    print_line (dump, &line, NULL);
  }
  print_schedule (dump);
  print_command (dump);
  line.length = 0;
  add (&line, "%*s %11s %s%-9s %11s %7s  %s", dump->position_width, "POS", "SECONDS",
       log->device_count > 1 ? "DEV " : "", "EVENT",
       "OFFSET", "LENGTH", "THEN");
  print_line (dump, &line, "4");
}

/* What every event begins with. */
static void
add_place (const struct dump *dump, struct dump_line *line, const struct log_event *event)
{
  add (line, "%*u %11.6f ", dump->position_width, event->position, (double) event->record.time / 1e9);
  if (dump->log->device_count > 1 && event->record.kind == LOG_MARK)
    add (line, "    ");
  else if (dump->log->device_count > 1)
    add (line, "%3u ", event->record.device);
}

/* What became of an operation: FATE as `done 14`. */
static void
add_fate (struct dump_line *line, uint32_t completion, bool failed)
{
  if (completion != LOG_NEVER)
    add (line, "  done %u", completion);
  else
    add (line, failed ? "  failed" : "  never done");
}

/* By which path RECORD came, if there is more than one. */
static void
add_path (const struct dump *dump, struct dump_line *line, const struct log_record *record)
{
  if (log_paths (dump->log) > 1)
    add (line, ", path %u", log_path_of (record->flags));
}

static void
print_operation (struct dump *dump, const struct log_event *event, bool listed)
{
  static const char *const colours[] = { [LOG_WRITE] = NULL, [LOG_ZERO] = "34", [LOG_TRIM] = "34" };
  const struct log_record *record = &event->record;
  const struct log_write *write = &dump->log->writes[dump->next_write];
  uint32_t durable = dump->durable[dump->next_write++];
  bool fua = (record->flags & LOG_FLAG_FUA) != 0;
  struct dump_line line = { .length = 0 };

  if (!listed)
    return;
  add_place (dump, &line, event);
  add (&line, "%-5s %-3s ", reason_kind_name (write), fua ? "FUA" : "");
  add_kibibytes (&line, 11, record->offset);
  add_kibibytes (&line, 8, record->length);
  add_fate (&line, write->completion, (write->flags & LOG_FAILED) != 0);
  if (durable != LOG_NEVER && !fua)
    add (&line, ", durable %u", durable);
  add_path (dump, &line, record);
  print_line (dump, &line, durable == LOG_NEVER ? "31" : fua ? "33" : colours[record->kind]);
}

static void
print_flush (struct dump *dump, const struct log_event *event, bool listed)
{
  const struct log_flush *flush = &dump->log->flushes[dump->next_flush++];
  struct dump_line line = { .length = 0 };

  if (!listed)
    return;
  add_place (dump, &line, event);
  add (&line, "%-29s", "flush");
  add_fate (&line, flush->completion, flush->failed);
  add_path (dump, &line, &event->record);
  print_line (dump, &line, "32");
}

/* Of powercut's own marks, which hold trees, the name; but the whole text of a system call, or of one about a path. */
static void
add_mark (struct dump_line *line, const char *text, uint32_t length)
{
  const struct log_mark mark = { .text = text, .length = length };
  const char *space = memchr (text, ' ', length), *call;
  size_t call_length;

  if ((call = log_call_text (&mark, &call_length)) != NULL)
    add (line, "call      %.*s", (int) (call_length < LINE_MAX_BYTES ? call_length : LINE_MAX_BYTES), call);
  else if (space && !log_mark_is_public (&mark) && !log_mark_is (&mark, LOG_MARK_PATH, NULL, NULL))
    add (line, "mark      %.*s (%u bytes)", (int) (space - text), text, length);
  else
    add (line, "mark      %.*s", (int) (length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES), text);
}

static void
print_other (const struct dump *dump, const struct log_event *event)
{
  const struct log_record *record = &event->record;
  struct dump_line line = { .length = 0 };

  add_place (dump, &line, event);
  if (record->kind == LOG_MARK)
    add_mark (&line, event->data, record->data_size);
  else if (record->length == 0)
    add (&line, "done      of %ju", (uintmax_t) record->offset);
  else
    add (&line, "done      of %ju, error: %s", (uintmax_t) record->offset, log_error_text (record->length));
  print_line (dump, &line, record->kind == LOG_MARK ? "1;35" : "2");
}

static void
print_point (const struct dump *dump, const struct crash_point *point)
{
  char expected[MOMENT_EXPECTS_SIZE];
  struct dump_line line = { .length = 0 };

  moment_expects (dump->log, &point->moment, expected);
  add (&line, "%*u ----------- crash point: %u pending%s%s", dump->position_width, point->position,
       point->pending_count,
       *expected ? ", expected: " : "", expected);
  if (point->moment.step > 1)
    add (&line, " (step %u)", point->moment.step);
  print_line (dump, &line, "36");
}

static void
print_event (struct dump *dump, const struct filter *filter, const struct log_event *event)
{
  bool listed = filter_lists (filter, event);

  switch (event->record.kind) {
  case LOG_WRITE:
  case LOG_ZERO:
  case LOG_TRIM:
    print_operation (dump, event, listed);
    return;
  case LOG_FLUSH:
    print_flush (dump, event, listed);
    return;
  default:
    if (listed)
      print_other (dump, event);
  }
}

static void
print_events (struct dump *dump, const struct filter *filter, const struct crash_points *points)
{
  struct log_cursor cursor;
  struct log_event event;
  size_t next = 0;

  log_cursor_begin (&cursor, dump->log);
  while (log_cursor_next (&cursor, &event)) {
    print_event (dump, filter, &event);
    for (; next < points->count && points->points[next].position == event.position; next++)
      if (filter_lists_point (filter, event.position))
        print_point (dump, &points->points[next]);
  }
}

int
dump_log (const struct write_log *log, const struct filter *filter, const struct dump_style *style, FILE *file)
{
  struct dump dump = { .log = log, .style = style, .file = file };
  struct dump_line totals = { .length = 0 };
  struct crash_points points;

  if (model_crash_points (log, log_info (log, LOG_KEY_CHECK) ? POINTS_TOLD : 0, &points) == -1)
    return out_of_memory ();
  dump.durable = pending_index_durable (&points.pending);
  dump.position_width = snprintf (NULL, 0, "%u", log->event_count);
  if (dump.position_width < 3)
    dump.position_width = 3;
  print_header (&dump);
  print_events (&dump, filter, &points);
  CLEANUP_FREE char *counts = list_totals (log, &points);
  add (&totals, "%s", counts ? counts : "");
  print_line (&dump, &totals, "1");
  crash_points_free (&points);
  return 0;
}
