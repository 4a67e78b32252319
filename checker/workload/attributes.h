/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations of a simulation on what an object has besides its data. */
#ifndef POWERCUT_CHECKER_WORKLOAD_ATTRIBUTES_H
#define POWERCUT_CHECKER_WORKLOAD_ATTRIBUTES_H

#include "checker/workload/simulation.h"

/* Give INODE, which was just made in FOLDER, what it has of it: the group, and ACLs.  Returns 0, or -1
 * after a message.
 */
extern int simulate_inheritance (struct sim_inode *inode, const struct sim_inode *folder);

/* Each does OPERATION.  Returns 0, or -1 after a message. */
extern int simulate_chmod (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_chown (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_project (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_utimes (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_xattr (struct simulation *simulation, const struct workload_operation *operation);

/* The file that OPERATION, which was done, has written gives no capabilities (`security.capability`) to who runs it any
 * more.
 */
extern void simulate_capabilities (struct simulation *simulation, const struct workload_operation *operation);

/* What OPERATION, which was done, has changed is not as utimes has left it any more. */
extern void simulate_times (struct simulation *simulation, const struct workload_operation *operation);

#endif
