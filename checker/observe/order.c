/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/order.h"
#include "common/cleanup.h"

struct sorted_line {
  const char *path;             /* "" for the root, which comes first */
  const char *text;
};

static int
compare_lines (const void *a, const void *b)
{
  return strcmp (((const struct sorted_line *) a)->path, ((const struct sorted_line *) b)->path);
}

/* Cut TEXT of LENGTH bytes into its lines, in the order of their paths.  Returns an array to free, or NULL. */
static struct sorted_line *
sort_lines (char *text, size_t length, size_t *count)
{
  size_t room = 1;

  for (const char *at = text; (at = memchr (at, '\n', length - (size_t) (at - text))) != NULL; at++)
    room++;
  struct sorted_line *lines = malloc (room * sizeof *lines);
  if (lines == NULL)
    return NULL;
  *count = 0;
  for (char *at = text, *end; at < text + length; at = end + 1) {
    end = memchr (at, '\n', length - (size_t) (at - text));
    *end = '\0';
    const char *path = strrchr (at, ' ') + 1;
    lines[(*count)++] = (struct sorted_line) { strcmp (path, ".") == 0 ? "" : path, at };
  }
  qsort (lines, *count, sizeof *lines, compare_lines);
  return lines;
}

/* The final text, to free, or NULL.  Paths given twice, or within one another, have left lines with the same path. */
static char *
sort_text (char *text, size_t length)
{
  size_t count;
  CLEANUP_FREE struct sorted_line *lines = sort_lines (text, length, &count);
  char *sorted = malloc (length + 1), *end = sorted;

  if (lines == NULL || sorted == NULL) {
    free (sorted);
    return NULL;
  }
  for (size_t i = 0; i < count; i++)
    if (i == 0 || compare_lines (&lines[i - 1], &lines[i]) != 0) {
      end = stpcpy (end, lines[i].text);
      *end++ = '\n';
    }
  *end = '\0';
  return sorted;
}

char *
order_lines (char *text, size_t length, char *sectors, size_t sectors_length)
{
  CLEANUP_FREE char *sorted_sectors = sectors_length > 0 ? sort_text (sectors, sectors_length) : NULL;
  char *sorted = sort_text (text, length);

  if (sectors_length == 0 || sorted == NULL)
    return sorted;
  char *longer = sorted_sectors ? realloc (sorted, length + sectors_length + 1) : NULL;
  if (longer == NULL) {
    free (sorted);
    return NULL;
  }
  return strcat (longer, sorted_sectors);
}
