/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kernels there are. */
#ifndef POWERCUT_GUEST_KERNEL_LIST_H
#define POWERCUT_GUEST_KERNEL_LIST_H

#include "guest/kernel/kernel.h"

/* All fetched kernels, newest first and of one version Debian's cloud flavour first, in an array to free (each with
 * kernel_free).  Returns their count or -1 after a message.
 */
extern int kernel_list_fetched (struct kernel **kernels);

/* The same for the kernels installed in /boot, as far as they and their modules can be read. */
extern int kernel_list_installed (struct kernel **kernels);

/* Move the kernel at INDEX (-1: none) of the COUNT KERNELS to *kernel, and free all others and the array.  Returns
 * whether there is one.
 */
extern bool kernel_list_take (struct kernel *kernels, int count, int index, struct kernel *kernel);

#endif
