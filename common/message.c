/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/message.h"
#include "common/printable.h"

void
error_message (const char *format, ...)
{
  int saved_errno = errno;
  char text[4096];
  va_list args;

  va_start (args, format);
  errno = saved_errno;
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  /* Names may come from strangers: it stays one line, and no command to the terminal. */
  make_safe (text);
  /* A progress line may stand on the terminal: clear it, so that the message has a line of its own. */
  fprintf (stderr, "%s%s: %s\n", isatty (2) ? "\r\033[K" : "", program_invocation_short_name, text);
  errno = saved_errno;
}
