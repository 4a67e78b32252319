/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/unit/message.h"

char message[4096];
unsigned message_count;

void
error_message (const char *format, ...)
{
  int saved_errno = errno;
  va_list args;

  va_start (args, format);
  vsnprintf (message, sizeof message, format, args);
  va_end (args);
  message_count++;
  errno = saved_errno;
}

void
forget_messages (void)
{
  message[0] = '\0';
  message_count = 0;
}
