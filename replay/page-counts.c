/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <stdlib.h>

#include "common/array.h"
#include "common/message.h"
#include "replay/page-counts.h"

void
open_page_free (struct open_page *open)
{
  mpz_clear (open->all);
  for (int class = 0; class < PAGE_CLASS_COUNT; class++)
    mpz_clear (open->ways[class]);
}

void
pages_seen_free (struct pages_seen *seen)
{
  free (seen->classes);
  array_free (seen->open, seen->open_count, open_page_free);
  *seen = (struct pages_seen) { .classes = NULL };
}

int
page_counts_begin (struct page_counts *counts, const struct pages *pages)
{
  *counts = (struct page_counts) { pages, calloc (pages->page_count + 1, sizeof *counts->rows) };
  if (counts->rows == NULL)
    return out_of_memory ();
  for (size_t page = 0; page < pages->page_count; page++)
    for (int i = 0; i < PAGES_WHEN_COUNT * PAGE_CLASS_COUNT; i++)
      mpz_init (counts->rows[page].states[i / PAGE_CLASS_COUNT][i % PAGE_CLASS_COUNT]);
  return 0;
}

void
page_counts_free (struct page_counts *counts)
{
  for (size_t page = 0; counts->rows && page < counts->pages->page_count; page++)
    for (int i = 0; i < PAGES_WHEN_COUNT * PAGE_CLASS_COUNT; i++)
      mpz_clear (counts->rows[page].states[i / PAGE_CLASS_COUNT][i % PAGE_CLASS_COUNT]);
  free (counts->rows);
}

bool
page_counts_when (const struct page_counts *counts, const struct moment *moment, enum page_when *when)
{
  *when = moment->phase == PHASE_COMMITTED ? PAGES_COMMITTED : PAGES_IN_UPDATE;
  return moment->phase != PHASE_UNKNOWN && moment->step <= counts->pages->step_count;
}

/* Count STATES in which the pages are of CLASSES, but for those that have none there. */
static void
add_classes (struct page_counts *counts, enum page_when when, const uint8_t *classes, const mpz_t states)
{
  for (size_t page = 0; page < counts->pages->page_count; page++) {
    unsigned class = classes ? classes[page] : PAGE_MISSING;

    if (class < PAGE_CLASS_COUNT)
      mpz_add (counts->rows[page].states[when][class], counts->rows[page].states[when][class], states);
  }
}

void
page_counts_add (struct page_counts *counts, const struct moment *moment, const uint8_t *classes, const mpz_t states)
{
  enum page_when when;

  if (page_counts_when (counts, moment, &when))
    add_classes (counts, when, classes ? pages_at_step (counts->pages, classes, moment->step) : NULL, states);
}

void
page_counts_add_seen (struct page_counts *counts, const struct moment *moment, const struct pages_seen *seen,
                      const mpz_t states)
{
  enum page_when when;
  mpz_t share;

  if (!page_counts_when (counts, moment, &when))
    return;
  add_classes (counts, when, seen->classes, states);
  mpz_init (share);
  for (size_t i = 0; i < seen->open_count; i++) {
    const struct open_page *open = &seen->open[i];

    assert (mpz_divisible_p (states, open->all));
    mpz_divexact (share, states, open->all);
    for (int class = 0; class < PAGE_CLASS_COUNT; class++)
      mpz_addmul (counts->rows[open->page].states[when][class], share, open->ways[class]);
  }
  mpz_clear (share);
}

void
page_counts_join (struct page_counts *counts, const struct page_counts *other)
{
  for (size_t page = 0; page < counts->pages->page_count; page++)
    for (int i = 0; i < PAGES_WHEN_COUNT * PAGE_CLASS_COUNT; i++) {
      mpz_ptr states = counts->rows[page].states[i / PAGE_CLASS_COUNT][i % PAGE_CLASS_COUNT];

      mpz_add (states, states, other->rows[page].states[i / PAGE_CLASS_COUNT][i % PAGE_CLASS_COUNT]);
    }
}
