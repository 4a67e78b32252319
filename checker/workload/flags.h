/* SPDX-License-Identifier: BSD-3-Clause */
/* What flags of inodes protect in a simulation, and a mount that is read-only. */
#ifndef POWERCUT_CHECKER_WORKLOAD_FLAGS_H
#define POWERCUT_CHECKER_WORKLOAD_FLAGS_H

#include "checker/workload/simulation.h"

/* Whether the mount, and the flags of what OPERATION is about, allow it: 0, or -1 after a message. */
extern int simulate_protection (const struct simulation *simulation, const struct workload_operation *operation);

/* Change flags; mount it in another way.  Both return 0, or -1 after a message. */
extern int simulate_chattr (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_remount (struct simulation *simulation, const struct workload_operation *operation);

#endif
