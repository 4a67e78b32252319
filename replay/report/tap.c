/* SPDX-License-Identifier: BSD-3-Clause */
/* The Test Anything Protocol, version 13: one test a crash point. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "replay/report/format.h"

/* A description or a reason: a `#` in it begins no directive. */
static void
put_text (const char *text, FILE *file)
{
  for (; *text; text++)
    fprintf (file, "%s%c", *text == '#' || *text == '\\' ? "\\" : "", *text);
}

/* A value of YAML in double quotes.  TEXT is printable ASCII. */
static void
put_value (const char *name, const char *text, FILE *file)
{
  fprintf (file, "  %s: \"", name);
  for (; *text; text++)
    fprintf (file, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
  fputs ("\"\n", file);
}

/* The block of YAML behind a test that is not right. */
static void
put_details (const struct test_case *one, FILE *file)
{
  fputs ("  ---\n", file);
  put_value ("message", one->message, file);
  put_value ("severity", one->result == TEST_VIOLATION ? "fail" : "error", file);
  put_value ("kind", one->kind, file);
  if (one->details && *one->details) {
    fputs ("  data: |\n", file);
    for (const char *line = one->details; *line; line += strcspn (line, "\n") + 1)
      fprintf (file, "    %.*s\n", (int) strcspn (line, "\n"), line);
  }
  fputs ("  ...\n", file);
}

/* A test of the recording under SCHEDULE, if there are several. */
static void
put_case (size_t number, const char *schedule, const struct test_case *one, FILE *file)
{
  fprintf (file, "%s %zu - ", one->result == TEST_VIOLATION || one->result == TEST_ERROR ? "not ok" : "ok", number);
  if (schedule) {
    put_text (schedule, file);
    fputs (": ", file);
  }
  put_text (one->name, file);
  if (one->result == TEST_UNFINISHED) {
    fputs (" # SKIP ", file);
    put_text (one->message, file);
  }
  putc ('\n', file);
  if (one->result == TEST_VIOLATION || one->result == TEST_ERROR)
    put_details (one, file);
}

static void
put_plan (const struct reports *reports, const struct test_cases *cases, FILE *file)
{
  size_t count = 0, number = 0;

  for (size_t i = 0; i < reports->count; i++)
    count += cases[i].count;
  fprintf (file, "TAP version 13\n1..%zu\n", count);
  for (size_t i = 0; i < reports->count; i++)
    for (size_t j = 0; j < cases[i].count; j++)
      put_case (++number, reports->list[i].results->config->schedule, &cases[i].list[j], file);
  fprintf (file, "# %s", reports->totals.exhaustive ? "all states are covered" : "not all states are covered");
}

const struct report_format tap_format = {
  .name = "tap", .help = "write the results as TAP, a test a crash point", .put_cases = put_plan
};
