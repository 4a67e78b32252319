/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/vm.h"

/* What stands behind the kernel's time stamp, which is another one in every guest. */
static const char *
without_time (const char *line)
{
  const char *end = *line == '[' ? strstr (line, "] ") : NULL;

  return end ? end + 2 : line;
}

/* A warning counts only where it begins the kernel's message: advice at boot has the word further on. */
static bool
says_why (const char *line)
{
  const char *text = without_time (line);

  return strstr (text, "Kernel panic") || strstr (text, "BUG:") || strstr (text, "Oops")
         || strncmp (text, "WARNING:", strlen ("WARNING:")) == 0;
}

/* Take off the line's end, and control characters with it: the text goes to terminals and reports. */
static void
clean (char *line)
{
  char *to = line;

  for (const char *from = line; *from; from++)
    if ((unsigned char) *from >= ' ' && *from != 0x7f)
      *to++ = *from;
    else if (*from == '\t')
      *to++ = ' ';
  *to = '\0';
}

/* Put the last LINES lines of FILE into the ring, or those from the first that says why on.  Returns how many lines
 * went in; line I is in RING[I % LINES].
 */
static size_t
collect (FILE *file, char **ring, size_t lines)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0, count = 0, stop_at = SIZE_MAX;

  while (count < stop_at && getline (&line, &size, file) > 0) {
    clean (line);
    if (*line == '\0')
      continue;
    if (stop_at == SIZE_MAX && says_why (line)) {
      count = 0;
      stop_at = lines;
    }
    free (ring[count % lines]);
    ring[count++ % lines] = line;
    line = NULL;
    size = 0;
  }
  return count;
}

char *
console_reason (const char *console, size_t lines)
{
  CLEANUP_FCLOSE FILE *file = fopen (console, "re");
  char **ring = calloc (lines, sizeof *ring), *text = NULL;
  size_t length, count = 0;
  FILE *result = open_memstream (&text, &length);

  if (ring == NULL || result == NULL) {
    error_message ("out of memory");
    abort ();
  }
  if (file && lines > 0)
    count = collect (file, ring, lines);
  for (size_t i = count > lines ? count - lines : 0; i < count; i++)
    fprintf (result, "%s%s", without_time (ring[i % lines]), i + 1 < count ? " | " : "");
  for (size_t i = 0; i < lines; i++)
    free (ring[i]);
  free (ring);
  if (fclose (result) == EOF) {
    error_message ("out of memory");
    abort ();
  }
  return text;
}
