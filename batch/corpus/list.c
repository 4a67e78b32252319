/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "batch/corpus/corpus.h"
#include "common/escape.h"

/* Where it is expected to fail, in one line. */
static void
print_failure (const struct case_failure *failure)
{
  printf ("    %s on %s", failure->by_luck ? "may fail" : "fails", failure->filesystem);
  for (size_t i = 0; i < failure->kernels.count; i++) {
    fputs (i ? ", " : " with ", stdout);
    print_safe_text (failure->kernels.list[i], stdout);
  }
  fputs (": ", stdout);
  print_safe_text (failure->why, stdout);
  putchar ('\n');
}

static void
print_case (const struct corpus_case *corpus_case)
{
  print_safe_text (corpus_case->name, stdout);
  fputs ("\n    ", stdout);
  print_safe_text (corpus_case->title, stdout);
  putchar ('\n');
  if (corpus_case->origin) {
    fputs ("    ", stdout);
    print_safe_text (corpus_case->origin, stdout);
    putchar ('\n');
  }
  for (size_t i = 0; i < corpus_case->failure_count; i++)
    print_failure (&corpus_case->failures[i]);
}

int
corpus_list (const char *const *paths, size_t count, const char *pattern)
{
  struct corpus corpus = { .cases = NULL };
  int r = corpus_find_cases (&corpus, paths, count, pattern);

  for (size_t i = 0; r == 0 && i < corpus.case_count; i++)
    print_case (&corpus.cases[i]);
  corpus_free_cases (&corpus);
  return r;
}
