/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "replay/report/page-table.h"
#include "replay/search/big-number.h"

#define PATH_SHOWN_MAX 40
#define RANGES_SHOWN_MAX 20
#define DIGITS_SHOWN_MAX 15     /* in a column */

const char *
page_when_name (enum page_when when)
{
  return when == PAGES_IN_UPDATE ? "in update" : "committed";
}

/* Add the states of one crash point, but for their pages. */
static void
add_point (struct page_table *table, const struct results *results, size_t number)
{
  const struct point_result *result = &results->found[number];
  enum page_when when;

  if (!page_counts_when (&results->pages, &results->points.points[number].moment, &when))
    return;
  table->exhaustive &= result->done && mpz_cmp (result->covered, result->states) == 0;
  for (size_t i = 0; i < result->tally.count; i++)
    mpz_add (table->states[when], table->states[when], result->tally.entries[i].states);
}

int
page_table_make (struct page_table *table, const struct results *const *results, size_t count)
{
  *table = (struct page_table) { .exhaustive = true };
  for (int when = 0; when < PAGES_WHEN_COUNT; when++)
    mpz_init (table->states[when]);
  if (page_counts_begin (&table->counts, results[0]->config->pages) == -1)
    return -1;
  for (size_t i = 0; i < count; i++) {
    page_counts_join (&table->counts, &results[i]->pages);
    for (size_t point = 0; point < results[i]->points.count; point++)
      add_point (table, results[i], point);
  }
  return 0;
}

void
page_table_free (struct page_table *table)
{
  if (table->counts.pages == NULL)
    return;
  page_counts_free (&table->counts);
  for (int when = 0; when < PAGES_WHEN_COUNT; when++)
    mpz_clear (table->states[when]);
}

static bool
same_row (const struct page_row *a, const struct page_row *b)
{
  for (int when = 0; when < PAGES_WHEN_COUNT; when++)
    for (int class = 0; class < PAGE_CLASS_COUNT; class++)
      if (mpz_cmp (a->states[when][class], b->states[when][class]) != 0)
        return false;
  return true;
}

size_t
page_table_alike (const struct page_table *table, const struct watched_file *file, size_t row)
{
  size_t end = row + 1;

  while (end < file->first_page + file->page_count && same_row (&table->counts.rows[row], &table->counts.rows[end]))
    end++;
  return end - row;
}

/* Whether some state shows damage (checker/observe/pages.h) in ROW. */
static bool
is_damaged (const struct page_row *row)
{
  for (int when = 0; when < PAGES_WHEN_COUNT; when++)
    for (int class = PAGE_MISSING; class < PAGE_CLASS_COUNT; class++)
      if (mpz_sgn (row->states[when][class]) != 0)
        return true;
  return false;
}

/* Whether ROW is old in some state after `commit`. */
static bool
is_undone (const struct page_row *row)
{
  return mpz_sgn (row->states[PAGES_COMMITTED][PAGE_OLD]) != 0;
}

/* What the columns have to hold; a class that was never seen has none. */
struct layout {
  int path_width, pages_width;
  int widths[PAGE_CLASS_COUNT];
};

static int
wider (int width, size_t other)
{
  return (size_t) width < other ? (int) other : width;
}

/* "3" or "3-7" */
static int
format_range (size_t first, size_t count, char *text, size_t size)
{
  return count == 1 ? snprintf (text, size, "%zu", first) : snprintf (text, size, "%zu-%zu", first, first + count - 1);
}

static void
measure_row (struct layout *layout, const struct page_row *row)
{
  for (int when = 0; when < PAGES_WHEN_COUNT; when++)
    for (int class = 0; class < PAGE_CLASS_COUNT; class++)
      if (mpz_sgn (row->states[when][class]) != 0) {
        CLEANUP_FREE char *states = big_number_text (row->states[when][class], DIGITS_SHOWN_MAX);

        layout->widths[class] = wider (layout->widths[class], strlen (page_class_name ((enum page_class) class)));
        layout->widths[class] = wider (layout->widths[class], strlen (states));
      }
}

/* Print a path of a log, its end if it is long. */
static void
print_path (const char *path, FILE *file)
{
  size_t length = strlen (path);

  if (length > PATH_SHOWN_MAX) {
    path += length - PATH_SHOWN_MAX + 3;
    fputs ("...", file);
  }
  print_names_safely (path, strlen (path), file);
}

/* How many characters that prints. */
static size_t
path_columns (const char *path)
{
  char *text = NULL;
  size_t length = 0, columns = 0;
  FILE *file = open_memstream (&text, &length);

  if (file == NULL)
    return 0;
  print_path (path, file);
  fclose (file);
  for (size_t i = 0; text && i < length; i++)
    columns += ((unsigned char) text[i] & 0xc0) != 0x80;        /* the first byte of one */
  free (text);
  return columns;
}

static void
measure (struct layout *layout, const struct page_table *table)
{
  *layout = (struct layout) { strlen ("file"), strlen ("pages"), { 0 } };
  for (size_t i = 0; i < table->counts.pages->file_count; i++) {
    const struct watched_file *file = &table->counts.pages->files[i];

    layout->path_width = wider (layout->path_width, path_columns (file->path));
    layout->pages_width = wider (layout->pages_width,
                                 (size_t) format_range (file->page_count, file->page_count, NULL, 0));
    for (size_t row = file->first_page; row < file->first_page + file->page_count; row++)
      measure_row (layout, &table->counts.rows[row]);
  }
}

static void
print_cells (const struct layout *layout, const struct page_row *row, enum page_when when, FILE *file)
{
  fprintf (file, "  %-9s", page_when_name (when));
  for (int class = 0; class < PAGE_CLASS_COUNT; class++)
    if (layout->widths[class] > 0) {
      CLEANUP_FREE char *states = big_number_text (row->states[when][class], DIGITS_SHOWN_MAX);

      fprintf (file, "  %*s", layout->widths[class], strcmp (states, "0") == 0 ? "-" : states);
    }
  putc ('\n', file);
}

/* Print the rows of one file; those that are alike, once. */
static void
print_rows (const struct layout *layout, const struct page_table *table, const struct watched_file *watched, FILE *file)
{
  const int blanks = layout->path_width - (int) path_columns (watched->path);
  size_t count;
  char range[64];

  for (size_t page = 0; page < watched->page_count; page += count) {
    size_t row = watched->first_page + page;

    count = page_table_alike (table, watched, row);
    format_range (page, count, range, sizeof range);
    for (enum page_when when = 0; when < PAGES_WHEN_COUNT; when++) {
      if (mpz_sgn (table->states[when]) == 0)
        continue;
      print_path (watched->path, file);
      fprintf (file, "%*s  %-*s", blanks, "", layout->pages_width, range);
      print_cells (layout, &table->counts.rows[row], when, file);
    }
  }
}

static void
print_head (const struct layout *layout, const struct page_table *table, FILE *file)
{
  CLEANUP_FREE char *in_update = big_number_text (table->states[PAGES_IN_UPDATE], DIGITS_SHOWN_MAX);
  CLEANUP_FREE char *committed = big_number_text (table->states[PAGES_COMMITTED], DIGITS_SHOWN_MAX);

  fprintf (file, "pages of %zu bytes, in %s crash %s in the update and in %s after commit:\n",
           table->counts.pages->page_sectors * SECTOR_SIZE, in_update, plural_of_digits (in_update, "state", "states"),
           committed);
  fprintf (file, "%-*s  %-*s  %-9s", layout->path_width, "file", layout->pages_width, "pages", "crash");
  for (int class = 0; class < PAGE_CLASS_COUNT; class++)
    if (layout->widths[class] > 0)
      fprintf (file, "  %*s", layout->widths[class], page_class_name ((enum page_class) class));
  putc ('\n', file);
}

static bool
row_is_whole (const struct page_row *row)
{
  return !is_damaged (row);
}

/* The pages from *page on, of a file with the rows ROWS, that are HOLDS and follow one another: *page is the first of
 * them then. Returns how many; 0: there are no more.
 */
static size_t
next_range (const struct watched_file *watched, const struct page_row *rows, bool (*holds) (const struct page_row *row),
            size_t *page)
{
  size_t end;

  while (*page < watched->page_count && !holds (&rows[*page]))
    ++*page;
  for (end = *page; end < watched->page_count && holds (&rows[end]); end++) {
    /* to the end of the range */
  }
  return end - *page;
}

/* Name the pages that are HOLDS: `data 0-3, 7; log 1`. */
static void
print_ranges (const struct page_table *table, bool (*holds) (const struct page_row *row), FILE *file)
{
  size_t ranges = 0, count;
  char range[64];

  for (size_t i = 0; i < table->counts.pages->file_count; i++) {
    const struct watched_file *watched = &table->counts.pages->files[i];
    const struct page_row *rows = &table->counts.rows[watched->first_page];
    size_t before = ranges;

    for (size_t page = 0; (count = next_range (watched, rows, holds, &page)) > 0; page += count) {
      if (++ranges > RANGES_SHOWN_MAX)
        continue;
      fputs (ranges == 1 ? " " : ranges == before + 1 ? "; " : ", ", file);
      if (ranges == before + 1) {
        print_path (watched->path, file);
        putc (' ', file);
      }
      format_range (page, count, range, sizeof range);
      fputs (range, file);
    }
  }
  if (ranges > RANGES_SHOWN_MAX)
    fprintf (file, "; and %zu more %s", ranges - RANGES_SHOWN_MAX,
             plural (ranges - RANGES_SHOWN_MAX, "range", "ranges"));
  fputs (ranges == 0 ? " no page\n" : "\n", file);
}

void
page_table_print (const struct page_table *table, const char *filesystem, FILE *file)
{
  struct layout layout;
  mpz_t all;

  mpz_init (all);
  mpz_add (all, table->states[PAGES_IN_UPDATE], table->states[PAGES_COMMITTED]);
  CLEANUP_FREE char *states = big_number_text (all, DIGITS_SHOWN_MAX);

  measure (&layout, table);
  print_head (&layout, table, file);
  for (size_t i = 0; i < table->counts.pages->file_count; i++)
    print_rows (&layout, table, &table->counts.pages->files[i], file);
  fprintf (file, "never damaged in %s %s crash %s on %s%s:", table->exhaustive ? "all" : "the", states,
           plural_of_digits (states, "state", "states"), filesystem,
           table->exhaustive ? "" : " that were visited, and there are more");
  print_ranges (table, row_is_whole, file);
  fputs ("damaged in some of them:", file);
  print_ranges (table, is_damaged, file);
  if (mpz_sgn (table->states[PAGES_COMMITTED]) != 0) {
    fputs ("still old in some after commit:", file);
    print_ranges (table, is_undone, file);
  }
  mpz_clear (all);
}

void
page_classes_print (const struct pages *pages, const uint8_t *classes, FILE *file)
{
  char range[64];

  for (size_t i = 0; i < pages->file_count; i++) {
    const struct watched_file *watched = &pages->files[i];
    const uint8_t *of_file = classes + watched->first_page;
    const char *separator = " ";

    fputs ("pages      ", file);
    print_path (watched->path, file);
    putc (':', file);
    for (size_t page = 0, end; page < watched->page_count; page = end) {
      for (end = page + 1; end < watched->page_count && of_file[end] == of_file[page]; end++) {
        /* to the end of the range */
      }
      format_range (page, end - page, range, sizeof range);
      fprintf (file, "%s%s %s", separator, range, page_class_name ((enum page_class) of_file[page]));
      separator = ", ";
    }
    putc ('\n', file);
  }
}

static void
add_counts (cJSON *row, const struct page_row *counts, enum page_when when)
{
  cJSON *object = cJSON_AddObjectToObject (row, when == PAGES_IN_UPDATE ? "in_update" : "committed");

  for (int class = 0; class < PAGE_CLASS_COUNT; class++) {
    CLEANUP_FREE char *states = big_number_for_programs (counts->states[when][class]);

    cJSON_AddStringToObject (object, page_class_name ((enum page_class) class), states);
  }
}

cJSON *
page_table_json (const struct page_table *table)
{
  cJSON *list = cJSON_CreateArray ();

  for (size_t i = 0; i < table->counts.pages->file_count; i++)
    for (size_t page = 0; page < table->counts.pages->files[i].page_count; page++) {
      const struct watched_file *file = &table->counts.pages->files[i];
      CLEANUP_FREE char *path = safe_text (file->path);
      cJSON *row = cJSON_CreateObject ();

      cJSON_AddStringToObject (row, "path", path ? path : "");
      cJSON_AddNumberToObject (row, "page", (double) page);
      for (enum page_when when = 0; when < PAGES_WHEN_COUNT; when++)
        add_counts (row, &table->counts.rows[file->first_page + page], when);
      cJSON_AddItemToArray (list, row);
    }
  return list;
}
