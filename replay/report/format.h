/* SPDX-License-Identifier: BSD-3-Clause */
/* The forms that a report takes.  Each has a file of its own, and a row in outputs.c; who makes a report knows none of
 * them.
 */
#ifndef POWERCUT_REPLAY_REPORT_FORMAT_H
#define POWERCUT_REPLAY_REPORT_FORMAT_H

#include "replay/report/test-cases.h"

/* One of the two functions is there, the other NULL.  Neither ends what it writes with a newline. */
struct report_format {
  const char *name;             /* of the option that asks for it */
  const char *help;             /* about that option */
  int (*put) (const struct reports *reports, FILE *file);       /* Returns 0, or -1 with errno ENOMEM. */
  void (*put_cases) (const struct reports *reports, const struct test_cases *cases, FILE *file);  /* of each report */
};

extern const struct report_format html_format;
extern const struct report_format json_format;
extern const struct report_format junit_format;
extern const struct report_format tap_format;

/* REPORTS in FORMAT, to free; NULL after a message. */
extern char *reports_text (const struct reports *reports, const struct report_format *format);

#endif
