/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel oracle: messages that no correct recovery prints. */
#ifndef POWERCUT_CHECKER_KERNEL_FAULT_H
#define POWERCUT_CHECKER_KERNEL_FAULT_H

#include <stdbool.h>

/* Whether a line of the kernel log reports a fault: a BUG, WARNING, Oops or hung task, or a file system's own message
 * that it found itself corrupted.
 */
extern bool kernel_line_is_fault (const char *line);

/* Whether it is one of those that are wrong whatever the file system is like: not that message. */
extern bool kernel_line_is_bug (const char *line);

#endif
