/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "log/state-id.h"

/* FIRST, FIRST- or FIRST-LAST, sectors of WRITE. */
static int
parse_sectors (char *text, const struct log_write *write, struct choice *choice)
{
  char *dash = strchr (text, '-');
  uint64_t first, last;

  if (dash)
    *dash++ = '\0';
  if (parse_unsigned (text, write_last_sector (write), &first) == -1)
    return -1;
  last = dash ? write_last_sector (write) : first;
  if (dash && *dash && parse_unsigned (dash, write_last_sector (write), &last) == -1)
    return -1;
  choice->first = (uint32_t) first;
  choice->last = (uint32_t) last;
  return first <= last ? 0 : -1;
}

/* TEXT is changed. */
static int
parse_choice (const char *id, char *text, const struct write_log *log, uint32_t point, struct choice *choice)
{
  char *sectors = strchr (text, '/');
  uint64_t position;

  if (sectors)
    *sectors++ = '\0';
  if ((*text != '+' && *text != '-') || parse_unsigned (text + 1, UINT32_MAX, &position) == -1) {
    error_message ("state %s: '%s' is not a choice: write +N or -N, as in 120:-98,+101", id, text);
    return -1;
  }
  uint32_t end = log_writes_until (log, (uint32_t) position);
  if (end == 0 || log->writes[end - 1].issue != position || position > point) {
    error_message ("state %s: no write is issued at position %ju of %s, or only after the crash point: "
                   "see replay --list", id,
                   (uintmax_t) position, log->path);
    return -1;
  }
  *choice = choice_whole (end - 1, *text == '+' ? CHOICE_PRESENT : CHOICE_ABSENT);
  if (sectors && parse_sectors (sectors, &log->writes[end - 1], choice) == -1) {
    error_message ("state %s: the write at %ju has sectors 0 to %u: write /FIRST-LAST, as in -98/3-7", id,
                   (uintmax_t) position, write_last_sector (&log->writes[end - 1]));
    return -1;
  }
  return 0;
}

int
state_id_parse (const char *text, const struct write_log *log, uint32_t *point, struct choice **choices, size_t *count)
{
  CLEANUP_FREE char *copy = strdup (text);
  CLEANUP_FREE struct choice *result = calloc (strlen (text) + 1, sizeof *result);
  char *rest = copy, *word;
  uint64_t position;

  if (copy == NULL || result == NULL)
    return out_of_memory ();
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

static void
format_absent (const struct write_log *log, const struct choice *choice, char separator, FILE *file)
{
  const struct log_write *write = &log->writes[choice->write];
  uint32_t end = write_last_sector (write);

  fprintf (file, "%c-%u", separator, write->issue);
  if (choice->first == 0 && choice->last >= end)
    return;
  fprintf (file, "/%u", choice->first);
  if (choice->last >= end)
    fputc ('-', file);
  else if (choice->last > choice->first)
    fprintf (file, "-%u", choice->last);
}

char *
state_id_format (const struct write_log *log, uint32_t point, const struct choice *choices, size_t count)
{
  size_t length, absent_count;
  CLEANUP_FREE struct choice *absent = choices_absent (log, choices, count, &absent_count);
  char *text = NULL;
  FILE *file = absent ? open_memstream (&text, &length) : NULL;

  if (file == NULL)
    return NULL;
  fprintf (file, "%u", point);
  for (size_t i = 0; i < absent_count; i++)
    format_absent (log, &absent[i], i == 0 ? ':' : ',', file);
  if (fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}
