/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of cells that failed are kept for people to look at: see --keep. */
#ifndef POWERCUT_BATCH_KEEP_H
#define POWERCUT_BATCH_KEEP_H

#include "batch/grid.h"

/* Can logs be kept in DIRECTORY?  It is made if it is not there.  Returns 0, or -1 after a message. */
extern int keep_check (const char *directory);

/* Keep the logs of the job of CELL, which is in the row NAME, in DIRECTORY.  They are called after row and environment:
 * NAME-FILESYSTEM[-MOUNT]-KERNEL, with the schedule as in the log's own name; what does not belong into a file's name
 * becomes `-`.  What a guest that died left is kept, too.  Returns 0, or -1 after a message.
 */
extern int keep_logs (const char *directory, const struct cell *cell, const char *name);

/* Whether they are there: 1, 0, or -1 after a message. */
extern int keep_has_logs (const char *directory, const struct cell *cell, const char *name);

/* Copy the file FROM to TO.  Returns 0, or -1 after a message. */
extern int keep_file (const char *from, const char *to);

#endif
