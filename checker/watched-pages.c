/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "checker/watched-pages.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"

#define PAGES_MAX (1 << 20)     /* pages, each counted once for every step */

/* What page_file_parse could not parse. */
static int
report_line (void)
{
  if (errno == ENOMEM)
    return out_of_memory ();
  error_message ("an observed tree has a line about sectors that makes no sense: "
                 "the log is damaged or was written by another version");
  return -1;
}

static int
compare_files (const void *a, const void *b)
{
  return strcmp (((const struct watched_file *) a)->path, ((const struct watched_file *) b)->path);
}

size_t
pages_find (const struct pages *pages, const char *path)
{
  const struct watched_file key = { .path = (char *) path };
  const struct watched_file *found =
    pages->file_count ? bsearch (&key, pages->files, pages->file_count, sizeof key, compare_files) : NULL;

  return found ? (size_t) (found - pages->files) : pages->file_count;
}

/* Enter the files of one tree that no other one had, unsorted and with their sectors counted in place of pages. */
static int
add_paths (struct pages *pages, const char *text)
{
  size_t sectors = 0;

  for (const char *line = pages_begin (text); *line;) {
    struct page_file file;
    struct watched_file *watched = array_add (pages->files, pages->file_count);

    if (watched == NULL)
      return out_of_memory ();
    line = page_file_parse (line, &file);
    if (line == NULL)
      return report_line ();
    *watched = (struct watched_file) { file.path, 0, file.count };
    sectors += file.count;
    free (file.sectors);
    if (sectors > SECTORS_MAX) {
      error_message ("an observed tree has more sectors than are ever recorded: the log is damaged");
      return -1;
    }
  }
  return 0;
}

/* Sort the files, join those of the same path, and count their pages. */
static int
sort_files (struct pages *pages)
{
  size_t count = 0;

  if (pages->file_count > 0)
    qsort (pages->files, pages->file_count, sizeof *pages->files, compare_files);
  for (size_t i = 0; i < pages->file_count; i++) {
    struct watched_file *file = &pages->files[i], *last = count > 0 ? &pages->files[count - 1] : NULL;
    size_t page_count = (file->page_count + pages->page_sectors - 1) / pages->page_sectors;

    if (last == NULL || compare_files (last, file) != 0)
      pages->files[count++] = (struct watched_file) { file->path, 0, page_count };
    else {
      last->page_count = last->page_count > page_count ? last->page_count : page_count;
      free (file->path);
    }
  }
  pages->file_count = count;
  pages->paths = calloc (count + 1, sizeof *pages->paths);
  if (pages->paths == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < count; i++) {
    pages->files[i].first_page = pages->page_count;
    pages->page_count += pages->files[i].page_count;
    pages->paths[i] = pages->files[i].path;
  }
  return 0;
}

/* Keep the files of tree number TREE. */
static int
add_tree (struct pages *pages, size_t tree, const char *text)
{
  struct page_file *files = calloc (pages->file_count + 1, sizeof *files);

  pages->trees[tree] = files;
  if (files == NULL)
    return out_of_memory ();
  for (const char *line = pages_begin (text); *line;) {
    struct page_file file;

    line = page_file_parse (line, &file);
    if (line == NULL)
      return report_line ();
    struct page_file *place = &files[pages_find (pages, file.path)];
    page_file_free (place);
    *place = file;
  }
  return 0;
}

/* Every observation has a byte for each page at each step, and every request names all files. */
static int
check_size (const struct pages *pages)
{
  size_t path_bytes = 0;

  for (size_t i = 0; i < pages->file_count; i++)
    path_bytes += strlen (pages->paths[i]) + 1;
  if (path_bytes > 2 * SECTOR_PATHS_MAX) {
    error_message ("the files of all steps have paths of more than %d bytes: "
                   "record --pages with fewer files to --watch", 2 * SECTOR_PATHS_MAX);
    return -1;
  }
  if (pages->page_count * pages->step_count > PAGES_MAX) {
    error_message ("there are %zu pages at %zu steps, and %d are the most: take a larger --page-size, or record it "
                   "with fewer files to --watch", pages->page_count, pages->step_count, PAGES_MAX);
    return -1;
  }
  return 0;
}

int
pages_init (struct pages *pages, char *const *trees, size_t count, size_t page_bytes)
{
  *pages = (struct pages) { .page_sectors = page_bytes / SECTOR_SIZE, .step_count = count ? count - 1 : 0 };
  for (size_t i = 0; i < count; i++)
    if (add_paths (pages, trees[i]) == -1)
      return -1;
  if (pages->file_count == 0) {
    error_message ("there is no page to look at: record it with --pages, and with a file to --watch");
    return -1;
  }
  pages->trees = calloc (count + 1, sizeof *pages->trees);
  if (pages->trees == NULL)
    return out_of_memory ();
  if (sort_files (pages) == -1 || check_size (pages) == -1)
    return -1;
  for (size_t i = 0; i < count; i++)
    if (add_tree (pages, i, trees[i]) == -1)
      return -1;
  return 0;
}

void
pages_free (struct pages *pages)
{
  for (size_t tree = 0; pages->trees && tree <= pages->step_count; tree++) {
    for (size_t i = 0; pages->trees[tree] && i < pages->file_count; i++)
      page_file_free (&pages->trees[tree][i]);
    free (pages->trees[tree]);
  }
  free (pages->trees);
  for (size_t i = 0; i < pages->file_count; i++)
    free (pages->files[i].path);
  free (pages->files);
  free (pages->paths);
}

/* Class the pages of file number FILE, which is SEEN, at all steps. */
static void
classify_file (const struct pages *pages, size_t number, const struct page_file *seen, uint8_t *classes)
{
  const struct watched_file *file = &pages->files[number];

  for (size_t step = 0; step < pages->step_count; step++)
    for (size_t page = 0; page < file->page_count; page++)
      classes[step * pages->page_count + file->first_page + page] =
        (uint8_t) page_classify (seen, pages_file (pages, step, number), pages_file (pages, step + 1, number),
                                 page * pages->page_sectors, pages->page_sectors);
}

const struct page_file *
pages_file (const struct pages *pages, size_t tree, size_t file)
{
  return pages->trees[tree][file].path ? &pages->trees[tree][file] : NULL;
}

bool
pages_same (const struct pages *a, const struct pages *b)
{
  if (a->page_sectors != b->page_sectors || a->step_count != b->step_count || a->file_count != b->file_count)
    return false;
  for (size_t i = 0; i < a->file_count; i++)
    if (strcmp (a->files[i].path, b->files[i].path) != 0 || a->files[i].page_count != b->files[i].page_count)
      return false;
  return true;
}

uint8_t *
pages_classify (const struct pages *pages, const char *text)
{
  uint8_t *classes = calloc (pages->step_count * pages->page_count + 1, 1);
  CLEANUP_FREE bool *seen = calloc (pages->file_count + 1, sizeof *seen);

  if (classes == NULL || seen == NULL) {
    free (classes);
    out_of_memory ();
    return NULL;
  }
  for (const char *line = pages_begin (text); *line;) {
    struct page_file file;

    line = page_file_parse (line, &file);
    if (line == NULL) {
      free (classes);
      report_line ();
      return NULL;
    }
    size_t number = pages_find (pages, file.path);
    if (number < pages->file_count)
      classify_file (pages, number, &file, classes);
    seen[number] = true;
    page_file_free (&file);
  }
  for (size_t i = 0; i < pages->file_count; i++)
    if (!seen[i])
      classify_file (pages, i, NULL, classes);
  return classes;
}

const uint8_t *
pages_at_step (const struct pages *pages, const uint8_t *classes, size_t step)
{
  return classes + (step - 1) * pages->page_count;
}
