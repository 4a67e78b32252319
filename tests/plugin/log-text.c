/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>

#include "common/escape.h"
#include "tests/plugin/log-text.h"

static const char *const kinds[] = {
  [LOG_WRITE] = "write", [LOG_ZERO] = "zero", [LOG_TRIM] = "trim", [LOG_FLUSH] = "flush", [LOG_COMPLETION] = "done",
  [LOG_MARK] = "mark",
};

static void
write_event (const struct log_event *event, FILE *to)
{
  const struct log_record *record = &event->record;

  if (record->kind != LOG_COMPLETION && record->kind != LOG_MARK)
    fprintf (to, "disk%u ", record->device);
  fprintf (to, "%s", kinds[record->kind]);
  if (record->kind == LOG_MARK) {
    fprintf (to, " ");
    print_safely (event->data, record->data_size, to);
  }
  else if (record->kind == LOG_COMPLETION)
    fprintf (to, " %" PRIu64, record->offset);
  else if (record->kind != LOG_FLUSH)
    fprintf (to, " %" PRIu64 " %" PRIu32, record->offset, record->length);
  if (record->kind == LOG_COMPLETION && record->length)
    fprintf (to, " %" PRIu32, record->length);
  fprintf (to, "%s%s%s\n", record->flags & LOG_FLAG_FUA ? " fua" : "",
           record->flags & LOG_FLAG_MAY_TRIM ? " may-trim" : "", record->flags & LOG_FLAG_PATH1 ? " path1" : "");
}

void
log_text_write (const struct write_log *log, FILE *to)
{
  struct log_cursor cursor;
  struct log_event event;

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    write_event (&event, to);
}
