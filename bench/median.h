/* SPDX-License-Identifier: BSD-3-Clause */
/* The one figure of many rounds. */
#ifndef POWERCUT_BENCH_MEDIAN_H
#define POWERCUT_BENCH_MEDIAN_H

#include <stdlib.h>

static inline int
compare_doubles (const void *left, const void *right)
{
  double a = *(const double *) left, b = *(const double *) right;

  return a < b ? -1 : a > b;
}

/* Of COUNT values, at least one, which are sorted by this. */
static inline double
median (double *values, size_t count)
{
  qsort (values, count, sizeof *values, compare_doubles);
  return values[count / 2];
}

#endif
