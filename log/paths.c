/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "common/text.h"
#include "log/info.h"
#include "log/paths.h"

unsigned
log_paths (const struct write_log *log)
{
  const char *text = log_info (log, LOG_KEY_PATHS);
  uint64_t count;

  return text && parse_unsigned (text, LOG_PATHS_MAX, &count) == 0 && count > 0 ? (unsigned) count : 1;
}

unsigned
log_path_of (uint8_t flags)
{
  return flags & LOG_FLAG_PATH1 ? 1 : 0;
}

/* Whether the text REST of LENGTH bytes is WORD, a space and the number of a path. */
static bool
names_path (const char *rest, size_t length, const char *word, unsigned *path)
{
  const size_t word_length = strlen (word);

  if (length != word_length + 2 || memcmp (rest, word, word_length) != 0 || rest[word_length] != ' ')
    return false;
  *path = (unsigned) (rest[word_length + 1] - '0');
  return *path < LOG_PATHS_MAX;
}

bool
log_path_change (const struct log_mark *mark, bool *down, unsigned *path)
{
  const char *rest;
  size_t length;

  if (!log_mark_is (mark, LOG_MARK_PATH, &rest, &length))
    return false;
  *down = names_path (rest, length, LOG_PATH_DOWN, path);
  return *down || names_path (rest, length, LOG_PATH_UP, path);
}

const struct log_mark *
log_path_cut (const struct write_log *log)
{
  bool down;
  unsigned path;

  for (uint32_t i = 0; i < log->mark_count; i++)
    if (log_path_change (&log->marks[i], &down, &path) && down)
      return &log->marks[i];
  return NULL;
}

char *
log_paths_describe (const struct write_log *log)
{
  struct text_stream text;
  bool down;
  unsigned path;

  if (!text_begin (&text))
    return NULL;
  if (log_paths (log) > 1)
    fprintf (text.file, "%u", log_paths (log));
  for (uint32_t i = 0; i < log->mark_count; i++)
    if (log_path_change (&log->marks[i], &down, &path))
      fprintf (text.file, ", path %u %s at event %u", path, down ? LOG_PATH_DOWN : LOG_PATH_UP, log->marks[i].position);
  return text_end (&text);
}
