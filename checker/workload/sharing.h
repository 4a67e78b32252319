/* SPDX-License-Identifier: BSD-3-Clause */
/* What operations do in a simulation that take the data of a file from another: reflink, clone, copyrange, dedupe. */
#ifndef POWERCUT_CHECKER_WORKLOAD_SHARING_H
#define POWERCUT_CHECKER_WORKLOAD_SHARING_H

#include "checker/workload/simulation.h"

/* Each does OPERATION, the first reflink, clone or copyrange.  Returns 0, or -1 after a message. */
extern int simulate_clone (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_dedupe (struct simulation *simulation, const struct workload_operation *operation);

/* The files are still of few enough pieces, of which each copy can have twice as many, and have not too many extended
 * attributes, which a snapshot copies, too.  Returns as above.
 */
extern int check_pieces (const struct simulation *simulation, const struct workload_operation *operation);

#endif
