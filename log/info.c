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

bool
log_is_disk_name (const char *name)
{
  const size_t length = strlen (name);

  return length > 0 && length <= LOG_DISK_NAME_MAX
    && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

void
log_disk_name (const struct write_log *log, unsigned device, char name[LOG_DISK_NAME_MAX + 1])
{
  const char *value = log_info (log, LOG_KEY_DISK);

  for (unsigned i = 0; value && i < device; i++)
    value = log_info_after (log, LOG_KEY_DISK, value);
  if (value && log_is_disk_name (value))
    strcpy (name, value);
  else
    snprintf (name, LOG_DISK_NAME_MAX + 1, "disk%u", device);
}
