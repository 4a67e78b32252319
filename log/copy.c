/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "log/copy.h"
#include "log/record.h"
#include "log/writer.h"

bool
log_copy_header (struct log_copy *copy, const struct write_log *log, const char *const *info, size_t count)
{
  size_t size;
  CLEANUP_FREE void *header = log_make_header (log->device_sizes, log->device_count, info, count, log->created, &size);

  copy->offset = size;
  return header && fwrite (header, 1, size, copy->file) == size;
}

bool
log_copy_record (struct log_copy *copy, const struct log_record *record, const void *data)
{
  static const char zeros[LOG_ALIGN];
  size_t padding = log_record_size (record->data_size) - sizeof *record - record->data_size;
  const struct log_record stored = log_record_to_file (record, data, copy->offset);

  copy->offset += log_record_size (record->data_size);
  return fwrite (&stored, sizeof stored, 1, copy->file) == 1
    && fwrite (data, 1, record->data_size, copy->file) == record->data_size
    && fwrite (zeros, 1, padding, copy->file) == padding;
}

bool
log_copy_mark (struct log_copy *copy, const char *text, uint32_t length)
{
  const struct log_record record = { .time = copy->time, .kind = LOG_MARK, .data_size = length };

  return log_copy_record (copy, &record, text);
}

bool
log_copy_rest (struct log_copy *copy, struct log_cursor *cursor, const char *kept)
{
  struct log_event event;
  bool written = log_copy_mark (copy, "end", strlen ("end"));

  while (written && log_cursor_next (cursor, &event)) {
    const struct log_mark mark = { .length = event.record.data_size, .text = event.data };

    if (event.record.kind == LOG_MARK && log_mark_is (&mark, kept, NULL, NULL)) {
      copy->time = event.record.time;
      written = log_copy_mark (copy, mark.text, mark.length);
    }
  }
  return written;
}
