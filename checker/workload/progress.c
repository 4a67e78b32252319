/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/workload/progress.h"
#include "common/number.h"

/* The number that TEXT begins with, up to a blank. */
static uint16_t
parse_number (const char *text)
{
  char word[sizeof "65535"];
  const size_t length = strcspn (text, " ");
  uint64_t number = 0;

  if (length >= sizeof word)
    return 0;
  memcpy (word, text, length);
  word[length] = '\0';
  parse_unsigned (word, PROGRESS_ALL, &number);
  return (uint16_t) number;
}

struct workload_progress
progress_parse (const char *text)
{
  struct workload_progress progress = { { parse_number (text) } };

  text += strcspn (text, " ");
  if (strncmp (text, " beside", strlen (" beside")) != 0)
    return progress;
  text += strlen (" beside");
  for (size_t i = 1; i < WORKLOAD_PROCESSES_MAX && *text == ' '; i++) {
    progress.returned[i] = parse_number (++text);
    text += strcspn (text, " ");
  }
  return progress;
}

void
progress_print (struct workload_progress progress, char text[PROGRESS_TEXT_SIZE])
{
  size_t length = (size_t) snprintf (text, PROGRESS_TEXT_SIZE, "%u", progress.returned[0]);

  for (size_t i = 1; i < WORKLOAD_PROCESSES_MAX && progress.returned[i]; i++)
    length += (size_t) snprintf (text + length, PROGRESS_TEXT_SIZE - length, "%s %u", i == 1 ? " beside" : "",
                                 progress.returned[i]);
}

void
progress_say (struct workload_progress progress, char text[PROGRESS_SAID_SIZE])
{
  size_t count = 0, length = 0;

  while (count < WORKLOAD_PROCESSES_MAX && progress.returned[count])
    count++;
  *text = '\0';
  for (size_t i = count; i > 0; i--)
    length += (size_t) snprintf (text + length, PROGRESS_SAID_SIZE - length, "%s%u",
                                 i == count ? count > 1 ? "operations " : "operation " : i == 1 ? " and " : ", ",
                                 progress.returned[i - 1]);
  if (count > 0)
    snprintf (text + length, PROGRESS_SAID_SIZE - length, count > 1 ? " have returned" : " has returned");
}

int
progress_compare (struct workload_progress one, struct workload_progress other)
{
  size_t i = 0;

  while (i < WORKLOAD_PROCESSES_MAX - 1 && one.returned[i] == other.returned[i])
    i++;
  return one.returned[i] - other.returned[i];
}
