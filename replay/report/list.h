/* SPDX-License-Identifier: BSD-3-Clause */
/* `replay --list`: a log, readable. */
#ifndef POWERCUT_REPLAY_REPORT_LIST_H
#define POWERCUT_REPLAY_REPORT_LIST_H

#include <stdio.h>

#include "log/choice.h"
#include "replay/report/filter.h"
#include "replay/search/crash-points.h"

/* Print the header, the events that FILTER lists, in order, with the crash points in their places, and the totals of
 * the whole log; TEAR says which states there are, and TOLD that a checker is told the marks.  Programs read it.
 * Returns 0, or -1 after a message.
 */
extern int list_log (const struct write_log *log, const struct tear *tear, bool told, const struct filter *filter,
                     FILE *file);

/* How many events, writes, flushes and crash points LOG has, as text to free, or NULL. */
extern char *list_totals (const struct write_log *log, const struct crash_points *points);

#endif
