/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a replay writes its results to. */
#ifndef POWERCUT_REPLAY_REPORT_OUTPUTS_H
#define POWERCUT_REPLAY_REPORT_OUTPUTS_H

#include <stdbool.h>

#include "common/options.h"
#include "replay/report/text.h"

/* Paths, `-` for standard output, NULL for none. */
struct outputs {
  const char *json, *json_lines, *junit, *tap, *html;
};

/* Rows of a table of options. */
#define OUTPUT_OPTIONS(OUTPUTS)                                                                                             \
  { "json", 0, OPTION_TEXT, &(OUTPUTS)->json, "FILE", "write the results as JSON (- for standard output)", 0 },             \
  { "json-lines", 0, OPTION_TEXT, &(OUTPUTS)->json_lines, "FILE", "write every answer at once, a JSON object a line", 0 },  \
  { "junit", 0, OPTION_TEXT, &(OUTPUTS)->junit, "FILE", "write the results as JUnit XML, a test case a crash point", 0 },   \
  { "tap", 0, OPTION_TEXT, &(OUTPUTS)->tap, "FILE", "write the results as TAP, a test a crash point", 0 },                  \
  { "html", 0, OPTION_TEXT, &(OUTPUTS)->html, "FILE", "write the results as a page with pictures", 0 }

/* Whether one of them is there. */
extern bool outputs_given (const struct outputs *outputs);

/* Whether one of them is standard output, which has no room for another report. */
extern bool outputs_use_stdout (const struct outputs *outputs);

/* Can all of them be written, and is none of them LOG, which is replayed?  Returns 0, or -1 after a message. */
extern int outputs_check (const struct outputs *outputs, const char *log);

/* Write all but json_lines, each under a temporary name first.  Returns 0, or -1 after a message. */
extern int outputs_write (const struct outputs *outputs, const struct report *report);

#endif
