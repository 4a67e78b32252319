/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest before it is ready: of use to guest/boot.c alone. */
#ifndef POWERCUT_GUEST_LAUNCH_H
#define POWERCUT_GUEST_LAUNCH_H

#include "guest/accel.h"
#include "guest/vm.h"

/* Start the machine with ACCEL, which is not ACCEL_AUTO.  The guest is to be ended with vm_end.  NULL after a message.
 */
extern struct vm *vm_launch (const struct vm_config *config, enum accel accel);

/* What becomes readable when the guest is ready, or has ended. */
extern int vm_port (const struct vm *vm);

/* Wait until the agent is ready: VM_OK, and no text.  Otherwise the guest can only be ended. */
extern struct vm_answer vm_await_ready (struct vm *vm, int timeout_ms);

#endif
