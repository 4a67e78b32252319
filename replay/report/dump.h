/* SPDX-License-Identifier: BSD-3-Clause */
/* `powercut show`: a log for people to read. */
#ifndef POWERCUT_REPLAY_REPORT_DUMP_H
#define POWERCUT_REPLAY_REPORT_DUMP_H

#include <stdio.h>

#include "replay/report/filter.h"

struct dump_style {
  unsigned width;               /* columns: what is longer is cut */
  bool colours;
};

/* Print the header, the events that FILTER lists, an operation in one line with what became of it, the crash points in
 * their places, and the totals.  Returns 0, or -1 after a message.
 */
extern int dump_log (const struct write_log *log, const struct filter *filter, const struct dump_style *style,
                     FILE *file);

#endif
