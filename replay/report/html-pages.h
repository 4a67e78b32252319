/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POWERCUT_REPLAY_REPORT_HTML_PAGES_H
#define POWERCUT_REPLAY_REPORT_HTML_PAGES_H

#include "replay/report/html-put.h"

/* What became of each page of the files, if the replay has tabulated that. */
extern void html_put_pages (const struct html *html);

#endif
