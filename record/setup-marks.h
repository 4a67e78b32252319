/* SPDX-License-Identifier: BSD-3-Clause */
/* The marks that --setup writes: part of what it prepares, though they are on no disk.  As a text they are lines, each
 * a mark as one word (common/escape.h).
 */
#ifndef POWERCUT_RECORD_SETUP_MARKS_H
#define POWERCUT_RECORD_SETUP_MARKS_H

#include "record/recorder.h"

/* The marks after the first one, which is powercut's own, of the log PATH, which may be written to: to free, or NULL
 * after a message.
 */
extern char *setup_marks_read (const char *path);

/* Write MARKS to the log that RECORDER's server has begun.  Returns 0, or -1 after a message. */
extern int setup_marks_write (struct recorder *recorder, const char *marks);

#endif
