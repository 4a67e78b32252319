/* SPDX-License-Identifier: BSD-3-Clause */
/* The flags of inodes in a simulation, and what they protect. */
#ifndef POWERCUT_CHECKER_WORKLOAD_FLAGS_H
#define POWERCUT_CHECKER_WORKLOAD_FLAGS_H

#include "checker/workload/simulation.h"

/* Whether the flags of what OPERATION is about allow it: 0, or -1 after a message. */
extern int simulate_protection (const struct simulation *simulation, const struct workload_operation *operation);

/* Change flags.  Returns 0, or -1 after a message. */
extern int simulate_chattr (struct simulation *simulation, const struct workload_operation *operation);

#endif
