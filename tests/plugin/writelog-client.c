/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/plugin/log-text.h"
#include "tests/plugin/writelog-client.h"

struct write_log *
open_log (void)
{
  struct write_log *log = write_log_open ("log.bin");

  ck_assert_ptr_nonnull (log);
  ck_assert_msg (log->end == LOG_END_CLOSED, "the log ends with %d: %s", log->end, log->fault);
  return log;
}

void
stop_and_check_log (const char *expected)
{
  CLEANUP_FREE char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  server_stop ();
  struct write_log *log = open_log ();
  log_text_write (log, file);
  write_log_close (log);
  fclose (file);
  ck_assert_str_eq (text, expected);
}

void
replay (const struct write_log *log, unsigned device, char *image)
{
  struct log_cursor cursor;
  struct log_event event;

  memset (image, 0, log->device_sizes[device]);
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    const struct log_record *record = &event.record;

    if (record->device != device)
      continue;
    if (record->kind == LOG_WRITE)
      memcpy (image + record->offset, event.data, record->length);
    else if (record->kind == LOG_ZERO || record->kind == LOG_TRIM)
      memset (image + record->offset, 0, record->length);
  }
}
