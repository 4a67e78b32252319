/* SPDX-License-Identifier: BSD-3-Clause */
/* `--json-lines`: every answer as a JSON object in a line of its own, as soon as it is known. */
#ifndef POWERCUT_REPLAY_REPORT_RUN_LINES_H
#define POWERCUT_REPLAY_REPORT_RUN_LINES_H

#include "replay/session-config.h"

struct run_lines;

/* Begin the file PATH, `-` for standard output.  NULL after a message. */
extern struct run_lines *run_lines_open (const char *path);

/* Write a line about ANSWER to LINES, a struct run_lines: it listens to a session.  The line is with the reader when
 * this returns. Returns 0, or -1 after a message.
 */
extern int run_lines_add (void *lines, const struct told_answer *answer);
extern void run_lines_close (struct run_lines *lines);

#endif
