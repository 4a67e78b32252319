/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/pages.h"
#include "common/cleanup.h"
#include "common/number.h"

#define HASH_LENGTH 16

const char *
page_class_name (enum page_class class)
{
  static const char *const names[] = { "unchanged", "old", "new", "missing", "torn", "zero", "other" };

  return names[class];
}

const char *
page_size_fault (uint64_t size_bytes)
{
  return size_bytes > 0 && size_bytes % SECTOR_SIZE == 0 && size_bytes <= (uint64_t) SECTORS_MAX * SECTOR_SIZE
    ? NULL : "must be a multiple of 512 bytes, and at most 16M";
}

const char *
pages_begin (const char *text)
{
  const char *line = strncmp (text, "= ", 2) == 0 ? text : strstr (text, "\n= ");

  return line == NULL ? text + strlen (text) : line == text ? text : line + 1;
}

void
page_file_free (struct page_file *file)
{
  free (file->path);
  free (file->sectors);
}

/* Put COUNT sectors that are all VALUE after those of FILE, which has room for SECTORS_MAX.  False if there are too
 * many.
 */
static bool
add_sectors (struct page_file *file, uint64_t value, uint64_t count)
{
  if (count > SECTORS_MAX - file->count)
    return false;
  while (count-- > 0)
    file->sectors[file->count++] = value;
  return true;
}

/* Add what ITEM stands for: a hash, `zN` or `!N`. */
static bool
add_item (struct page_file *file, const char *item)
{
  uint64_t count;

  if (*item == 'z' || *item == '!')
    return parse_unsigned (item + 1, SECTORS_MAX, &count) == 0 && count > 0
      && add_sectors (file, *item == 'z' ? SECTOR_OF_ZEROS : SECTOR_UNREADABLE, count);
  return strlen (item) == HASH_LENGTH && strspn (item, "0123456789abcdef") == HASH_LENGTH
    && add_sectors (file, strtoull (item, NULL, 16), 1);
}

/* Parse the WORD of sectors, which is cut into its items. */
static bool
add_items (struct page_file *file, char *word)
{
  const char *item;

  if (strcmp (word, "-") == 0)
    return true;
  while ((item = strsep (&word, ",")) != NULL)
    if (!add_item (file, item))
      return false;
  return true;
}

/* Parse what follows the `= ` in a LINE, which is changed.  Returns 0, or -1 with errno. */
static int
parse_line (char *line, struct page_file *file)
{
  const char *word = strsep (&line, " ");

  if (line == NULL || *line == '\0' || strchr (line, ' ')) {
    errno = EINVAL;
    return -1;
  }
  file->path = strdup (line);
  file->sectors = malloc (SECTORS_MAX * sizeof *file->sectors);
  if (file->path == NULL || file->sectors == NULL)
    return -1;
  if (!add_items (file, (char *) word)) {
    errno = EINVAL;
    return -1;
  }
  uint64_t *fitting = realloc (file->sectors, (file->count ? file->count : 1) * sizeof *fitting);
  if (fitting)
    file->sectors = fitting;
  return 0;
}

const char *
page_file_parse (const char *text, struct page_file *file)
{
  const char *end = strchr (text, '\n');
  CLEANUP_FREE char *line = end ? strndup (text, (size_t) (end - text)) : NULL;

  memset (file, 0, sizeof *file);
  if (end == NULL || strncmp (text, "= ", 2) != 0) {
    errno = EINVAL;
    return NULL;
  }
  if (line == NULL || parse_line (line + 2, file) == -1) {
    page_file_free (file);
    return NULL;
  }
  return end + 1;
}

bool
page_file_has (const struct page_file *file, size_t first)
{
  return file && file->count > first;
}

uint64_t
page_file_sector (const struct page_file *file, size_t sector)
{
  return file && sector < file->count ? file->sectors[sector] : SECTOR_OF_ZEROS;
}

unsigned
sector_likeness (uint64_t seen, uint64_t old, uint64_t new)
{
  unsigned likeness = seen == SECTOR_OF_ZEROS ? LIKE_ZEROS : 0;

  if (seen == old && seen != SECTOR_UNREADABLE)
    likeness |= LIKE_OLD | LIKE_EITHER;
  if (seen == new && seen != SECTOR_UNREADABLE)
    likeness |= LIKE_NEW | LIKE_EITHER;
  return likeness;
}

enum page_class
page_class_of (unsigned likeness, bool seen, bool old, bool new)
{
  const bool is_old = likeness & LIKE_OLD && seen == old, is_new = likeness & LIKE_NEW && seen == new;

  if (is_old || is_new)
    return is_old && is_new ? PAGE_UNCHANGED : is_old ? PAGE_OLD : PAGE_NEW;
  if (!seen)
    return PAGE_MISSING;
  if (likeness & LIKE_EITHER && !(likeness & LIKE_OLD) && !(likeness & LIKE_NEW))
    return PAGE_TORN;
  return likeness & LIKE_ZEROS ? PAGE_ZERO : PAGE_OTHER;
}

enum page_class
page_classify (const struct page_file *seen, const struct page_file *old, const struct page_file *new, size_t first,
               size_t sectors)
{
  unsigned likeness = LIKE_ALL;

  for (size_t i = first; i < first + sectors; i++)
    likeness &= sector_likeness (page_file_sector (seen, i), page_file_sector (old, i), page_file_sector (new, i));
  return page_class_of (likeness, page_file_has (seen, first), page_file_has (old, first), page_file_has (new, first));
}
