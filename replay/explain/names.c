/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "replay/explain/names.h"

void
names_add (struct names *names, const char *format, ...)
{
  char *text;
  va_list args;

  va_start (args, format);
  if (vasprintf (&text, format, args) == -1)
    text = NULL;
  va_end (args);
  for (size_t i = 0; text && i < names->count; i++)
    if (strcmp (names->texts[i], text) == 0) {
      free (text);
      return;
    }
  if (text && names->count < NAMES_MAX) {
    names->texts[names->count++] = text;
    return;
  }
  names->more += text != NULL;
  free (text);
}

char *
names_join (struct names *names)
{
  struct text_stream text;
  FILE *file = names->count > 0 && text_begin (&text) ? text.file : NULL;

  for (size_t i = 0; i < names->count; i++) {
    if (file)
      fprintf (file, "%s%s", i > 0 ? "; " : "", names->texts[i]);
    free (names->texts[i]);
  }
  if (file && names->more > 0)
    fputs ("; ...", file);
  *names = (struct names) { .count = 0 };
  return file ? text_end (&text) : NULL;
}
