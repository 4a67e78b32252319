/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "checker/observe/links.h"
#include "common/array.h"
#include "common/text.h"

/* The folders right in one at DEPTH, of which the rows are those from FIRST on. */
static uint32_t
count_folders (const struct link_table *table, unsigned depth, size_t first)
{
  uint32_t count = 0;

  for (size_t i = first; i < table->count; i++)
    count += table->rows[i].folder && table->rows[i].depth == depth + 1;
  return count;
}

int
links_note (struct link_table *table, const struct statx *status, unsigned depth, size_t first)
{
  const bool folder = S_ISDIR (status->stx_mode);
  const struct link_row row = {
    .line = table->count, .device = makedev (status->stx_dev_major, status->stx_dev_minor), .inode = status->stx_ino,
    .links = status->stx_nlink, .names = folder && status->stx_nlink != 1 ? 2 + count_folders (table, depth, first) : 1,
    .depth = depth, .folder = folder,
  };
  struct link_row *added = array_add (table->rows, table->count);

  if (added == NULL)
    return -1;
  *added = row;
  return 0;
}

static int
compare_files (const void *left, const void *right)
{
  const struct link_row *a = left, *b = right;

  if (a->device != b->device)
    return a->device < b->device ? -1 : 1;
  return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static int
compare_lines (const void *left, const void *right)
{
  const struct link_row *a = left, *b = right;

  return a->line < b->line ? -1 : a->line > b->line;
}

/* Work out how many names each file has.  False if all link counts are right. */
static bool
count_names (struct link_table *table)
{
  struct link_row *rows = table->rows;
  bool wrong = false;
  size_t same;

  if (table->count == 0)
    return false;
  qsort (rows, table->count, sizeof *rows, compare_files);
  for (size_t i = 0; i < table->count; i += same) {
    for (same = 1; i + same < table->count && compare_files (&rows[i], &rows[i + same]) == 0;)
      same++;
    for (size_t j = i; j < i + same; j++) {
      if (!rows[j].folder)
        rows[j].names = (uint32_t) same;
      wrong = wrong || rows[j].links != rows[j].names;
    }
  }
  qsort (rows, table->count, sizeof *rows, compare_lines);
  return wrong;
}

/* Write TEXT with the facts. */
static void
print_facts (const struct link_table *table, const char *text, FILE *file)
{
  for (size_t i = 0; i < table->count; i++) {
    const struct link_row *row = &table->rows[i];
    const char *end = strchrnul (text, '\n'), *path = memrchr (text, ' ', (size_t) (end - text));

    fwrite (text, 1, (size_t) (path - text), file);
    if (row->links != row->names)
      fprintf (file, ";links=%u/%u", row->links, row->names);
    fprintf (file, "%.*s\n", (int) (end - path), path);
    text = end + 1;
  }
}

int
links_tell (struct link_table *table, char **text, size_t *length)
{
  struct text_stream stream;

  if (table->incomplete || !count_names (table))
    return 0;
  if (!text_begin (&stream))
    return -1;
  print_facts (table, *text, stream.file);
  char *longer = text_end (&stream);
  if (longer == NULL)
    return -1;
  free (*text);
  *text = longer;
  *length = stream.length;
  return 0;
}
