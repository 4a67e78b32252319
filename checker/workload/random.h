/* SPDX-License-Identifier: BSD-3-Clause */
/* Random workloads: some operations of every kind on a few files, and persistence operations among them.
 *
 * Each operation is one that can be done, and is about the path of the one before as often as about another.  After
 * each stands a persistence operation or, but after the last, none.  Some are done by two or three processes at the
 * same time, each with a persistence operation or none.  The setup has made some of the files.  A workload follows from
 * the seed, its number and the bounds alone.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_RANDOM_H
#define POWERCUT_CHECKER_WORKLOAD_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "filesystem/filesystem.h"

#define RANDOM_OPERATIONS_MAX 100

struct random_bounds {
  uint64_t seed;
  size_t least, most;           /* operations, up to RANDOM_OPERATIONS_MAX; fewer where no further one can be done */
  const char *set;              /* names of operations or of groups of them, separated by commas; NULL: all */
  const struct filesystem *filesystem;  /* that can do them; NULL: some that most of those with a journal can */
};

/* Workload NUMBER within BOUNDS, to free, or NULL after a message. */
extern char *random_workload (const struct random_bounds *bounds, uint64_t number);

#endif
