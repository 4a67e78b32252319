/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are locks, for as long as a descriptor of theirs is open: whoever is killed has none any more.  Only who
 * has one alone may remove it.
 */
#ifndef POWERCUT_COMMON_LOCK_H
#define POWERCUT_COMMON_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Lock the file PATH, made if it is missing: ALONE, or together with all who do not want it alone.  Waits for others,
 * but no longer than TIMEOUT_MS.  Returns a descriptor, to close when it is not needed any more, or -1 with errno:
 * EWOULDBLOCK if others have it for longer, EINTR after a stop.
 */
extern int lock_take (const char *path, bool alone, int timeout_ms);

/* The process that had the lock PATH alone last, which has it if anybody does; or 0. */
extern pid_t lock_holder (const char *path);

/* Whether PATH is the file FD, still. */
extern bool lock_is_at (int fd, const char *path);

#endif
