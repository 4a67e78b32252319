/* SPDX-License-Identifier: BSD-3-Clause */
/* What persistence operations promise (checker/persistence/persistence.h says it in words). */
#ifndef POWERCUT_CHECKER_PERSISTENCE_PROMISES_H
#define POWERCUT_CHECKER_PERSISTENCE_PROMISES_H

#include <stdint.h>

#include "checker/persistence/state.h"

struct promiser {
  uint32_t rules;
  struct workload_state *state; /* into which the promises go */
  uint32_t operation;           /* number of who promises; 0: the sync before `begin` */
  struct last_touch by;         /* its block and process */
};

/* What a sync promises.  Returns 0, or -1 after a message. */
extern int promise_all (const struct promiser *promiser);

/* What the last operation has made is as a whole what it was then, if it is there: TOP, of a snapshot.  Returns as
 * above.
 */
extern int promise_whole (const struct promiser *promiser, const struct sim_inode *top);

/* What OPERATION, a persistence operation, promises.  Returns as above. */
extern int promise_by (const struct promiser *promiser, const struct workload_operation *operation);

#endif
