/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of the blocks of a file of a simulation: `reserved` bytes are in blocks that falloc has allocated and
 * nothing has freed, `freed` ones in blocks that were freed, or never asked for, and are not allocated again.  Of all
 * others nothing is known: a file system may allocate more than is written where a file grows (XFS), and frees and
 * allocates where blocks are shared.  Blocks of more than ALLOCATION_BLOCK bytes may be allocated where they are
 * `freed`.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_ALLOCATION_H
#define POWERCUT_CHECKER_WORKLOAD_ALLOCATION_H

#include "checker/workload/simulation.h"

#define ALLOCATION_BLOCK 4096

/* INODE, a file, was just made.  Returns 0, or -1 after a message, as all of these do. */
extern int sim_allocation_begin (struct sim_inode *inode);

/* OPERATION, a write in some way, has written from OFFSET of INODE on, which had SIZE bytes before. */
extern int sim_allocation_write (struct simulation *simulation, const struct workload_operation *operation,
                                 struct sim_inode *inode, uint64_t offset, uint64_t size);

/* OPERATION, a falloc, was done to INODE, which had SIZE bytes before. */
extern int sim_allocation_falloc (struct simulation *simulation, const struct workload_operation *operation,
                                  struct sim_inode *inode, uint64_t size);

/* INODE, which had SIZE bytes before, was truncated. */
extern int sim_allocation_truncate (struct simulation *simulation, struct sim_inode *inode, uint64_t size);

/* Nothing is known of INODE from now on; nor, for all files, of what is after their ends. */
extern void sim_allocation_forget (struct simulation *simulation, struct sim_inode *inode);
extern int sim_allocation_forget_ends (struct simulation *simulation);

#endif
