/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/text.h"
#include "log/calls.h"
#include "log/info.h"

char *
log_calls_describe (const struct write_log *log)
{
  const char *background = log_info (log, LOG_KEY_BACKGROUND), *number;
  size_t length;

  if (background == NULL || strcmp (background, "none") == 0)
    return text_format ("%s", "");
  if (!log_find_mark (log, LOG_CALLS_LEFT_MARK, &number, &length))
    return text_format ("%s", background);
  return text_format ("%s, from call %.*s on not after each", background, (int) length, number);
}

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
