/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "log/calls.h"

const char *
log_call_text (const struct log_mark *mark, size_t *length)
{
  const char *rest, *space;
  size_t rest_length;

  if (!log_mark_is (mark, LOG_CALL_MARK, &rest, &rest_length) || (space = memchr (rest, ' ', rest_length)) == NULL)
    return NULL;
  *length = rest_length - (size_t) (space + 1 - rest);
  return space + 1;
}
