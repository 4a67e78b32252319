/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "replay/located-pages.h"
#include "replay/search/data-classes.h"

_Static_assert (LIKE_ALL < DATA_SETS, "what a page is like is what is counted");

/* A file whose pages are being counted. */
struct counted_file {
  const struct pages *pages;
  const struct watched_file *watched;
  const struct page_file *old, *new;    /* NULL: not there */
  struct data_sector *sectors;
  size_t count;
};

static unsigned
look_at_hash (const struct data_sector *sector, const char *bytes)
{
  return sector_likeness (sector_hash (bytes, sector->bytes), sector->old.hash, sector->new.hash);
}

/* What the sectors of the page at FIRST are like that lie after the end of FILE. */
static unsigned
rest_likeness (const struct counted_file *file, size_t first)
{
  unsigned likeness = LIKE_ALL;

  for (size_t i = first < file->count ? file->count : first; i < first + file->pages->page_sectors; i++)
    likeness &= sector_likeness (SECTOR_OF_ZEROS, page_file_sector (file->old, i), page_file_sector (file->new, i));
  return likeness;
}

/* The ways in which the page at sector FIRST of FILE is of each class. */
static void
count_classes (const struct counted_file *file, size_t first, const struct data_classes *classes,
               struct open_page *open)
{
  mpz_init_set (open->all, classes->all);
  for (int class = 0; class < PAGE_CLASS_COUNT; class++)
    mpz_init (open->ways[class]);
  for (unsigned likeness = 0; likeness <= LIKE_ALL; likeness++) {
    mpz_ptr ways = open->ways[page_class_of (likeness, first < file->count, page_file_has (file->old, first),
                                             page_file_has (file->new, first))];

    mpz_add (ways, ways, classes->classes[likeness].ways);
  }
}

/* Put OPEN, taken over, into *seen: as its class if there is but one. */
static int
add_page (struct open_page *open, struct pages_seen *seen)
{
  for (int class = 0; class < PAGE_CLASS_COUNT; class++)
    if (mpz_cmp (open->ways[class], open->all) == 0) {
      seen->classes[open->page] = (uint8_t) class;
      open_page_free (open);
      return 0;
    }
  struct open_page *added = array_add (seen->open, seen->open_count);
  if (added == NULL) {
    open_page_free (open);
    return -1;
  }
  *added = *open;
  seen->classes[open->page] = PAGE_CLASS_COUNT;
  return 0;
}

/* Count the page at sector FIRST of FILE. */
static enum groups_result
count_page (const struct counted_file *file, size_t first, const struct data_question *question,
            struct pages_seen *seen)
{
  const size_t left = first < file->count ? file->count - first : 0;
  struct open_page open = { .page = file->watched->first_page + first / file->pages->page_sectors };
  struct data_question asked = *question;
  struct data_classes classes;

  asked.sectors = file->sectors + (left > 0 ? first : 0);
  asked.count = left < file->pages->page_sectors ? left : file->pages->page_sectors;
  asked.look = look_at_hash;
  enum groups_result result = data_classes_count (&asked, rest_likeness (file, first), &classes);
  if (result == GROUPS_COUNTED) {
    count_classes (file, first, &classes, &open);
    result = add_page (&open, seen) == 0 ? GROUPS_COUNTED : GROUPS_FAILED;
  }
  data_classes_free (&classes);
  return result;
}

/* Count the pages of the file WHICH that is WATCHED. */
static enum groups_result
count_file (struct counted_file *file, const struct located *located, const struct located_file *which,
            const struct data_question *question, struct pages_seen *seen)
{
  CLEANUP_FREE struct data_sector *sectors = located_sectors (located, which);
  enum groups_result result = GROUPS_COUNTED;

  if (sectors == NULL)
    return GROUPS_FAILED;
  file->sectors = sectors;
  file->count = sectors_touched (which->size_bytes);
  for (size_t i = 0; i < file->count; i++) {
    sectors[i].old.hash = page_file_sector (file->old, i);
    sectors[i].new.hash = page_file_sector (file->new, i);
  }
  for (size_t page = 0; page < file->watched->page_count && result == GROUPS_COUNTED; page++)
    result = count_page (file, page * file->pages->page_sectors, question, seen);
  return result;
}

/* Class the pages of the files that were not located, each of which is the same in all states. */
static int
class_others (const struct located *located, const struct pages *pages, size_t step, struct pages_seen *seen)
{
  CLEANUP_FREE uint8_t *classes = pages_classify (pages, located->text);

  if (classes == NULL)
    return -1;
  seen->classes = calloc (pages->page_count + 1, 1);
  if (seen->classes == NULL)
    return out_of_memory ();
  memcpy (seen->classes, pages_at_step (pages, classes, step), pages->page_count);
  return 0;
}

int
located_pages_count (const struct located *located, const struct data_question *question, const struct pages *pages,
                     size_t step, struct pages_seen *seen)
{
  enum groups_result result = GROUPS_COUNTED;

  *seen = (struct pages_seen) { .classes = NULL };
  if (class_others (located, pages, step, seen) == -1)
    return -1;
  if (data_question_select (question) == -1)
    result = GROUPS_FAILED;
  for (size_t i = 0; i < located->file_count && result == GROUPS_COUNTED; i++) {
    const size_t number = pages_find (pages, located->files[i].path);
    struct counted_file file = { .pages = pages };

    if (number == pages->file_count)
      continue;
    file.watched = &pages->files[number];
    file.old = pages_file (pages, step - 1, number);
    file.new = pages_file (pages, step, number);
    result = count_file (&file, located, &located->files[i], question, seen);
  }
  if (result == GROUPS_COUNTED)
    return 1;
  pages_seen_free (seen);
  return result == GROUPS_FAILED ? out_of_memory () : 0;
}
