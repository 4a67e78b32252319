/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/copy.h"
#include "log/cut.h"
#include "log/files.h"
#include "log/info.h"

#define LEFT_OUT "powercut:left-out"    /* in place of a mark that the part does not have */

/* Whether TEXT, of the header, is about the checker. */
static bool
is_about_checker (const char *text)
{
  return log_info_value (text, LOG_KEY_CHECK) || log_info_value (text, LOG_KEY_INCLUDE);
}

/* The header: that of LOG, with the text CHECK, if it is not NULL, in place of what it says of the checker. */
static bool
append_header (struct log_copy *part, const struct write_log *log, const char *check)
{
  CLEANUP_FREE const char **info = calloc (log->info_size + 1, sizeof *info);
  size_t count = 0;

  if (info == NULL)
    return false;
  for (const char *text = NULL; (text = log_info_next (log, text)) != NULL;)
    if (check == NULL || !is_about_checker (text))
      info[count++] = text;
  if (check)
    info[count++] = check;
  return log_copy_header (part, log, info, count);
}

/* Append the events up to POSITION; CURSOR is behind them then. */
static bool
append_events (struct log_copy *part, struct log_cursor *cursor, uint32_t position, bool without_files)
{
  struct log_event event;
  const void *data;
  bool written = true;

  while (written && cursor->position <= position && log_cursor_next (cursor, &event)) {
    const struct log_mark mark = { .length = event.record.data_size, .text = event.data };

    part->time = event.record.time;
    if (without_files && event.record.kind == LOG_MARK && log_files_piece (&mark, &data) > 0)
      written = log_copy_mark (part, LEFT_OUT, strlen (LEFT_OUT));
    else
      written = log_copy_record (part, &event.record, event.data);
  }
  return written;
}

/* A log_files_put. */
static int
put_piece (void *part, const char *text, size_t length)
{
  return log_copy_mark (part, text, (uint32_t) length) ? 0 : -1;
}

static bool
append_all (struct log_copy *part, const struct write_log *log, uint32_t position, const char *kept,
            const struct log_checker *checker)
{
  CLEANUP_FREE char *check = NULL;
  struct log_cursor cursor;

  if (checker && (check = log_info_text (LOG_KEY_CHECK, checker->command)) == NULL)
    return false;
  log_cursor_begin (&cursor, log);
  return append_header (part, log, check) && append_events (part, &cursor, position, checker != NULL)
    && log_copy_rest (part, &cursor, kept) && (checker == NULL || log_files_read (checker->files, put_piece, part) == 0)
    && log_copy_record (part, &(struct log_record) { .kind = LOG_END, .time = part->time }, "");
}

int
log_cut (const struct write_log *log, uint32_t position, const char *kept, const struct log_checker *checker,
         const char *path)
{
  struct log_copy part = { .file = fopen (path, "we") };
  bool written;

  if (part.file == NULL) {
    error_message ("%s: %m", path);
    return -1;
  }
  written = append_all (&part, log, position, kept, checker);
  written &= fclose (part.file) == 0;
  if (!written) {
    error_message ("%s: cannot write the log: %m", path);
    unlink (path);
  }
  return written ? 0 : -1;
}
