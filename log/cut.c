/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "log/checksum.h"
#include "log/cut.h"

/* Append a record of KIND with LENGTH bytes of TEXT at OFFSET, which is moved behind it. */
static bool
append (FILE *file, enum log_kind kind, uint64_t time, const char *text, uint32_t length, uint64_t *offset)
{
  static const char zeros[LOG_ALIGN];
  struct log_record record = { .time = htole64 (time), .kind = kind, .data_size = htole32 (length) };
  size_t padding = log_record_size (length) - sizeof record - length;

  record.checksum = htole64 (log_record_checksum (&record, log_data_hash (text, length), *offset));
  *offset += log_record_size (length);
  return fwrite (&record, sizeof record, 1, file) == 1 && fwrite (text, 1, length, file) == length
    && fwrite (zeros, 1, padding, file) == padding;
}

/* Append what stands for the events that are left out, which CURSOR is at the first of. */
static bool
append_rest (struct log_cursor *cursor, const char *kept, uint64_t time, FILE *file)
{
  uint64_t offset = cursor->file_offset;
  struct log_event event;
  bool written = append (file, LOG_MARK, time, "end", strlen ("end"), &offset);

  while (written && log_cursor_next (cursor, &event)) {
    const struct log_mark mark = { .length = event.record.data_size, .text = event.data };

    if (event.record.kind != LOG_MARK || !log_mark_is (&mark, kept, NULL, NULL))
      continue;
    time = event.record.time;
    written = append (file, LOG_MARK, time, mark.text, mark.length, &offset);
  }
  return written && append (file, LOG_END, time, "", 0, &offset);
}

int
log_cut (const struct write_log *log, uint32_t position, const char *kept, const char *path)
{
  struct log_event event = { .record.time = 0 };
  struct log_cursor cursor;
  FILE *file = fopen (path, "we");
  bool written;

  if (file == NULL) {
    error_message ("%s: %m", path);
    return -1;
  }
  log_cursor_begin (&cursor, log);
  while (cursor.position <= position && log_cursor_next (&cursor, &event)) {
    /* up to the first event that is left out */
  }
  written = fwrite (log->map, 1, cursor.file_offset, file) == cursor.file_offset
    && append_rest (&cursor, kept, event.record.time, file);
  written &= fclose (file) == 0;
  if (!written) {
    error_message ("%s: cannot write the log: %m", path);
    unlink (path);
  }
  return written ? 0 : -1;
}
