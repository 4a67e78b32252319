/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_REPLAY_REPORT_HTML_SCHEDULES_H
#define POWERCUT_REPLAY_REPORT_HTML_SCHEDULES_H

#include "replay/report/html-put.h"

/* The id of the part of a page that is about recording number NUMBER, and before that the ids in it. */
#define HTML_PREFIX_SIZE 32
extern void html_prefix (size_t number, char prefix[HTML_PREFIX_SIZE]);

/* What came out, in one line: TOTALS, of replays that found COUNT kinds of violation, which stand from the id LINK on.
 */
extern void html_put_banner (const struct html *html, const struct totals *totals, size_t count, const char *link);

/* What is said of TOTALS. */
extern void html_put_verdicts (const struct html *html, const struct totals *totals);

/* Of how many kinds the violations are that RESULTS has. */
extern size_t html_count_kinds (const struct results *results);

/* The head of a page about several recordings: what is true of all, and a table of them. */
extern void html_put_schedules (const struct html *html, const struct reports *reports);

#endif
