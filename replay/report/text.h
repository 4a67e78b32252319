/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as text for people. */
#ifndef POWERCUT_REPLAY_REPORT_TEXT_H
#define POWERCUT_REPLAY_REPORT_TEXT_H

#include <stdio.h>

#include "replay/report/report.h"

/* What an unchanged report says. */
#define REPORT_UNCHANGED \
  "the update changed nothing on the recorded file system, which is COMMAND's working directory in the guest"

extern void reports_print (const struct reports *reports, FILE *file);

/* What was recorded, as `9 writes, 1 flush, ...`, and which writes had no order, as text to free, or NULL. */
extern char *report_recorded (const struct totals *totals);
extern char *report_unordered (const struct totals *totals);
extern char *report_nested (const struct nested_result *nested, const struct session_config *config);

/* What that is called, by how many recoveries were interrupted before. */
extern const char *const report_again[NESTED_MAX];

#endif
