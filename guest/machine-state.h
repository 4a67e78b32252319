/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a machine, in a file. */
#ifndef POWERCUT_GUEST_MACHINE_STATE_H
#define POWERCUT_GUEST_MACHINE_STATE_H

#include "guest/vm.h"

/* Let the agent of VM, which is ROLE_SAVED and was asked nothing yet, be ready for that.  Returns 0, or -1 without a
 * message.
 */
extern int machine_sleep (struct vm *vm);

/* Write HEAD, and then compressed the state of the machine that takes commands on the socket COMMANDS, to the new file
 * PATH.  The machine can only be ended then.  Returns 0, or -1 without a message.
 */
extern int machine_save (int commands, const char *path, const char *head);

/* Read the state that begins where the file FD stands, and write it to the socket MACHINE, within TIMEOUT_MS.  Returns
 * 0, or -1 without a message.
 */
extern int machine_load (int machine, int fd, int timeout_ms);

#endif
