/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest before it is ready: of use to guest/boot.c, start.c and snapshot.c alone. */
#ifndef POWERCUT_GUEST_LAUNCH_H
#define POWERCUT_GUEST_LAUNCH_H

#include "guest/accel.h"
#include "guest/vm.h"

/* Start the machine with ACCEL, which is not ACCEL_AUTO.  The guest is to be ended with vm_end.  NULL after a message.
 */
extern struct vm *vm_launch (const struct vm_config *config, enum accel accel);

/* What becomes readable when the guest is ready, or has ended. */
extern int vm_port (const struct vm *vm);

/* Of a guest that is ROLE_SAVED, the socket on which QEMU takes commands; of one that is ROLE_RESTORED, that from which
 * it reads the state of the machine; else -1.
 */
extern int vm_state (const struct vm *vm);

/* Wait until the agent is ready, after asking it WORDS, unless that is NULL: VM_OK, and no text.  Otherwise the guest
 * can only be ended.
 */
extern struct vm_answer vm_await_ready (struct vm *vm, int timeout_ms, const char *const *words);

/* Boot a guest of the base and the extras, and wait until the agent is ready.  NULL after a message, or silently after
 * a stop; or silently with *broken, if that is not NULL, where it was QEMU that failed.
 */
extern struct vm *boot_guest (const struct vm_config *config, bool *broken);

/* What CONFIG's guest would be accelerated by; the user is told if it is emulated.  ACCEL_AUTO: that is not known
 * before a guest is booted.
 */
extern enum accel boot_accel (const struct vm_config *config);

#endif
