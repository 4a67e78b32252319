/* SPDX-License-Identifier: BSD-3-Clause */
/* What came out of a cell, in words. */
#ifndef POWERCUT_BATCH_MATRIX_CELL_SUMMARY_H
#define POWERCUT_BATCH_MATRIX_CELL_SUMMARY_H

#include "batch/matrix/matrix.h"

#define VERDICT_NUMBER_MAX 64

/* All texts are safe to print. */
struct update_verdict {
  const char *atomic, *durable, *exhaustive;    /* "yes", "NO" or "-" */
  const char *summary;          /* "atomic, durable", "not supported", ... */
  const char *class;            /* how good that is: good, half, bad or none */
  char states[VERDICT_NUMBER_MAX], runs[VERDICT_NUMBER_MAX];
  char *leftovers;              /* to free */
  char *wrong;                  /* one line about what was wrong, empty if nothing; to free */
};

/* Say what came out of CELL, which has ended; free it with update_verdict_free.  Where memory is short, texts are NULL.
 */
extern void update_verdict_make (struct update_verdict *verdict, const struct cell *cell);
extern void update_verdict_free (struct update_verdict *verdict);

/* How many cells came out how, and how long it took; to free, or NULL. */
extern char *matrix_describe_counts (const struct grid *grid);

#endif
