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
#include "log/info.h"
#include "replay/explain/minimal.h"
#include "replay/report/text.h"
#include "replay/search/big-number.h"
#include "replay/unchanged.h"

static void
count_operations (struct report *report, const struct write_log *log)
{
  uint32_t first = 0, last = 0;

  if (model_range (log, &first, &last) == -1)
    return;
  for (uint32_t i = 0; i < log->write_count; i++) {
    const struct log_write *write = &log->writes[i];

    if (write->issue < first || write->issue > last)
      continue;
    report->writes += write->kind == LOG_WRITE;
    report->trims += write->kind == LOG_TRIM;
    report->zeroes += write->kind == LOG_ZERO;
    report->fua += (write->flags & LOG_FLAG_FUA) != 0;
  }
  for (uint32_t i = 0; i < log->flush_count; i++)
    report->flushes += log->flushes[i].issue >= first && log->flushes[i].issue <= last;
}

static void
add_point (struct report *report, const struct point_result *result, const struct crash_point *point)
{
  const struct oracle *oracle = &report->results->oracle;
  bool visited = result->runs + result->remembered > 0;

  report->judged |= visited && oracle_judges_atomic (oracle, &point->moment);
  report->judged_new |= visited && oracle_judges_durable (oracle, &point->moment);
  report->exhaustive &= result->done && mpz_cmp (result->covered, result->states) == 0;
  mpz_add (report->states, report->states, result->states);
  mpz_add (report->covered, report->covered, result->covered);
}

static void
add_finding (struct report *report, const struct finding *finding)
{
  if (finding->confirmation == FINDING_UNREPEATED)
    return;
  report->violated = true;
  report->atomic &= finding->atomic;
  report->durable &= finding->durable;
  report->checked &= finding->outcome.kind == OUTCOME_TREE && finding->outcome.check != CHECK_HUNG
    && finding->kind != VIOLATION_CHECK;
}

int
report_make (struct report *report, const struct results *results)
{
  memset (report, 0, sizeof *report);
  report->results = results;
  report->exhaustive = report->atomic = report->durable = report->checked = true;
  mpz_init (report->states);
  mpz_init (report->covered);
  count_operations (report, results->config->log);
  for (size_t i = 0; i < results->points.count; i++)
    add_point (report, &results->found[i], &results->points.points[i]);
  for (size_t i = 0; i < results->findings.count; i++)
    add_finding (report, &results->findings.list[i]);
  report->unchanged = !report->violated && results->config->runner.check == NULL
    && update_changed_nothing (results->config->log, &results->config->trees);
  return results->config->pages ? page_table_make (&report->pages, results) : 0;
}

void
report_free (struct report *report)
{
  if (report->results->config->pages)
    page_table_free (&report->pages);
  mpz_clear (report->states);
  mpz_clear (report->covered);
}

static void
print_findings (const struct write_log *log, const struct findings *findings, FILE *file)
{
  static const char *const notes[] = {
    " (no fresh guest has tried it again)", "", " (not seen again on a fresh boot)"
  };

  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->list[i];
    CLEANUP_FREE char *states = big_number_text (finding->states, BIG_NUMBER_DIGITS);

    fprintf (file, "%s: ", violation_name (finding->kind));
    print_names_safely (finding->detail, strlen (finding->detail), file);
    fprintf (file, "%s\n    state %s (%s %s; after mark ", notes[finding->confirmation],
             finding->state, states, plural_of_digits (states, "state", "states"));
    print_safely (finding->after, strlen (finding->after), file);
    fputs (")\n", file);
    if (finding->minimal)
      minimal_print (finding->minimal, log, finding->detail, file);
  }
}

/* The share of the states that is covered; the exact numbers stand beside it. */
static double
share_percent (const struct report *report)
{
  double share;
  mpq_t ratio;

  mpq_init (ratio);
  mpq_set_num (ratio, report->covered);
  mpq_set_den (ratio, report->states);
  share = mpq_get_d (ratio) * 100;
  mpq_clear (ratio);
  return share;
}

/* Print BEFORE, and TEXT, which comes from a stranger. */
static void
print_words (FILE *file, const char *before, const char *text)
{
  fputs (before, file);
  print_safely (text, strlen (text), file);
}

/* How far a log that another recorder made is to be trusted. */
static void
print_origin (const struct write_log *log, FILE *file)
{
  const char *imported = log_info (log, LOG_KEY_IMPORTED), *order = log_info (log, LOG_KEY_ORDER);

  if (imported == NULL || order == NULL)
    return;
  fputs ("imported from ", file);
  print_safely (imported, strlen (imported), file);
  fputs ("; its order is ", file);
  print_safely (order, strlen (order), file);
  putc ('\n', file);
}

char *
report_recorded (const struct report *report)
{
  char *text;

  int length = asprintf (&text, "%u %s, %u %s, %u FUA, %u %s, %u %s",
                         report->writes, plural (report->writes, "write", "writes"),
                         report->flushes, plural (report->flushes, "flush", "flushes"), report->fua,
                         report->trims, plural (report->trims, "trim", "trims"),
                         report->zeroes, plural (report->zeroes, "zero", "zeroes"));

  return length == -1 ? NULL : text;
}

char *
report_unordered (const struct report *report)
{
  uint32_t count = report->results->config->log->unordered_count;
  char *text;

  int length = asprintf (&text, "%u %s in flight together: the order of issue is taken", count,
                         plural (count, "pair of overlapping writes was", "pairs of overlapping writes were"));

  return length == -1 ? NULL : text;
}

/* What was recorded, and what the replay covered of it. */
static void
print_counts (const struct report *report, FILE *file)
{
  static const char *const tears[] = { ", never torn", "", ", torn anyhow" };
  const struct results *results = report->results;
  const struct session_config *config = results->config;
  CLEANUP_FREE char *states = big_number_text (report->states, BIG_NUMBER_DIGITS);
  CLEANUP_FREE char *covered = big_number_text (report->covered, BIG_NUMBER_DIGITS);
  CLEANUP_FREE char *recorded = report_recorded (report), *unordered = report_unordered (report);

  fprintf (file, "recorded: %s\n", recorded ? recorded : "out of memory");
  if (config->log->unordered_count > 0)
    fprintf (file, "note: %s\n", unordered ? unordered : "out of memory");
  fprintf (file, "replayed: %zu crash %s, up to %u pending %s%s, %s crash %s; ", results->points.count,
           plural (results->points.count, "point", "points"), results->points.pending_max,
           plural (results->points.pending_max, "write", "writes"), tears[config->tear.mode], states,
           plural_of_digits (states, "state", "states"));
  if (report->exhaustive)
    fputs ("all", file);
  else
    fprintf (file, "%s of them (%.3g %%)", covered, share_percent (report));
  fprintf (file, " covered by %ju %s", (uintmax_t) results->runs, plural (results->runs, "run", "runs"));
  if (results->remembered > 0)
    fprintf (file, " and %ju remembered", (uintmax_t) results->remembered);
  fprintf (file, " in %.1f s\n", results->seconds);
  if (config->audit_percent > 0)
    fprintf (file, "audited: %ju of the remembered answers, %ju %s\n", (uintmax_t) results->audited,
             (uintmax_t) results->mismatches, plural (results->mismatches, "mismatch", "mismatches"));
}

/* Why not everything is covered, and how to go on. */
static void
print_unfinished (const struct report *report, FILE *file)
{
  const struct results *results = report->results;
  size_t unfinished = 0;

  for (size_t i = 0; i < results->points.count; i++)
    unfinished += mpz_cmp (results->found[i].covered, results->found[i].states) != 0;
  fputs ("NOT FINISHED: ", file);
  if (stop_requested () || results->failed)
    fprintf (file, "it was %s\n", stop_requested () ? "stopped" : "broken off");
  else
    fprintf (file, "%zu of %zu crash points need more runs than --limit or --time allow: --limit=0 goes on to the "
             "end%s\n", unfinished, results->points.count,
             results->config->tear.mode == TEAR_NONE ? "" : ", --tear=none takes it that no write is torn");
}

void
report_print (const struct report *report, FILE *file)
{
  const struct results *results = report->results;
  const struct session_config *config = results->config;

  print_words (file, "", config->log->path);
  print_words (file, ": ", config->runner.filesystem);
  print_words (file, ", kernel ", results->release ? results->release : "unknown");
  putc ('\n', file);
  print_origin (config->log, file);
  print_counts (report, file);
  print_findings (config->log, &results->findings, file);
  if (report->unchanged)
    fputs ("note: " REPORT_UNCHANGED "\n", file);
  if (config->runner.check)
    fprintf (file, "check: %s%s", report->checked ? "right" : "WRONG",
             report->judged || report->judged_new ? ", " : "");
  if (report->judged)
    fprintf (file, "atomic: %s, ", report->atomic ? "yes" : "NO");
  if (report->judged || report->judged_new)
    fprintf (file, "durable: %s", report->judged_new ? report->durable ? "yes" : "NO" : "not judged");
  else if (config->runner.check == NULL)
    fprintf (file, "contents were not judged");
  if (results->oracle.leftover_count > 0)
    fprintf (file, "; leftovers:");
  for (size_t i = 0; i < results->oracle.leftover_count; i++) {
    putc (' ', file);
    print_names_safely (results->oracle.leftovers[i], strlen (results->oracle.leftovers[i]), file);
  }
  fprintf (file, "\n");
  if (!report->exhaustive && !config->prefixes_only)
    print_unfinished (report, file);
  if (config->pages)
    page_table_print (&report->pages, config->runner.filesystem, file);
}
