/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounded workloads: every sequence of a few operations on a small set of files, each with every persistence operation
 * after it that could matter, as CrashMonkey's ACE has shown to be enough for most bugs.
 *
 * The files are foo, bar, A/foo and A/bar, the folders A and B.  An operation has a few forms: before, across and after
 * the end of a file, aligned and not, over an object and where none is.  What it needs is made by the setup.  After
 * each operation stands a persistence operation: sync; fsync of what was used so far, of what is beside it, or of the
 * folder above; fdatasync of the file that the operation is about; or, but after the last, none.  Of those that differ
 * only in which of two names in a folder is which, one is made.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_GENERATE_H
#define POWERCUT_CHECKER_WORKLOAD_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEN_OPERATIONS_MAX 3

struct gen_bounds {
  size_t operations;            /* in a row, 1 to GEN_OPERATIONS_MAX */
  const char *set;              /* names of operations or of groups of them, separated by commas */
};

/* Called with each workload and its number, from 1; returns 0 to go on, 1 to stop, -1 after a message. */
typedef int gen_visit (void *context, uint64_t number, const char *text);

/* Visit all workloads within BOUNDS, in an order that is always the same.  Returns 0, or -1 after a message. */
extern int gen_all (const struct gen_bounds *bounds, gen_visit *visit, void *context);

#endif
