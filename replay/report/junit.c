/* SPDX-License-Identifier: BSD-3-Clause */
/* JUnit's XML, as GitHub's, GitLab's and Jenkins' readers take it: a suite a recording, a case a crash point. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "log/device.h"
#include "replay/report/format.h"
#include "replay/report/text.h"
#include "replay/schedule.h"
#include "replay/search/big-number.h"

/* Lines stay lines. */
static void
put_lines (const char *text, FILE *file)
{
  for (; *text; text += *text != '\0') {
    size_t length = strcspn (text, "\n");

    print_markup_safely (text, length, file);
    putc ('\n', file);
    text += length;
  }
}

static void
put_property (const char *name, const char *value, FILE *file)
{
  fputs ("<property", file);
  print_attribute ("name", name, file);
  print_attribute ("value", value, file);
  fputs ("/>\n", file);
}

static void
put_case (const struct test_case *one, const char *suite, FILE *file)
{
  static const char *const elements[] = {
    [TEST_VIOLATION] = "failure", [TEST_UNFINISHED] = "skipped", [TEST_ERROR] = "error"
  };

  fputs ("<testcase", file);
  print_attribute ("classname", suite, file);
  print_attribute ("name", one->name, file);
  fprintf (file, " time=\"%.3f\"", one->seconds);
  if (one->result == TEST_RIGHT) {
    fputs ("/>\n", file);
    return;
  }
  fprintf (file, ">\n<%s", elements[one->result]);
  print_attribute ("message", one->message, file);
  if (one->result != TEST_UNFINISHED)
    print_attribute ("type", one->kind, file);
  putc ('>', file);
  /* Readers show the message or the content, hardly ever both. */
  put_lines (one->details && *one->details ? one->details : one->message, file);
  fprintf (file, "</%s>\n</testcase>\n", elements[one->result]);
}

/* How many of the COUNT lists' cases came out so. */
static size_t
count_cases (const struct test_cases *cases, size_t count, enum test_verdict result)
{
  size_t sum = 0;

  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < cases[i].count; j++)
      sum += cases[i].list[j].result == result;
  return sum;
}

/* The attributes that testsuites and testsuite have in common. */
static void
put_counts (const struct test_cases *cases, size_t count, double seconds, FILE *file)
{
  size_t tests = 0;

  for (size_t i = 0; i < count; i++)
    tests += cases[i].count;
  fprintf (file, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"%.3f\"", tests,
           count_cases (cases, count, TEST_VIOLATION), count_cases (cases, count, TEST_ERROR), seconds);
}

/* What reports_print says, after the cases. */
static void
put_report (const struct reports *reports, FILE *file)
{
  CLEANUP_FREE char *text = NULL;
  size_t length;
  FILE *plain = open_memstream (&text, &length);

  if (plain == NULL)
    return;
  reports_print (reports, plain);
  if (fclose (plain) == 0) {
    fputs ("<system-out>", file);
    put_lines (text, file);
    fputs ("</system-out>\n", file);
  }
}

static void
put_properties (const struct report *report, FILE *file)
{
  const struct results *results = report->results;
  CLEANUP_FREE char *states = big_number_for_programs (report->totals.states);
  CLEANUP_FREE char *covered = big_number_for_programs (report->totals.covered);

  fputs ("<properties>\n", file);
  put_property ("filesystem", results->config->runner.filesystem, file);
  put_property ("kernel", results->release ? results->release : "unknown", file);
  put_property ("background", schedule_background (results->config->log), file);
  put_property ("device", log_device (results->config->log), file);
  put_property ("crash_states", states, file);
  put_property ("states_covered", covered, file);
  fputs ("</properties>\n", file);
}

/* One recording; the last has what is said of all. */
static void
put_suite (const struct reports *reports, size_t number, const struct test_cases *cases, FILE *file)
{
  const struct report *report = &reports->list[number];
  const char *path = report->results->config->log->path;

  fputs ("<testsuite", file);
  print_attribute ("name", path, file);
  put_counts (cases, 1, report->totals.seconds, file);
  fprintf (file, " skipped=\"%zu\">\n", count_cases (cases, 1, TEST_UNFINISHED));
  put_properties (report, file);
  for (size_t i = 0; i < cases->count; i++)
    put_case (&cases->list[i], path, file);
  if (number + 1 == reports->count)
    put_report (reports, file);
  fputs ("</testsuite>\n", file);
}

static void
put_suites (const struct reports *reports, const struct test_cases *cases, FILE *file)
{
  fputs ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"powercut\"", file);
  put_counts (cases, reports->count, reports->totals.seconds, file);
  fputs (">\n", file);
  for (size_t i = 0; i < reports->count; i++)
    put_suite (reports, i, &cases[i], file);
  fputs ("</testsuites>", file);
}

const struct report_format junit_format = {
  .name = "junit", .help = "write the results as JUnit XML, a test case a crash point", .put_cases = put_suites
};
