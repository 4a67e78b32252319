/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths and messages made of parts. */
#ifndef POWERCUT_COMMON_TEXT_H
#define POWERCUT_COMMON_TEXT_H

#include <stdarg.h>
#include <stdio.h>

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

#endif
