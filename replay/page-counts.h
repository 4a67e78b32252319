/* SPDX-License-Identifier: BSD-3-Clause */
/* In how many crash states each page was of which class (checker/observe/pages.h), added up over a replay. */
#ifndef POWERCUT_REPLAY_PAGE_COUNTS_H
#define POWERCUT_REPLAY_PAGE_COUNTS_H

#include <gmp.h>

#include "checker/moment.h"
#include "checker/watched-pages.h"

/* When the power was cut. */
enum page_when {
  PAGES_IN_UPDATE,              /* between `begin` and `commit` */
  PAGES_COMMITTED,              /* after `commit`, before the next `begin` */
  PAGES_WHEN_COUNT,
};

/* Begin with all zeros for what has no pages. */
struct page_counts {
  const struct pages *pages;
  struct page_row {
    mpz_t states[PAGES_WHEN_COUNT][PAGE_CLASS_COUNT];
  } *rows;                      /* one for each page, the files in their order */
};

/* What becomes of the pages in some states: all of these, or each page in its share of them. */
struct pages_seen {
  uint8_t *classes;             /* of each page; PAGE_CLASS_COUNT if it is not the same in all the states.  To free */
  struct open_page {
    size_t page;
    mpz_t all;                  /* ways to choose what it depends on */
    mpz_t ways[PAGE_CLASS_COUNT];       /* ... that make it be of each class */
  } *open;                      /* those of which it is not */
  size_t open_count;
};

extern void open_page_free (struct open_page *open);
extern void pages_seen_free (struct pages_seen *seen);

/* Begin with no state of PAGES, which must outlive the counts.  Returns 0, or -1 after a message.  Free with
 * page_counts_free in any case.
 */
extern int page_counts_begin (struct page_counts *counts, const struct pages *pages);
extern void page_counts_free (struct page_counts *counts);

/* Whether MOMENT is in a step of the pages; *when is when then. */
extern bool page_counts_when (const struct page_counts *counts, const struct moment *moment, enum page_when *when);

/* Count STATES at MOMENT, if that is in a step of the pages, in which they are of CLASSES (pages_classify); NULL: they
 * are missing.
 */
extern void page_counts_add (struct page_counts *counts, const struct moment *moment, const uint8_t *classes,
                             const mpz_t states);

/* The same for what was SEEN of them at that step. */
extern void page_counts_add_seen (struct page_counts *counts, const struct moment *moment,
                                  const struct pages_seen *seen, const mpz_t states);

/* Count what OTHER has counted of the same pages. */
extern void page_counts_join (struct page_counts *counts, const struct page_counts *other);

#endif
