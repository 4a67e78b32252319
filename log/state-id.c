/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "log/state-id.h"

static int
parse_choice (const char *id, const char *text, const struct write_log *log, uint32_t point, struct choice *choice)
{
  uint64_t position;

  if ((*text != '+' && *text != '-') || parse_unsigned (text + 1, UINT32_MAX, &position) == -1) {
    error_message ("state %s: '%s' is not a choice: write +N or -N, as in 120:-98,+101", id, text);
    return -1;
  }
  uint32_t end = log_writes_until (log, (uint32_t) position);
  if (end == 0 || log->writes[end - 1].issue != position || position > point) {
    error_message ("state %s: no write is issued at position %ju of %s, or only after the crash point: see replay --list", id,
                   (uintmax_t) position, log->path);
    return -1;
  }
  *choice = (struct choice) { end - 1, *text == '+' ? CHOICE_PRESENT : CHOICE_ABSENT };
  return 0;
}

int
state_id_parse (const char *text, const struct write_log *log, uint32_t *point, struct choice **choices, size_t *count)
{
  CLEANUP_FREE char *copy = strdup (text);
  CLEANUP_FREE struct choice *result = calloc (strlen (text) + 1, sizeof *result);
  char *rest = copy, *word;
  uint64_t position;

  if (copy == NULL || result == NULL) {
    error_message ("out of memory");
    return -1;
  }
  word = strsep (&rest, ":");
  if (parse_unsigned (word, UINT32_MAX, &position) == -1) {
    error_message ("state %s: not a state id: write POINT:CHOICES, as in 120:-98,+101", text);
    return -1;
  }
  if (position >= log->event_count) {
    error_message ("state %s: %s has positions 0 to %u", text, log->path, log->event_count - 1);
    return -1;
  }
  *count = 0;
  if (rest && *rest == '\0')
    rest = NULL;                /* nothing behind the colon */
  while ((word = strsep (&rest, ",")) != NULL)
    if (parse_choice (text, word, log, (uint32_t) position, &result[(*count)++]) == -1)
      return -1;
  *point = (uint32_t) position;
  *choices = result;
  result = NULL;
  return 0;
}

char *
state_id_format (const struct write_log *log, uint32_t point, const struct choice *choices, size_t count)
{
  char *text = NULL, separator = ':';
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file == NULL)
    return NULL;
  fprintf (file, "%u", point);
  for (size_t i = 0; i < count; i++) {
    if (choices[i].kind == CHOICE_UNDECIDED)
      continue;
    fprintf (file, "%c%c%u", separator, choices[i].kind == CHOICE_PRESENT ? '+' : '-', log->writes[choices[i].write].issue);
    separator = ',';
  }
  if (fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}
