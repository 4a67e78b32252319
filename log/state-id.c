/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "log/chosen-orders.h"
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

/* The number of the write whose issue is at the position TEXT, the end of WORD, which is at POINT or before, into
 * *number.  Returns 0, or -1 after a message.
 */
static int
parse_write (const char *id, const char *word, const char *text, const struct write_log *log, uint32_t point,
             uint32_t *number)
{
  uint64_t position;

  if (parse_unsigned (text, UINT32_MAX, &position) == -1) {
    error_message ("state %s: '%s' is not a choice: write +N, -N or N>M, as in 120:-98,+101,57>59", id, word);
    return -1;
  }
  uint32_t end = log_writes_until (log, (uint32_t) position);
  if (end == 0 || log->writes[end - 1].issue != position || position > point) {
    error_message ("state %s: no write is issued at position %ju of %s, or only after the crash point: "
                   "see replay --list", id, (uintmax_t) position, log->path);
    return -1;
  }
  *number = end - 1;
  return 0;
}

/* `41>43`, of which UPPER, the text after the sign, is a part.  Both texts are changed. */
static int
parse_order (const char *id, char *upper, char *lower, const struct write_log *log, uint32_t point,
             struct choice *choice)
{
  uint32_t a, b;

  if (parse_write (id, upper, upper, log, point, &a) == -1 || parse_write (id, lower, lower, log, point, &b) == -1)
    return -1;
  *choice = choice_over (a, b);
  if (a != b && choice_is_of_pair (&log->orders, choice))
    return 0;
  error_message ("state %s: the writes at %s and %s do not overlap, or were not in flight together", id, upper, lower);
  return -1;
}

/* TEXT is changed. */
static int
parse_choice (const char *id, char *text, const struct write_log *log, uint32_t point, struct choice *choice)
{
  char *sectors = strchr (text, '/'), *over = strchr (text, '>');
  uint32_t number;

  if (over) {
    *over++ = '\0';
    return parse_order (id, text, over, log, point, choice);
  }
  if (sectors)
    *sectors++ = '\0';
  if (*text != '+' && *text != '-') {
    error_message ("state %s: '%s' is not a choice: write +N or -N, as in 120:-98,+101", id, text);
    return -1;
  }
  if (parse_write (id, text, text + 1, log, point, &number) == -1)
    return -1;
  *choice = choice_whole (number, *text == '+' ? CHOICE_PRESENT : CHOICE_ABSENT);
  if (sectors && parse_sectors (sectors, &log->writes[number], choice) == -1) {
    error_message ("state %s: the write at %ju has sectors 0 to %u: write /FIRST-LAST, as in -98/3-7", id,
                   (uintmax_t) log->writes[number].issue, write_last_sector (&log->writes[number]));
    return -1;
  }
  return 0;
}

/* Whether the choices of the id TEXT do not contradict one another. */
static int
check_orders (const char *text, const struct write_log *log, const struct choice *choices, size_t count)
{
  size_t unusual_count;
  CLEANUP_FREE struct choice *unusual = choices_unusual (log, choices, count, &unusual_count);

  if (unusual)
    return 0;
  if (errno != EINVAL)
    return out_of_memory ();
  error_message ("state %s: writes cannot lie over one another like that", text);
  return -1;
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
  if (check_orders (text, log, result, *count) == -1)
    return -1;
  *point = (uint32_t) position;
  *choices = result;
  result = NULL;
  return 0;
}

static void
format_unusual (const struct write_log *log, const struct choice *choice, char separator, FILE *file)
{
  const struct log_write *write = &log->writes[choice->write];
  uint32_t end = write_last_sector (write);

  if (choice->kind == CHOICE_OVER) {
    fprintf (file, "%c%u>%u", separator, write->issue, log->writes[choice->first].issue);
    return;
  }
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
  size_t length, unusual_count;
  CLEANUP_FREE struct choice *unusual = choices_unusual (log, choices, count, &unusual_count);
  char *text = NULL;
  FILE *file = unusual ? open_memstream (&text, &length) : NULL;

  if (file == NULL)
    return NULL;
  fprintf (file, "%u", point);
  for (size_t i = 0; i < unusual_count; i++)
    format_unusual (log, &unusual[i], i == 0 ? ':' : ',', file);
  if (fclose (file) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}

char *
state_id_format_from (const struct write_log *log, uint32_t point, const struct choice *choices, size_t count,
                      uint32_t first)
{
  CLEANUP_FREE struct choice *later = calloc (count + 1, sizeof *later);
  size_t later_count = 0;

  for (size_t i = 0; later && i < count; i++)
    if (log->writes[choices[i].write].issue >= first)
      later[later_count++] = choices[i];
  return later ? state_id_format (log, point, later, later_count) : NULL;
}
