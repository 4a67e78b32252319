/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of each page, in how many crash states. */
#ifndef POWERCUT_REPLAY_REPORT_PAGE_TABLE_H
#define POWERCUT_REPLAY_REPORT_PAGE_TABLE_H

#include <cjson/cJSON.h>
#include <gmp.h>
#include <stdbool.h>
#include <stdio.h>

#include "replay/results.h"

struct page_table {
  struct page_counts counts;
  mpz_t states[PAGES_WHEN_COUNT];       /* that were covered; the classes of each row add up to these */
  bool exhaustive;              /* there are no others */
};

/* Add up what the COUNT results, 1 or more, have seen, all of the same pages.  Returns 0, or -1 after a message.  Free
 * with page_table_free in any case; a table of zeros may be freed, too.
 */
extern int page_table_make (struct page_table *table, const struct results *const *results, size_t count);
extern void page_table_free (struct page_table *table);

/* `in update`, `committed` */
extern const char *page_when_name (enum page_when when);

/* How many rows of FILE, from ROW on, show the same in as many states, ROW itself counted. */
extern size_t page_table_alike (const struct page_table *table, const struct watched_file *file, size_t row);

/* Print the table, and which pages were never damaged on FILESYSTEM. */
extern void page_table_print (const struct page_table *table, const char *filesystem, FILE *file);

/* Print the class of each page of PAGES, which CLASSES has: a line for each file. */
extern void page_classes_print (const struct pages *pages, const uint8_t *classes, FILE *file);

/* The rows as an array of objects. */
extern cJSON *page_table_json (const struct page_table *table);

#endif
