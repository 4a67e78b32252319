/* SPDX-License-Identifier: BSD-3-Clause */
/* A log that becomes shorter while it is read: what was mapped of it is there no more, and touching it is SIGBUS. */
#ifndef POWERCUT_LOG_GUARD_H
#define POWERCUT_LOG_GUARD_H

#include <stddef.h>

/* From now on, when part of a mapped file is gone, say of which of the COUNT files PATHS it was, call CLEAN
 * (unless NULL) and exit with 2.  Returns 0, or -1 after a message.
 */
extern int log_guard (const char *const *paths, size_t count, void (*clean) (void));

/* Of PATH, too.  Returns 0, or -1 after a message. */
extern int log_guard_add (const char *path);

/* The same at once if a guarded log is shorter than it was: for who is about to say what only comes of that. */
extern void log_guard_check (void);

#endif
