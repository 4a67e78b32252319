/* SPDX-License-Identifier: BSD-3-Clause */
/* What is going on, for whoever waits for it: one line on standard error that changes in its place if that is a
 * terminal, and a new line a minute if it is not.
 */
#ifndef POWERCUT_COMMON_PROGRESS_H
#define POWERCUT_COMMON_PROGRESS_H

#include <stdbool.h>

struct progress;

/* Begin.  NULL, with which all that follows does nothing: with QUIET, and where memory is short. */
extern struct progress *progress_begin (bool quiet);

/* Say how far it is; to be called again and again. */
extern void progress_show (struct progress *progress, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Say what goes on from now until the next call; how long it has is shown without another call. */
extern void progress_stage (struct progress *progress, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Make room on a terminal for a line of something else. */
extern void progress_clear (struct progress *progress);

/* End: nothing is left of it on a terminal. */
extern void progress_end (struct progress *progress);

#endif
