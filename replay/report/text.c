/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "common/stop.h"
#include "common/text.h"
#include "log/calls.h"
#include "log/device.h"
#include "log/info.h"
#include "log/paths.h"
#include "replay/explain/minimal.h"
#include "replay/report/text.h"
#include "replay/search/big-number.h"

const char *const report_again[NESTED_MAX] = { "power fails again", "power fails again, and again" };

static void
print_finding (const struct session_config *config, const struct finding *finding, FILE *file)
{
  static const char *const notes[] = {
    " (no fresh guest has tried it again)", "", " (not seen again on a fresh boot)"
  };
  CLEANUP_FREE char *states = big_number_text (finding->states, BIG_NUMBER_DIGITS);

  fprintf (file, "%s: ", violation_name (finding->kind));
  print_names_safely (finding->detail, strlen (finding->detail), file);
  fprintf (file, "%s\n    state %s", notes[finding->confirmation], finding->state);
  if (config->schedule) {
    fputs (" of ", file);
    print_safe_text (config->log->path, file);
  }
  fprintf (file, " (%s %s; ", states, plural_of_digits (states, "state", "states"));
  if (config->schedule)
    fprintf (file, "schedule %s; ", config->schedule);
  else if (config->runner.fault)
    fprintf (file, "fault %s; ", config->runner.fault);
  else if (config->runner.lost)
    fprintf (file, "without %s; ", config->runner.lost);
  fputs ("after ", file);
  print_safe_text (finding->after, file);
  fputs (")\n", file);
  if (finding->minimal)
    minimal_print (finding->minimal, config->log, finding->detail, file);
}

/* The first of the findings after an interrupted recovery, if the smallest states were asked for: they have none. */
static const struct finding *
find_unreduced (const struct reports *reports)
{
  for (size_t i = 0; reports_config (reports)->minimize && i < reports->count; i++) {
    const struct findings *findings = &reports->list[i].results->findings;

    for (size_t j = 0; j < findings->count; j++)
      if (findings->list[j].depth > 0)
        return &findings->list[j];
  }
  return NULL;
}

#define SHARE_MOST 99.9         /* what is left is something */

/* How many of STATES are covered: all, or a number and their share; to free, or NULL after a message. */
static char *
share_text (mpz_srcptr covered, mpz_srcptr states)
{
  if (mpz_cmp (covered, states) == 0)
    return text_format ("all");
  CLEANUP_FREE char *number = big_number_text (covered, BIG_NUMBER_DIGITS);
  mpq_t ratio;

  mpq_init (ratio);
  mpq_set_num (ratio, covered);
  mpq_set_den (ratio, states);
  const double percent = mpq_get_d (ratio) * 100;
  mpq_clear (ratio);
  return text_format ("%s of them (%.3g %%)", number, percent < SHARE_MOST ? percent : SHARE_MOST);
}

/* How far a log that another recorder made is to be trusted. */
static void
print_origin (const struct write_log *log, FILE *file)
{
  const char *imported = log_info (log, LOG_KEY_IMPORTED), *order = log_info (log, LOG_KEY_ORDER);

  if (imported == NULL || order == NULL)
    return;
  fputs ("imported from ", file);
  print_safe_text (imported, file);
  fputs ("; its order is ", file);
  print_safe_text (order, file);
  putc ('\n', file);
}

char *
report_recorded (const struct totals *totals)
{
  char *text;

  int length = asprintf (&text, "%u %s, %u %s, %u FUA, %u %s, %u %s",
                         totals->writes, plural (totals->writes, "write", "writes"),
                         totals->flushes, plural (totals->flushes, "flush", "flushes"), totals->fua,
                         totals->trims, plural (totals->trims, "trim", "trims"),
                         totals->zeroes, plural (totals->zeroes, "zero", "zeroes"));

  return length == -1 ? NULL : text;
}

char *
report_unordered (const struct totals *totals)
{
  char *text;

  CLEANUP_FREE char *but = totals->left_out == 0 ? strdup ("")
    : text_format (", but of %u the order of issue alone, as too many lie over one another", totals->left_out);
  CLEANUP_FREE char *uncompared = totals->uncompared == 0 ? strdup ("")
    : text_format ("; %u %s issued with too many in flight to be compared with each", totals->uncompared,
                   plural (totals->uncompared, "write was", "writes were"));
  int length = asprintf (&text, "%u %s in flight together: both orders are visited%s%s", totals->unordered,
                         plural (totals->unordered, "pair of overlapping writes was",
                                 "pairs of overlapping writes were"), but ? but : "", uncompared ? uncompared : "");

  return length == -1 ? NULL : text;
}

char *
report_nested (const struct nested_result *nested, const struct session_config *config)
{
  CLEANUP_FREE char *states = big_number_text (nested->states, BIG_NUMBER_DIGITS);
  CLEANUP_FREE char *covered = share_text (nested->covered, nested->states);
  const char *more = mpz_cmp (nested->states, nested->covered) == 0 ? ""
    : config->seconds > 0 ? "; --nested-limit=0 without --time goes on to the end"
    : "; --nested-limit=0 goes on to the end";
  CLEANUP_FREE char *untaped = nested->untaped == 0 ? strdup ("")
    : text_format ("; %ju %s too much to be interrupted", (uintmax_t) nested->untaped,
                   plural (nested->untaped, "recovery wrote", "recoveries wrote"));

  if (nested->recoveries == 0 && nested->untaped == 0)
    return text_format ("recovery wrote nothing");
  return text_format ("%ju %s interrupted at %ju crash %s, %s crash %s; %s covered by %ju %s and %ju remembered%s%s",
                      (uintmax_t) nested->recoveries, plural (nested->recoveries, "recovery is", "recoveries are"),
                      (uintmax_t) nested->points, plural (nested->points, "point", "points"), states,
                      plural_of_digits (states, "state", "states"), covered,
                      (uintmax_t) nested->runs, plural (nested->runs, "run", "runs"), (uintmax_t) nested->remembered,
                      untaped ? untaped : "", more);
}

/* What was explored, and how much of that was covered. */
static void
print_covered (const struct totals *totals, const struct session_config *config, FILE *file)
{
  static const char *const tears[] = { ", never torn", "", ", torn anyhow" };
  CLEANUP_FREE char *states = big_number_text (totals->states, BIG_NUMBER_DIGITS);
  CLEANUP_FREE char *covered = share_text (totals->covered, totals->states);

  if (totals->points_left_out > 0)
    fprintf (file, "%zu of ", totals->crash_points - totals->points_left_out);
  fprintf (file, "%zu crash %s, up to %u pending %s%s, %s crash %s; %s covered by %ju %s", totals->crash_points,
           plural (totals->crash_points, "point", "points"), totals->pending_max,
           plural (totals->pending_max, "write", "writes"), tears[config->tear.mode], states,
           plural_of_digits (states, "state", "states"), covered, (uintmax_t) totals->runs,
           plural (totals->runs, "run", "runs"));
  if (totals->remembered > 0)
    fprintf (file, " and %ju remembered", (uintmax_t) totals->remembered);
}

/* Print BEFORE, NAME and TEXT in a line, if there is something to say. */
static void
print_said (const char *before, const char *name, const char *text, FILE *file)
{
  if (text == NULL || *text == '\0')
    return;
  fprintf (file, "%s%s: ", before, name);
  print_safe_text (text, file);
  putc ('\n', file);
}

/* Print BEFORE and how the device answered, and what the rest of the system did unless after each call. */
static void
print_schedule (const struct report *report, const char *before, FILE *file)
{
  const struct write_log *log = report->results->config->log;
  CLEANUP_FREE char *device = log_device_describe (log), *paths = log_paths_describe (log);
  CLEANUP_FREE char *background = log_calls_describe (log);
  const char *number;
  size_t length;

  print_said (before, "device", device, file);
  print_said (before, "paths", paths, file);
  if (log_find_mark (log, LOG_CALLS_LEFT_MARK, &number, &length))
    print_said (before, "background", background, file);
}

/* Of several recordings, one in a line. */
static void
print_recordings (const struct reports *reports, FILE *file)
{
  for (size_t i = 0; i < reports->count; i++) {
    const struct totals *totals = &reports->list[i].totals;
    const struct session_config *config = reports->list[i].results->config;
    CLEANUP_FREE char *recorded = report_recorded (totals);

    print_safe_text (config->log->path, file);
    fprintf (file, ", schedule %s: %s; ", config->schedule, recorded ? recorded : "out of memory");
    print_covered (totals, config, file);
    putc ('\n', file);
    if (i == 0 || strcmp (config->log->path, reports->list[i - 1].results->config->log->path) != 0)
      print_schedule (&reports->list[i], "    ", file);
  }
}

/* What was recorded, and what the replays covered of it. */
static void
print_counts (const struct reports *reports, FILE *file)
{
  const struct totals *totals = &reports->totals;
  const struct session_config *config = reports_config (reports);
  CLEANUP_FREE char *recorded = report_recorded (totals), *unordered = report_unordered (totals);

  if (reports->count == 1) {
    fprintf (file, "recorded: %s\n", recorded ? recorded : "out of memory");
    print_schedule (&reports->list[0], "", file);
  }
  else
    print_recordings (reports, file);
  if (totals->unordered > 0 || totals->uncompared > 0)
    fprintf (file, "note: %s\n", unordered ? unordered : "out of memory");
  fputs ("replayed: ", file);
  print_covered (totals, config, file);
  fprintf (file, " in %.1f s\n", totals->seconds);
  if (config->live && config->live->told) {
    fprintf (file, "live: the first violation was told %.1f s after the beginning of ", config->live->seconds);
    print_safe_text (config->live->log, file);
    fprintf (file, ", %.1f s after it could happen\n", config->live->seconds - config->live->since_seconds);
  }
  for (unsigned i = 0; i < config->nested; i++) {
    CLEANUP_FREE char *nested = report_nested (&totals->nested[i], config);

    fprintf (file, "%s: %s\n", report_again[i], nested ? nested : "out of memory");
  }
  if (config->audit_percent > 0)
    fprintf (file, "audited: %ju of the remembered answers, %ju %s\n", (uintmax_t) totals->audited,
             (uintmax_t) totals->mismatches, plural (totals->mismatches, "mismatch", "mismatches"));
}

static void
print_heading (const struct reports *reports, FILE *file)
{
  const char *earlier = NULL;

  for (size_t i = 0; i < reports->count; i++) {
    const char *path = reports->list[i].results->config->log->path;

    if (earlier && strcmp (path, earlier) == 0)         /* with another fault, or without another disk */
      continue;
    fputs (earlier ? ", " : "", file);
    print_safe_text (path, file);
    earlier = path;
  }
  fputs (": ", file);
  print_safe_text (reports_config (reports)->runner.filesystem, file);
  fputs (", kernel ", file);
  print_safe_text (reports_release (reports), file);
  fputs (reports_config (reports)->runner.readonly_device ? ", first on devices that refuse writes" : "", file);
  putc ('\n', file);
}

static void
print_verdicts (const struct reports *reports, FILE *file)
{
  const struct totals *totals = &reports->totals;
  const bool checked = reports_config (reports)->runner.check != NULL, judged = totals->judged || totals->judged_new;

  if (checked)
    fprintf (file, "check: %s%s", totals->checked ? "right" : "WRONG", judged ? ", " : "");
  if (totals->judged)
    fprintf (file, "atomic: %s, ", totals->atomic ? "yes" : "NO");
  if (judged)
    fprintf (file, "durable: %s", totals->judged_new ? totals->durable ? "yes" : "NO" : "not judged");
  else if (!checked)
    fprintf (file, "contents were not judged");
  if (reports->leftover_count > 0)
    fprintf (file, "; leftovers:");
  for (size_t i = 0; i < reports->leftover_count; i++) {
    putc (' ', file);
    print_names_safely (reports->leftovers[i], strlen (reports->leftovers[i]), file);
  }
  fprintf (file, "\n");
}

/* Why not everything is covered, and how to go on. */
static void
print_unfinished (const struct reports *reports, FILE *file)
{
  const struct totals *totals = &reports->totals;
  const struct session_config *config = reports_config (reports);

  fputs ("NOT FINISHED: ", file);
  if (stop_requested () || totals->failed)
    fprintf (file, "it was %s\n", stop_requested () ? "stopped" : "broken off");
  else if (config->violated && *config->violated)
    fputs ("it ends with the first violation: it goes on without --stop-at-first\n", file);
  else if (totals->unfinished == 0)
    fputs ("overlapping writes may lie in more orders than are visited\n", file);
  else if (totals->unfinished <= totals->points_left_out)
    fprintf (file, "%zu of %zu crash points are visited: all without --points\n",
             totals->crash_points - totals->points_left_out, totals->crash_points);
  else
    fprintf (file, "%zu of %zu crash points need more runs than --limit or %s allow: --limit=0 goes on to the "
             "end%s\n", totals->unfinished - totals->points_left_out, totals->crash_points,
             config->budget ? "--total-time" : "--time",
             config->tear.mode == TEAR_NONE ? "" : ", --tear=none takes it that no write is torn");
}

void
reports_print (const struct reports *reports, FILE *file)
{
  const struct totals *totals = &reports->totals;
  const struct session_config *config = reports_config (reports);

  print_heading (reports, file);
  for (size_t i = 0; i < reports->count; i++)
    print_origin (reports->list[i].results->config->log, file);
  print_counts (reports, file);
  for (size_t i = 0; i < reports->count; i++) {
    const struct results *results = reports->list[i].results;

    for (size_t j = 0; j < results->findings.count; j++)
      print_finding (results->config, &results->findings.list[j], file);
  }
  const struct finding *unreduced = find_unreduced (reports);
  if (unreduced)
    fprintf (file, "note: what an interrupted recovery left is made smaller by itself: give --state='%s' --minimize\n",
             unreduced->state);
  if (totals->unchanged)
    fputs ("note: " REPORT_UNCHANGED "\n", file);
  print_verdicts (reports, file);
  if (!totals->finished)
    print_unfinished (reports, file);
  if (config->pages)
    page_table_print (&reports->pages, config->runner.filesystem, file);
}
