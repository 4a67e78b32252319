/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/plural.h"
#include "common/text.h"
#include "log/state-id.h"
#include "replay/report/test-cases.h"
#include "replay/search/big-number.h"

typedef void put_options (const struct runner_config *config, FILE *file);

/* Print the command that visits the state ID, with MORE, and what PUT, unless it is NULL, prints of a run. */
static void
print_command (const struct report *report, const char *id, const char *more, put_options *put, FILE *file)
{
  static const char *const tears[] = { "none", NULL, "any" };
  const struct session_config *config = report->results->config;

  fputs ("replay --state=", file);
  print_shell_word (id, file);
  if (tears[config->tear.mode])
    fprintf (file, " --tear=%s", tears[config->tear.mode]);
  if (config->tear.mode != TEAR_NONE && config->tear.atomic_bytes != TEAR_ATOMIC_USUAL)
    fprintf (file, " --atomic=%u", config->tear.atomic_bytes);
  if (config->runner.fault)
    fprintf (file, " --fault=%s", config->runner.fault);
  if (strstr (id, STATE_ID_AGAIN))      /* which a guest has to recover from first */
    put = runner_put_options;
  if (put)
    put (&config->runner, file);
  fputs (more, file);
  print_shell_word (config->log->path, file);
  putc ('\n', file);
}

char *
report_commands (const struct report *report, const char *id)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  const bool images = report->results->config->log->device_count > 1;
  print_command (report, id, " ", runner_put_options, text.file);
  print_command (report, id, " --shell ", runner_put_guest_options, text.file);
  print_command (report, id, images ? " --export=crash-images/ " : " --export=crash.img ", NULL, text.file);
  print_command (report, id, " --bundle=bug.tar.zst ", runner_put_options, text.file);
  return text_end (&text);
}

int
report_counts (const struct report *report, size_t point, const struct tally_entry *entry)
{
  const struct results *results = report->results;
  CLEANUP_FREE char *after = finding_after (results->config->log, results->points.points[point].position);

  return after ? findings_confirmed (&results->findings, entry->kind, entry->detail, after) : -1;
}

int
report_point_result (const struct report *report, size_t point, enum test_verdict *result)
{
  const struct results *results = report->results;
  const struct point_result *found = &results->found[point];
  bool unrepeated = false;

  for (size_t i = 0; i < found->tally.count; i++)
    if (found->tally.entries[i].kind) {
      int counts = report_counts (report, point, &found->tally.entries[i]);

      if (counts == -1)
        return -1;
      *result = TEST_VIOLATION;
      if (counts == 1)
        return 0;
      unrepeated = true;
    }
  bool finished = found->done && (results->config->prefixes_only || mpz_cmp (found->covered, found->states) == 0);
  *result = unrepeated || !found->done ? TEST_ERROR : finished ? TEST_RIGHT : TEST_UNFINISHED;
  return 0;
}

/* The share of the states of crash point number POINT that is covered, or NULL with errno ENOMEM: `12 of 4096 states`;
 * to free.
 */
static char *
share_covered (const struct report *report, size_t point)
{
  const struct point_result *found = &report->results->found[point];
  CLEANUP_FREE char *covered = big_number_text (found->covered, BIG_NUMBER_DIGITS);
  CLEANUP_FREE char *states = big_number_text (found->states, BIG_NUMBER_DIGITS);
  char *text;

  if (asprintf (&text, "%s of %s %s", covered, states, plural_of_digits (states, "state", "states")) == -1)
    return NULL;
  return text;
}

/* All that is wrong at crash point number POINT, with the commands that show it. */
static void
print_wrong (const struct report *report, size_t point, FILE *file)
{
  const struct tally *tally = &report->results->found[point].tally;

  for (size_t i = 0; i < tally->count; i++) {
    const struct tally_entry *entry = &tally->entries[i];

    if (entry->kind == VIOLATION_NONE)
      continue;
    CLEANUP_FREE char *states = big_number_text (entry->states, BIG_NUMBER_DIGITS);
    CLEANUP_FREE char *commands = report_commands (report, entry->state);
    fprintf (file, "%s: ", violation_name (entry->kind));
    print_names_safely (entry->detail, strlen (entry->detail), file);
    fprintf (file, "\nin %s %s, the first is %s\n", states, plural_of_digits (states, "state", "states"), entry->state);
    fputs (commands ? commands : "", file);
  }
}

/* The first entry of TALLY that is a reason for RESULT. */
static const struct tally_entry *
first_wrong (const struct tally *tally)
{
  const struct tally_entry *first = NULL;

  for (size_t i = 0; i < tally->count; i++)
    if (tally->entries[i].kind && (first == NULL || strcmp (tally->entries[i].place, first->place) < 0))
      first = &tally->entries[i];
  return first;
}

/* Why the point is not right, to free. */
static char *
describe_fault (const struct report *report, size_t point, enum test_verdict result)
{
  const struct tally_entry *wrong = first_wrong (&report->results->found[point].tally);
  CLEANUP_FREE char *share = share_covered (report, point), *detail = safe_text (wrong ? wrong->detail : "");
  char *text = NULL;
  int r = -1;

  if (share == NULL || detail == NULL)
    return NULL;
  if (wrong)
    r = asprintf (&text, "%s: %s%s", violation_name (wrong->kind), detail,
                  result == TEST_ERROR ? " (not seen again on a fresh boot)" : "");
  else if (result == TEST_ERROR)
    r = asprintf (&text, "broken off: %s visited", share);
  else
    r = asprintf (&text, "not finished: %s visited within the limits", share);
  return r == -1 ? NULL : text;
}

/* `crash point 53, after commit`, to free. */
static char *
name_point (const struct report *report, size_t point)
{
  uint32_t position = report->results->points.points[point].position;
  CLEANUP_FREE char *after = finding_after (report->results->config->log, position);
  CLEANUP_FREE char *safe = after ? safe_text (after) : NULL;
  char *text;

  if (safe == NULL || asprintf (&text, "crash point %u%s%s", position, *safe ? ", after " : "", safe) == -1)
    return NULL;
  return text;
}

static int
make_point (const struct report *report, size_t point, struct test_case *made)
{
  const struct tally_entry *wrong = first_wrong (&report->results->found[point].tally);
  size_t length;
  FILE *file;

  made->seconds = report->results->found[point].seconds;
  made->name = name_point (report, point);
  if (made->name == NULL || report_point_result (report, point, &made->result) == -1)
    return -1;
  if (made->result == TEST_RIGHT)
    return 0;
  made->kind = wrong ? violation_name (wrong->kind) : made->result == TEST_ERROR ? "broken off" : "not finished";
  made->message = describe_fault (report, point, made->result);
  file = made->message ? open_memstream (&made->details, &length) : NULL;
  if (file == NULL)
    return -1;
  print_wrong (report, point, file);
  return fclose (file) == 0 ? 0 : -1;
}

/* Whether FINDING is of no crash point: seen in the log alone, or after recovery was interrupted. */
static bool
is_of_no_point (const struct finding *finding)
{
  return finding->kind == VIOLATION_FREEZE || finding->depth > 0;
}

static int
make_finding (const struct report *report, const struct finding *finding, struct test_case *made)
{
  CLEANUP_FREE char *after = safe_text (finding->after);

  made->result = finding->confirmation == FINDING_UNREPEATED ? TEST_ERROR : TEST_VIOLATION;
  made->kind = violation_name (finding->kind);
  made->message = safe_text (finding->detail);
  made->details = report_commands (report, finding->state);
  if (after == NULL
      || asprintf (&made->name, "%s at %s, after %s", made->kind, finding->state, after) == -1)
    made->name = NULL;
  return made->name && made->message && made->details ? 0 : -1;
}

static int
make_replay (const struct results *results, struct test_case *made)
{
  made->result = TEST_ERROR;
  made->kind = "replay";
  made->name = strdup ("the replay itself");
  made->message = strdup (results->mismatches == 0 ? "broken off"
                          : "runs that read the same saw different things: no number is to be trusted");
  return made->name && made->message ? 0 : -1;
}

int
test_cases_make (struct test_cases *cases, const struct report *report)
{
  const struct results *results = report->results;
  int r = 0;

  cases->count = 0;
  cases->list = calloc (results->points.count + results->findings.count + 1, sizeof *cases->list);
  if (cases->list == NULL)
    r = -1;
  for (size_t i = 0; r == 0 && i < results->points.count; i++)
    r = make_point (report, i, &cases->list[cases->count++]);
  for (size_t i = 0; r == 0 && i < results->findings.count; i++)
    if (is_of_no_point (&results->findings.list[i]))
      r = make_finding (report, &results->findings.list[i], &cases->list[cases->count++]);
  if (r == 0 && (results->failed || results->mismatches > 0))
    r = make_replay (results, &cases->list[cases->count++]);
  if (r == -1)
    test_cases_free (cases);
  return r;
}

void
test_cases_free (struct test_cases *cases)
{
  for (size_t i = 0; cases->list && i < cases->count; i++) {
    free (cases->list[i].name);
    free (cases->list[i].message);
    free (cases->list[i].details);
  }
  free (cases->list);
}
