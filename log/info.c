/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "log/info.h"

char *
log_info_text (const char *key, const char *value)
{
  char *text;

  return asprintf (&text, "%s=%s", key, value) == -1 ? NULL : text;
}

const char *
log_info_value (const char *text, const char *key)
{
  size_t length = strlen (key);

  return strncmp (text, key, length) == 0 && text[length] == '=' ? text + length + 1 : NULL;
}

/* A text's end is a NUL, and that of its value, too: so PREVIOUS may be either. */
const char *
log_info_next (const struct write_log *log, const char *previous)
{
  const char *text = previous ? previous + strlen (previous) + 1 : log->info;

  return text < log->info + log->info_size ? text : NULL;
}

const char *
log_info_after (const struct write_log *log, const char *key, const char *previous)
{
  const char *value = NULL;

  for (const char *text = previous; value == NULL && (text = log_info_next (log, text)) != NULL;)
    value = log_info_value (text, key);
  return value;
}

const char *
log_info (const struct write_log *log, const char *key)
{
  return log_info_after (log, key, NULL);
}
