/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a checker can be found before a guest is booted for it. */
#ifndef POWERCUT_GUEST_CHECKER_THERE_H
#define POWERCUT_GUEST_CHECKER_THERE_H

#include <stdbool.h>

/* Is the program there with which the shell command CHECK begins?  Doubted are whole paths that neither the host has
 * nor the guest can have of its own, names that no shell knows, and, with FRESH, where the recorded file system can
 * have no programs before the update, a relative path of a program of the host: in the guest it would be one of the
 * file system.  Returns 0, or -1 after a message.
 */
extern int checker_there (const char *check, bool fresh);

#endif
