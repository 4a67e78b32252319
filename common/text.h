/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths and messages made of parts, and parts of texts. */
#ifndef POWERCUT_COMMON_TEXT_H
#define POWERCUT_COMMON_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

/* The text that FORMAT gives, to free, or NULL after a message: out of memory. */
static inline char * __attribute__ ((format (printf, 1, 2)))
text_format (const char *format, ...)
{
  va_list args;
  char *text;

  va_start (args, format);
  int length = vasprintf (&text, format, args);
  va_end (args);
  if (length == -1) {
    out_of_memory ();
    return NULL;
  }
  return text;
}

/* The last line of TEXT that is not empty: where it begins; it has *length bytes. */
static inline const char *
text_last_line (const char *text, size_t *length)
{
  size_t end = strlen (text);

  while (end > 0 && text[end - 1] == '\n')
    end--;
  const char *newline = memrchr (text, '\n', end), *line = newline ? newline + 1 : text;
  *length = end - (size_t) (line - text);
  return line;
}

/* Likewise the first one. */
static inline const char *
text_first_line (const char *text, size_t *length)
{
  const char *line = text + strspn (text, "\n");

  *length = strcspn (line, "\n");
  return line;
}

static inline bool
text_ends_with (const char *text, const char *end)
{
  size_t length = strlen (text), end_length = strlen (end);

  return length >= end_length && strcmp (text + length - end_length, end) == 0;
}

/* Whether TEXT begins with one of COUNT texts. */
static inline bool
text_begins_with (const char *text, const char *const *beginnings, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strncmp (text, beginnings[i], strlen (beginnings[i])) == 0)
      return true;
  return false;
}

/* Whether WORD is one of those that stand in LIST (or NULL) with a BETWEEN between each two. */
static inline bool
text_lists (const char *list, char between, const char *word)
{
  size_t length = strlen (word);

  for (const char *at = list; at; at = strchr (at, between)) {
    at += *at == between;
    if (strncmp (at, word, length) == 0 && (at[length] == between || at[length] == '\0'))
      return true;
  }
  return false;
}

/* A text that is written as a file. */
struct text_stream {
  FILE *file;
  char *text;
  size_t length;
};

/* Begin a text that is empty; false if out of memory. */
static inline bool
text_begin (struct text_stream *stream)
{
  *stream = (struct text_stream) { NULL, NULL, 0 };
  stream->file = open_memstream (&stream->text, &stream->length);
  return stream->file != NULL;
}

/* The text that was written, `length` bytes, to free, or NULL if out of memory. */
static inline char *
text_end (struct text_stream *stream)
{
  if (fclose (stream->file) == 0)
    return stream->text;
  free (stream->text);
  return NULL;
}

#endif
