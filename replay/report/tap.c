/* SPDX-License-Identifier: BSD-3-Clause */
/* The Test Anything Protocol, version 13: one test a crash point. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "replay/report/cases.h"

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
put_details (const struct report_case *one, FILE *file)
{
  fputs ("  ---\n", file);
  put_value ("message", one->message, file);
  put_value ("severity", one->result == CASE_VIOLATION ? "fail" : "error", file);
  put_value ("kind", one->kind, file);
  if (one->details && *one->details) {
    fputs ("  data: |\n", file);
    for (const char *line = one->details; *line; line += strcspn (line, "\n") + 1)
      fprintf (file, "    %.*s\n", (int) strcspn (line, "\n"), line);
  }
  fputs ("  ...\n", file);
}

static void
put_case (size_t number, const struct report_case *one, FILE *file)
{
  fprintf (file, "%s %zu - ", one->result == CASE_VIOLATION || one->result == CASE_ERROR ? "not ok" : "ok", number);
  put_text (one->name, file);
  if (one->result == CASE_UNFINISHED) {
    fputs (" # SKIP ", file);
    put_text (one->message, file);
  }
  putc ('\n', file);
  if (one->result == CASE_VIOLATION || one->result == CASE_ERROR)
    put_details (one, file);
}

char *
report_make_tap (const struct report *report)
{
  struct report_cases cases;
  char *text = NULL;
  size_t length;
  FILE *file;

  if (report_cases_make (&cases, report) == -1)
    return NULL;
  file = open_memstream (&text, &length);
  if (file) {
    fprintf (file, "TAP version 13\n1..%zu\n", cases.count);
    for (size_t i = 0; i < cases.count; i++)
      put_case (i + 1, &cases.list[i], file);
    fprintf (file, "# %s", report->exhaustive ? "all states are covered" : "not all states are covered");
    if (fclose (file) == EOF) {
      free (text);
      text = NULL;
    }
  }
  report_cases_free (&cases);
  if (text == NULL)
    error_message ("out of memory");
  return text;
}
