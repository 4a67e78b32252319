/* SPDX-License-Identifier: BSD-3-Clause */
/* Getting a kernel of Debian's that is a program. */
#ifndef POWERCUT_GUEST_KERNEL_FETCH_PROGRAM_H
#define POWERCUT_GUEST_KERNEL_FETCH_PROGRAM_H

#include "guest/kernel/fetch.h"

/* Fetch the package user-mode-linux as WISH says and unpack it into KERNELS, the locked directory of kernels in the
 * cache, unless that release is there; with the C library of its suite if it does not run with this machine's.  Returns
 * its release, to free, or NULL after a message.
 */
extern char *kernel_fetch_program (const struct kernel_wish *wish, const char *kernels);

#endif
