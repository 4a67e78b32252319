/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of the files' pages, on a page. */
#include <config.h>

#include <string.h>

#include "replay/report/html-pages.h"

#define ROWS_MAX 400

/* Which classes were seen at all. */
static void
find_classes (const struct page_table *table, bool seen[PAGE_CLASS_COUNT])
{
  for (size_t row = 0; row < table->counts.pages->page_count; row++)
    for (int when = 0; when < PAGES_WHEN_COUNT; when++)
      for (int class = 0; class < PAGE_CLASS_COUNT; class++)
        seen[class] |= mpz_sgn (table->counts.rows[row].states[when][class]) != 0;
}

/* The colour of a cell: some states have the class. */
static const char *
class_of (enum page_class class, enum page_when when)
{
  if (class >= PAGE_MISSING)
    return "bad";
  if (class == PAGE_OLD)
    return when == PAGES_COMMITTED ? "half" : "none";
  return class == PAGE_NEW ? "good" : "none";
}

static void
put_row (const struct html *html, const char *path, size_t first, size_t count, const struct page_row *row,
         enum page_when when,
         const bool *seen)
{
  html_put_names (html, "<tr><td><code>", path, "</code></td>");
  fprintf (html->file, "<td class=\"n\" data-head=\"pages\">%zu", first);
  if (count > 1)
    fprintf (html->file, "-%zu", first + count - 1);
  fprintf (html->file, "</td><td data-head=\"crash\">%s</td>", page_when_name (when));
  for (enum page_class class = 0; class < PAGE_CLASS_COUNT; class++) {
    if (!seen[class])
      continue;
    if (mpz_sgn (row->states[when][class]) == 0) {
      fputs ("<td></td>", html->file);
      continue;
    }
    fprintf (html->file, "<td class=\"n %s\" data-head=\"%s\">", class_of (class, when), page_class_name (class));
    html_put_states (html, row->states[when][class]);
    fputs ("</td>", html->file);
  }
  fputs ("</tr>\n", html->file);
}

/* The rows of one file; those that are alike, once.  Returns how many of LEFT rows are left. */
static size_t
put_file (const struct html *html, const struct page_table *table, const struct watched_file *file, const bool *seen,
          size_t left)
{
  for (size_t at = 0, count; at < file->page_count; at += count) {
    size_t row = file->first_page + at;

    count = page_table_alike (table, file, row);
    for (enum page_when when = 0; when < PAGES_WHEN_COUNT && left > 0; when++)
      if (mpz_sgn (table->states[when]) != 0) {
        put_row (html, file->path, at, count, &table->counts.rows[row], when, seen);
        left--;
      }
  }
  return left;
}

void
html_put_pages (const struct html *html)
{
  const struct page_table *table = &html->report->pages;
  bool seen[PAGE_CLASS_COUNT] = { false };
  size_t left = ROWS_MAX;

  if (html->results->config->pages == NULL)
    return;
  find_classes (table, seen);
  fprintf (html->file, "<h2 id=\"%spages\">Pages</h2>\n"
           "<p class=\"soft\">In how many crash states each page of %zu bytes is what.</p>\n"
           "<div class=\"wide\"><table>\n<thead>\n<tr><th>file</th><th>pages</th><th>crash</th>",
           html->prefix, table->counts.pages->page_sectors * LOG_SECTOR);
  for (enum page_class class = 0; class < PAGE_CLASS_COUNT; class++)
    if (seen[class])
      fprintf (html->file, "<th>%s</th>", page_class_name (class));
  fputs ("</tr>\n</thead>\n<tbody>\n", html->file);
  for (size_t i = 0; i < table->counts.pages->file_count; i++)
    left = put_file (html, table, &table->counts.pages->files[i], seen, left);
  fputs ("</tbody>\n</table></div>\n", html->file);
  if (left == 0)
    fputs ("<p class=\"soft\">The table ends here; <code>replay --json</code> has all pages.</p>\n", html->file);
}
