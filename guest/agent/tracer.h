/* SPDX-License-Identifier: BSD-3-Clause */
/* Following a process and all that it starts, from system call to system call. */
#ifndef POWERCUT_GUEST_AGENT_TRACER_H
#define POWERCUT_GUEST_AGENT_TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/agent/tracee.h"

/* A call that has succeeded and changed the place that is looked at, or may have (CHANGED), or has synced it. */
struct traced_call {
  uint64_t number;              /* from 1 */
  char *text;                   /* as strace(1) prints it; NULL: from this call on not each is acted on */
  bool changed;
};

/* What to do after CALL, while who made it waits; in a process of its own, because it may take long, and others who go
 * on meanwhile must not wait.  Returns 0; an errno if it could not be done, which is said once and no more; or -1 after
 * a message if nothing can go on.
 */
typedef int traced_act (void *context, const struct traced_call *call);

/* Follow FIRST, a process that waits to be followed, and whoever it starts; call READY once it is.  Those who are
 * followed do not live longer than the caller, and each keeps the parent that it has.  Returns 0 when none of them is
 * left, or -1 after a message.
 */
extern int trace (pid_t first, void (*ready) (void *context), const struct place *place, traced_act *act,
                  void *context);

#endif
