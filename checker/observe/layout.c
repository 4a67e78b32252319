/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/layout.h"
#include "common/array.h"

int
layout_add (struct file_layout *layout, uint64_t first, uint64_t count)
{
  struct layout_run *last = layout->run_count ? &layout->runs[layout->run_count - 1] : NULL;

  if (count == 0)
    return 0;
  layout->sectors += count;
  if (last && (first == LAYOUT_ZEROS ? last->first == LAYOUT_ZEROS : last->first + last->count == first)) {
    last->count += count;
    return 0;
  }
  struct layout_run *added = array_add (layout->runs, layout->run_count);
  if (added == NULL)
    return -1;
  *added = (struct layout_run) { first, count };
  return 0;
}

void
layout_free (struct file_layout *layout)
{
  free (layout->runs);
  *layout = (struct file_layout) { .runs = NULL };
}

void
layout_print (const struct file_layout *layout, FILE *file)
{
  for (size_t i = 0; i < layout->run_count; i++) {
    const struct layout_run *run = &layout->runs[i];

    putc (i == 0 ? LAYOUT_MARK : ',', file);
    if (run->first == LAYOUT_ZEROS)
      fprintf (file, "z%" PRIu64, run->count);
    else
      fprintf (file, "%" PRIu64 "+%" PRIu64, run->first, run->count);
  }
}

/* The number that *text begins with, at most MOST; *text goes on after it. */
static bool
take_number (const char **text, uint64_t most, uint64_t *number)
{
  const char *start = *text;

  *number = 0;
  for (; **text >= '0' && **text <= '9'; ++*text) {
    unsigned digit = (unsigned) (**text - '0');

    if (*number > (most - digit) / 10)
      return false;
    *number = *number * 10 + digit;
  }
  return *text > start;
}

/* The run that *text begins with, of at most LEFT sectors. */
static bool
take_run (const char **text, uint64_t left, uint64_t device_sectors, struct layout_run *run)
{
  run->first = LAYOUT_ZEROS;
  if (**text == 'z')
    ++*text;
  else if (!take_number (text, device_sectors, &run->first) || *(*text)++ != '+')
    return false;
  return take_number (text, left, &run->count) && run->count > 0
    && (run->first == LAYOUT_ZEROS || run->count <= device_sectors - run->first);
}

int
layout_parse (const char *word, uint64_t size, uint64_t device_bytes, struct file_layout *layout)
{
  uint64_t left = size / LAYOUT_SECTOR + (size % LAYOUT_SECTOR != 0);
  const char *text = word;
  struct layout_run run;
  int error = EINVAL;

  *layout = (struct file_layout) { .runs = NULL };
  for (char before = LAYOUT_MARK; left > 0 && left <= LAYOUT_SECTORS_MAX; before = ',') {
    if (*text++ != before || !take_run (&text, left, device_bytes / LAYOUT_SECTOR, &run))
      break;
    if (layout_add (layout, run.first, run.count) == -1) {
      error = ENOMEM;
      break;
    }
    left -= run.count;
  }
  if (left == 0 && layout->run_count > 0 && (*text == '\0' || *text == ' '))
    return 0;
  layout_free (layout);
  errno = error;
  return -1;
}
