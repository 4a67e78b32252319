/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/places.h"
#include "common/publish.h"
#include "replay/report/format.h"
#include "replay/report/outputs.h"

/* Written as they come, by whoever opens it. */
static const struct report_format lines_format = {
  .name = "json-lines", .help = "write every answer at once, a JSON object a line"
};

/* A new format is a row here. */
static const struct report_format *const formats[] = {
  &json_format,
  &lines_format,
  &junit_format,
  &tap_format,
  &html_format,
};

#define OUTPUT_COUNT (sizeof formats / sizeof formats[0])

_Static_assert (OUTPUT_COUNT <= OUTPUTS_MAX, "there is a path for each format");

void
outputs_add_options (struct option_table *table, struct outputs *outputs)
{
  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    options_add (table, (const struct option_spec[]) {
      OPT_TEXT (formats[i]->name, &outputs->paths[i], "FILE", formats[i]->help), OPT_END
    });
}

bool
outputs_given (const struct outputs *outputs)
{
  bool given = false;

  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    given |= outputs->paths[i] != NULL;
  return given;
}

static bool
is_standard (const char *path)
{
  return path && strcmp (path, "-") == 0;
}

static size_t
count_standard (const struct outputs *outputs)
{
  size_t count = 0;

  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    count += is_standard (outputs->paths[i]);
  return count;
}

bool
outputs_use_stdout (const struct outputs *outputs)
{
  return count_standard (outputs) > 0;
}

const char *
outputs_lines (const struct outputs *outputs)
{
  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    if (formats[i] == &lines_format)
      return outputs->paths[i];
  return NULL;
}

int
outputs_check_input (const struct outputs *outputs, const char *path, const char *what)
{
  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    if (outputs->paths[i] && same_place (outputs->paths[i], path)) {
      error_message ("%s: a report cannot be written there: that is %s", outputs->paths[i], what);
      return -1;
    }
  return 0;
}

int
outputs_check (const struct outputs *outputs, const char *const *logs, size_t count)
{
  const char *lines = outputs_lines (outputs);

  if (count_standard (outputs) > 1) {
    error_message ("-: one report alone can go to standard output: name a file for the others");
    return -1;
  }
  if (places_check_distinct (outputs->paths, OUTPUT_COUNT) == -1)
    return -1;
  for (size_t i = 0; i < count; i++)
    if (outputs_check_input (outputs, logs[i], "the log itself") == -1)
      return -1;
  for (size_t i = 0; i < OUTPUT_COUNT; i++) {
    const char *path = outputs->paths[i];

    if (path && formats[i] != &lines_format && !is_standard (path) && publish_check (path) == -1)
      return -1;
  }
  return lines && !is_standard (lines) ? publish_open_check (lines) : 0;
}

/* Write REPORTS as a FORMAT of test cases.  Returns 0, or -1 with errno ENOMEM. */
static int
put_cases (const struct reports *reports, const struct report_format *format, FILE *file)
{
  CLEANUP_FREE struct test_cases *cases = calloc (reports->count, sizeof *cases);
  size_t made = 0;

  if (cases == NULL)
    return -1;
  while (made < reports->count && test_cases_make (&cases[made], &reports->list[made]) == 0)
    made++;
  if (made == reports->count)
    format->put_cases (reports, cases, file);
  for (size_t i = 0; i < made; i++)
    test_cases_free (&cases[i]);
  return made == reports->count ? 0 : -1;
}

char *
reports_text (const struct reports *reports, const struct report_format *format)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);
  int r = file == NULL ? -1 : format->put ? format->put (reports, file) : put_cases (reports, format, file);

  if (file && fclose (file) == EOF)
    r = -1;
  if (r == 0)
    return text;
  free (text);
  out_of_memory ();
  return NULL;
}

int
outputs_write (const struct outputs *outputs, const struct reports *reports)
{
  int r = 0;

  for (size_t i = 0; i < OUTPUT_COUNT; i++) {
    const char *path = formats[i] == &lines_format ? NULL : outputs->paths[i];
    CLEANUP_FREE char *text = path ? reports_text (reports, formats[i]) : NULL;

    if (path == NULL)
      continue;
    if (text && is_standard (path))
      puts (text);
    else if (text == NULL || publish_text (path, text) == -1)
      r = -1;
  }
  return r;
}
