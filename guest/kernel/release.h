/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel that a log names. */
#ifndef POWERCUT_GUEST_KERNEL_RELEASE_H
#define POWERCUT_GUEST_KERNEL_RELEASE_H

#include "guest/kernel/kernel.h"

/* Find the kernel of this RELEASE among those that are fetched and those in /boot, whatever else RELEASE might name.
 * Returns 0, or -1 after a message, which says that the log LOG was recorded on it.
 */
extern int kernel_find_release (const char *release, const char *log, struct kernel *kernel);

#endif
