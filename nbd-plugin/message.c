/* SPDX-License-Identifier: BSD-3-Clause */
/* In a plugin, errors go to nbdkit, which knows where its log is. */
#include <config.h>

#include <stdarg.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/message.h"

void
error_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  nbdkit_verror (format, args);
  va_end (args);
}
