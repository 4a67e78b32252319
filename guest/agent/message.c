/* SPDX-License-Identifier: BSD-3-Clause */
/* Error messages of the guest's init: on the console, and in the answer to the host. */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/message.h"
#include "guest/agent/agent.h"

/* Of this thread alone: the threads that serve NBD devices have their own troubles. */
static _Thread_local char last_message[4096];

void
error_message (const char *format, ...)
{
  int saved_errno = errno;
  va_list args;

  va_start (args, format);
  errno = saved_errno;
  vsnprintf (last_message, sizeof last_message, format, args);
  va_end (args);
  fprintf (stderr, "%s: %s\n", program_invocation_short_name, last_message);
  errno = saved_errno;
}

const char *
message_last (void)
{
  return last_message;
}
