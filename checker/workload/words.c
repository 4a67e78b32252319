/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/workload/words.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/printable.h"

int
refuse_with (const struct text_place *place, const char *format, va_list args)
{
  CLEANUP_FREE char *text = NULL, *safe = NULL;

  if (vasprintf (&text, format, args) == -1)
    text = NULL;
  safe = text ? safe_text (text) : NULL;
  error_message ("%s:%u: %s%s%s", place->name, place->line, place->verb ? place->verb : "", place->verb ? " " : "",
                 safe ? safe : "out of memory");
  return -1;
}

int
refuse (const struct text_place *place, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  refuse_with (place, format, args);
  va_end (args);
  return -1;
}

int
refuse_memory (const struct text_place *place)
{
  return refuse (place, "out of memory");
}

char *
next_word (char **text)
{
  char *word = *text + strspn (*text, BLANKS);

  if (*word == '\0')
    return NULL;
  *text = word + strcspn (word, BLANKS);
  if (**text)
    *(*text)++ = '\0';
  *text += strspn (*text, BLANKS);
  return word;
}
