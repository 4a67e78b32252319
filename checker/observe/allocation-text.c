/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/allocation.h"
#include "common/cleanup.h"
#include "common/number.h"

#define BLOCK_MAX (UINT64_C (1) << 30)
#define FILE_MAX (UINT64_C (1) << 62)

/* Parse WORD, a run of whole blocks, and add it to those before it. */
static int
add_run (char *word, struct allocation *allocation)
{
  const struct byte_ranges *runs = &allocation->runs;
  struct byte_range run;
  char *to = strchr (word, '-');

  if (to == NULL || runs->count == ALLOCATION_RUNS_MAX)
    return -1;
  *to++ = '\0';
  if (parse_unsigned (word, FILE_MAX, &run.from) == -1 || parse_unsigned (to, FILE_MAX, &run.to) == -1
      || run.from >= run.to || (run.from | run.to) % allocation->block_bytes != 0
      || (runs->count > 0 && run.from <= runs->list[runs->count - 1].to))
    return -1;
  return ranges_add (&allocation->runs, run);
}

/* The same with TEXT, which is changed; the runs are to free in any case. */
static int
parse_text (char *text, struct allocation *allocation)
{
  const char *block = strsep (&text, ":"), *sectors = strsep (&text, ":");
  char *run;

  if (text == NULL || parse_unsigned (block, BLOCK_MAX, &allocation->block_bytes) == -1
      || allocation->block_bytes == 0 || parse_unsigned (sectors, FILE_MAX, &allocation->sectors) == -1)
    return -1;
  if (strcmp (text, "-") == 0)
    return 0;
  while ((run = strsep (&text, ",")) != NULL)
    if (add_run (run, allocation) == -1)
      return -1;
  return 0;
}

int
allocation_parse (const char *value, struct allocation *allocation)
{
  CLEANUP_FREE char *text = strndup (value, strcspn (value, ";"));

  *allocation = (struct allocation) { .block_bytes = 0 };
  if (text && parse_text (text, allocation) == 0)
    return 0;
  free (allocation->runs.list);
  return -1;
}
