/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/text.h"
#include "log/reader.h"
#include "record/server.h"
#include "record/setup-marks.h"

char *
setup_marks_read (const char *path)
{
  struct write_log *log = write_log_open (path);
  struct text_stream text;
  char *marks = NULL;

  if (log && text_begin (&text)) {
    for (uint32_t i = 1; i < log->mark_count; i++) {
      escape_word (log->marks[i].text, log->marks[i].length, text.file);
      putc ('\n', text.file);
    }
    marks = text_end (&text);
  }
  if (log && marks == NULL)
    out_of_memory ();
  write_log_close (log);
  return marks;
}

int
setup_marks_write (struct recorder *recorder, const char *marks)
{
  CLEANUP_FREE char *copy = text_format ("%s", marks);
  char *rest = copy, *mark;
  int r = copy ? 0 : -1;

  while (r == 0 && (mark = strsep (&rest, "\n")) != NULL) {
    const ssize_t length = unescape_word (mark);

    if (length > 0)
      r = server_mark_text (recorder, mark, (size_t) length);
  }
  return r;
}
