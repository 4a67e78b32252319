/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/plural.h"
#include "log/device.h"
#include "log/info.h"

#define WORDS_MAX 64            /* of a mark: longer ones are no recorder's of ours */

const char *
log_device (const struct write_log *log)
{
  const char *device = log_info (log, LOG_KEY_DEVICE);

  return device ? device : LOG_DEVICE_FAST;
}

const struct log_mark *
log_device_gave_up (const struct write_log *log)
{
  for (uint32_t i = 0; i < log->mark_count; i++) {
    const char *rest;
    size_t length;

    if (log_mark_is (&log->marks[i], LOG_MARK_DEVICE, &rest, &length) && length == strlen (LOG_DEVICE_FAST)
        && memcmp (rest, LOG_DEVICE_FAST, length) == 0)
      return &log->marks[i];
  }
  return NULL;
}

/* What it answered like, in LENGTH bytes from *words on: as the mark at the beginning of the update has it, which has
 * the time, too, or else as the header has it; nothing if that says nothing.
 */
static size_t
find_words (const struct write_log *log, const char **words)
{
  const char *device = log_info (log, LOG_KEY_DEVICE), *rest = NULL;
  size_t length = 0;

  if (log_find_mark (log, LOG_MARK_DEVICE, &rest, &length) == log_device_gave_up (log)) {
    rest = device ? device : "";
    length = strlen (rest);
  }
  *words = rest;
  return length < WORDS_MAX ? length : WORDS_MAX;
}

char *
log_device_describe (const struct write_log *log)
{
  const struct log_mark *gave_up = log_device_gave_up (log);
  const char *words;
  const int length = (int) find_words (log, &words);
  char *text, until[64] = "";

  if (length == 0 && log->in_flight_count == 0)
    return strdup ("");
  if (gave_up)
    snprintf (until, sizeof until, " until event %u (--hold-limit)", gave_up->position);
  return asprintf (&text, "%.*s%s%s%u %s met others in flight, at most %u at once", length, words, until,
                   length ? ": " : "", log->in_flight_count, plural (log->in_flight_count, "operation", "operations"),
                   log->in_flight_max) == -1 ? NULL : text;
}
