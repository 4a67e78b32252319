/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/complaint.h"

#define LINES 3                 /* programs that say why and what to do take as many */

struct complaint_line {
  const char *text;
  size_t length;
};

/* The line at *AT without the spaces around it; *AT moves on to the next. */
static struct complaint_line
next_line (const char **at)
{
  size_t length = strcspn (*at, "\n");
  struct complaint_line line = { *at, length };

  *at += length + ((*at)[length] == '\n');
  for (; line.length > 0 && isspace ((unsigned char) *line.text); line.length--)
    line.text++;
  while (line.length > 0 && isspace ((unsigned char) line.text[line.length - 1]))
    line.length--;
  return line;
}

static bool
is_usage (struct complaint_line line)
{
  return line.length >= strlen ("usage:") && strncasecmp (line.text, "usage:", strlen ("usage:")) == 0;
}

static void
add_line (struct complaint_line *lines, size_t *count, struct complaint_line line)
{
  if (*count == LINES)
    memmove (lines, lines + 1, (LINES - 1) * sizeof *lines);
  else
    ++*count;
  lines[*count - 1] = line;
}

char *
complaint_in (const char *text)
{
  struct complaint_line lines[LINES];
  size_t count = 0, size;
  char *complaint;
  FILE *file = open_memstream (&complaint, &size);

  if (file == NULL)
    return NULL;
  while (*text) {
    struct complaint_line line = next_line (&text);

    /* A usage text alone is all that is said. */
    if (is_usage (line) && count > 0)
      break;
    if (line.length > 0)
      add_line (lines, &count, line);
    if (is_usage (line))
      break;
  }
  for (size_t i = 0; i < count; i++)
    fprintf (file, "%s%.*s", i > 0 ? "; " : "", (int) lines[i].length, lines[i].text);
  if (fclose (file) == 0)
    return complaint;
  free (complaint);
  return NULL;
}
