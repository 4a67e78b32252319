/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/places.h"
#include "common/publish.h"
#include "replay/report/cases.h"
#include "replay/report/outputs.h"

#define OUTPUT_COUNT 5

/* Every output; the first is written as it comes, by whoever opens it. */
static void
list_outputs (const struct outputs *outputs, const char *paths[OUTPUT_COUNT])
{
  const char *const list[OUTPUT_COUNT] = { outputs->json_lines, outputs->json, outputs->junit, outputs->tap, outputs->html };

  memcpy (paths, list, sizeof list);
}

bool
outputs_given (const struct outputs *outputs)
{
  const char *paths[OUTPUT_COUNT];
  bool given = false;

  list_outputs (outputs, paths);
  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    given |= paths[i] != NULL;
  return given;
}

static size_t
count_standard (const struct outputs *outputs)
{
  const char *paths[OUTPUT_COUNT];
  size_t count = 0;

  list_outputs (outputs, paths);
  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    count += paths[i] && strcmp (paths[i], "-") == 0;
  return count;
}

bool
outputs_use_stdout (const struct outputs *outputs)
{
  return count_standard (outputs) > 0;
}

int
outputs_check (const struct outputs *outputs, const char *log)
{
  const char *paths[OUTPUT_COUNT];

  list_outputs (outputs, paths);
  if (count_standard (outputs) > 1) {
    error_message ("-: one report alone can go to standard output: name a file for the others");
    return -1;
  }
  if (places_check_distinct (paths, OUTPUT_COUNT) == -1)
    return -1;
  for (size_t i = 0; i < OUTPUT_COUNT; i++)
    if (paths[i] && same_place (paths[i], log)) {
      error_message ("%s: a report cannot be written there: that is the log itself", paths[i]);
      return -1;
    }
  for (size_t i = 1; i < OUTPUT_COUNT; i++)
    if (paths[i] && strcmp (paths[i], "-") != 0 && publish_check (paths[i]) == -1)
      return -1;
  return paths[0] && strcmp (paths[0], "-") != 0 ? publish_open_check (paths[0]) : 0;
}

/* TEXT, which may be NULL after a message, goes to PATH. */
static int
write_text (const char *path, const char *text)
{
  if (text == NULL)
    return -1;
  if (strcmp (path, "-") != 0)
    return publish_text (path, text);
  puts (text);
  return 0;
}

int
outputs_write (const struct outputs *outputs, const struct report *report)
{
  const struct {
    const char *path;
    char *(*make) (const struct report *report);
  } writers[] = {
    { outputs->json, report_make_json }, { outputs->junit, report_make_junit }, { outputs->tap, report_make_tap },
    { outputs->html, report_make_html },
  };
  int r = 0;

  for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++)
    if (writers[i].path) {
      CLEANUP_FREE char *text = writers[i].make (report);

      if (write_text (writers[i].path, text) == -1)
        r = -1;
    }
  return r;
}
