/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the processes of a block have to do with different things, so that what they leave is the same in any order.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_PROCESSES_H
#define POWERCUT_CHECKER_WORKLOAD_PROCESSES_H

#include "checker/workload/simulation.h"

/* What the processes of a block, a bit each, have done with an entry or an inode. */
struct process_use {
  uint32_t block;               /* whose use this is */
  uint32_t reads, writes;
};

/* Begins as zeros. */
struct processes {
  struct process_use *entries;  /* by number */
  size_t entry_count;
  struct process_use *names, *contents; /* of inodes, by number: that names lead to them, and all else of them */
  size_t name_count, content_count;
};

/* Note what operation INDEX looks at, before SIMULATION does it, and what it has changed, after that.  Each returns 0,
 * or -1 after a message: another process of the block changes what this one looks at or changes.
 */
extern int processes_before (struct processes *processes, const struct simulation *simulation, size_t index);
extern int processes_after (struct processes *processes, const struct simulation *simulation, size_t index);
extern void processes_free (struct processes *processes);

#endif
