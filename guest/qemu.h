/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of QEMU, of use to guest/vm.c alone. */
#ifndef POWERCUT_GUEST_QEMU_H
#define POWERCUT_GUEST_QEMU_H

#include "guest/accel.h"
#include "guest/vm.h"

#define QEMU_PROGRAM "qemu-system-x86_64"

/* The words that run a guest as CONFIG says, of the kernel in IMAGE, with ACCEL, which is not ACCEL_AUTO, and the
 * agent's port on the connected socket AGENT_FD, which QEMU inherits, as it does CONFIG's state_fd.  NULL at the end,
 * to be freed with qemu_command_free; NULL with errno if memory is short.
 */
extern char **qemu_command (const struct vm_config *config, const char *image, enum accel accel, int agent_fd);
extern void qemu_command_free (char **words);

#endif
