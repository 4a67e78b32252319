/* SPDX-License-Identifier: BSD-3-Clause */
/* What operations do to the open files of a simulation. */
#ifndef POWERCUT_CHECKER_WORKLOAD_OPENS_H
#define POWERCUT_CHECKER_WORKLOAD_OPENS_H

#include "checker/workload/simulation.h"

/* Each does OPERATION, whose name is in its verb.  Returns 0, or -1 after a message. */
extern int simulate_open (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_tmpfile (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_close (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_linktmp (struct simulation *simulation, const struct workload_operation *operation);

#endif
