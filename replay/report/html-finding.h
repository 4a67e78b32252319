/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_REPLAY_REPORT_HTML_FINDING_H
#define POWERCUT_REPLAY_REPORT_HTML_FINDING_H

#include "replay/report/html-put.h"

/* What is wrong, each finding in a section of HTML.  Returns 0, or -1 with errno ENOMEM. */
extern int html_put_findings (const struct html *html);

#endif
