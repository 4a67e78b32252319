/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations of a workload as they are done, one after another, to a state, and what those of them promise that
 * have returned.
 */
#ifndef POWERCUT_CHECKER_PERSISTENCE_DOING_H
#define POWERCUT_CHECKER_PERSISTENCE_DOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/persistence/persistence.h"
#include "checker/persistence/promises.h"

struct doing {
  const struct workload *workload;
  struct promiser promiser;
  size_t next;                  /* the operation at which it has stopped, or DOING_IN_BLOCK */
  bool started;                 /* it was done, but had not returned */
};
#define DOING_IN_BLOCK SIZE_MAX /* in place of an operation: it cannot go on */

/* Begin with WORKLOAD and STATE, which is all zeros, under RULES.  Returns 0, or -1 after a message. */
extern int doing_begin (struct doing *doing, const struct workload *workload, uint32_t rules,
                        struct workload_state *state);

/* Do the operations up to number LIMIT that were not done yet, where those of PROGRESS were the last persistence
 * operations that returned; a process stops at its next one.  Returns as above.
 */
extern int doing_come_to (struct doing *doing, struct workload_progress progress, size_t limit);

/* Whether it can go on from where it has stopped to PROGRESS. */
extern bool doing_can_come_to (const struct doing *doing, struct workload_progress progress);

/* Called with a state at which the power may fail; returns 0 to go on, 1 to stop, or -1 after a message. */
typedef int doing_visit (void *context, const struct workload_state *state);

/* Do all operations once, and visit the states before each persistence operation returns and after the last.  In a
 * block of processes the one of number LAST (or, if it has less, its last one) comes last, all others having come to
 * their first persistence operation.  Returns what VISIT did when it stopped, else as above.
 */
extern int doing_visit_all (struct doing *doing, unsigned last, doing_visit *visit, void *context);

#endif
