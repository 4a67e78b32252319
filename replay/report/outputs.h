/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a replay writes its results to. */
#ifndef POWERCUT_REPLAY_REPORT_OUTPUTS_H
#define POWERCUT_REPLAY_REPORT_OUTPUTS_H

#include <stdbool.h>

#include "common/options.h"
#include "replay/report/report.h"

#define OUTPUTS_MAX 8

/* For each row of the table of formats (outputs.c) a path: `-` for standard output, NULL for none. */
struct outputs {
  const char *paths[OUTPUTS_MAX];
};

/* Add an option for each of them to TABLE; OUTPUTS must be there when it is parsed. */
extern void outputs_add_options (struct option_table *table, struct outputs *outputs);

/* Whether one of them is there. */
extern bool outputs_given (const struct outputs *outputs);

/* Whether one of them is standard output, which has no room for another report. */
extern bool outputs_use_stdout (const struct outputs *outputs);

/* The one for every answer (run-lines.h), which is written as they come, by whoever opens it; or NULL. */
extern const char *outputs_lines (const struct outputs *outputs);

/* Can all of them be written, and is none of them one of the COUNT logs, which are replayed?  Returns 0, or -1 after a
 * message.
 */
extern int outputs_check (const struct outputs *outputs, const char *const *logs, size_t count);

/* Is none of them PATH, which is read, or added to, and is WHAT?  Returns 0, or -1 after a message. */
extern int outputs_check_input (const struct outputs *outputs, const char *path, const char *what);

/* Write all but that for every answer, each under a temporary name first.  Returns 0, or -1 after a message. */
extern int outputs_write (const struct outputs *outputs, const struct reports *reports);

#endif
