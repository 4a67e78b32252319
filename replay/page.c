/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>
#include <string.h>
#include "replay/report.h"
char *
report_make_html (const struct report *report)
{
  (void) report;
  return strdup ("x");
}
