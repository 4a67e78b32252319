/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of a log: events in their order across, device offset up, as SVG that is part of a page. */
#ifndef POWERCUT_REPLAY_REPORT_HTML_CHART_H
#define POWERCUT_REPLAY_REPORT_HTML_CHART_H

#include <stdio.h>

#include "replay/report/html-fates.h"
#include "replay/report/test-cases.h"

struct chart {
  const struct report *report;
  const char *prefix;           /* of ids and of what they refer to */
  uint32_t first, last;         /* positions */
  const uint8_t *fates;         /* of each write of the log */
  uint32_t crash;               /* where the power is cut, or LOG_NEVER */
  const enum test_verdict *results;      /* of each crash point, which are drawn then, or NULL; ... */
  const uint8_t *listed;        /* ... it is in the page, under the id of a `p` and its position */
  const uint8_t *overlays;      /* ... its pending writes are shown when it is chosen */
  const char *label;            /* what it shows, in words */
};

/* Write the picture.  Returns 0, or -1 with errno ENOMEM. */
extern int chart_write (const struct chart *chart, FILE *file);

/* The class of a page's style for a crash point's result. */
extern const char *chart_result_class (enum test_verdict result);

/* Rules of a style sheet for the pictures. */
extern const char chart_style[];

#endif
