/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "replay/report/report.h"
#include "replay/unchanged.h"

/* Begin with what is true of nothing at all. */
static void
totals_begin (struct totals *totals)
{
  *totals = (struct totals) {
    .exhaustive = true, .finished = true, .unchanged = true, .atomic = true, .durable = true, .checked = true
  };
  mpz_init (totals->states);
  mpz_init (totals->covered);
  for (unsigned i = 0; i < NESTED_MAX; i++)
    nested_result_begin (&totals->nested[i]);
}

static void
totals_free (struct totals *totals)
{
  mpz_clear (totals->states);
  mpz_clear (totals->covered);
  for (unsigned i = 0; i < NESTED_MAX; i++)
    nested_result_free (&totals->nested[i]);
}

static void
nested_add (struct nested_result *nested, const struct nested_result *more)
{
  nested->recoveries += more->recoveries;
  nested->points += more->points;
  nested->unfinished += more->unfinished;
  nested->untaped += more->untaped;
  nested->runs += more->runs;
  nested->remembered += more->remembered;
  mpz_add (nested->states, nested->states, more->states);
  mpz_add (nested->covered, nested->covered, more->covered);
}

/* Count the seconds in which MORE was replayed, and not something before it. */
static void
add_seconds (struct totals *totals, const struct totals *more)
{
  const double begun = more->ended - more->seconds;

  if (more->ended <= totals->ended)
    return;
  totals->seconds += more->ended - (begun > totals->ended ? begun : totals->ended);
  totals->ended = more->ended;
}

/* Count MORE, which is of another recording, begun later, too. */
static void
totals_add (struct totals *totals, const struct totals *more)
{
  totals->writes += more->writes;
  totals->flushes += more->flushes;
  totals->fua += more->fua;
  totals->trims += more->trims;
  totals->zeroes += more->zeroes;
  totals->in_flight += more->in_flight;
  if (totals->in_flight_max < more->in_flight_max)
    totals->in_flight_max = more->in_flight_max;
  totals->unordered += more->unordered;
  totals->left_out += more->left_out;
  totals->uncompared += more->uncompared;
  totals->crash_points += more->crash_points;
  totals->unfinished += more->unfinished;
  totals->points_left_out += more->points_left_out;
  if (totals->pending_max < more->pending_max)
    totals->pending_max = more->pending_max;
  mpz_add (totals->states, totals->states, more->states);
  mpz_add (totals->covered, totals->covered, more->covered);
  for (unsigned i = 0; i < NESTED_MAX; i++)
    nested_add (&totals->nested[i], &more->nested[i]);
  totals->runs += more->runs;
  totals->remembered += more->remembered;
  totals->behaviours += more->behaviours;
  totals->audited += more->audited;
  totals->mismatches += more->mismatches;
  add_seconds (totals, more);
  totals->search_cpu_seconds += more->search_cpu_seconds;
  totals->device_cpu_seconds += more->device_cpu_seconds;
  totals->exhaustive &= more->exhaustive;
  totals->finished &= more->finished;
  totals->failed |= more->failed;
  totals->judged |= more->judged;
  totals->judged_new |= more->judged_new;
  totals->violated |= more->violated;
  totals->unchanged &= more->unchanged;
  totals->atomic &= more->atomic;
  totals->durable &= more->durable;
  totals->checked &= more->checked;
}

static void
count_operations (struct totals *totals, const struct write_log *log, bool prefixes_only)
{
  uint32_t first = 0, last = 0;

  totals->in_flight = log->in_flight_count;
  totals->in_flight_max = log->in_flight_max;
  totals->unordered = log->unordered_count;
  totals->left_out = log->orders.left_out;
  totals->uncompared = log->uncompared_count;
  totals->exhaustive &= totals->left_out == 0 && totals->uncompared == 0;
  totals->finished &= prefixes_only || totals->exhaustive;
  if (model_range (log, &first, &last) == -1)
    return;
  for (uint32_t i = 0; i < log->write_count; i++) {
    const struct log_write *write = &log->writes[i];

    if (write->issue < first || write->issue > last)
      continue;
    totals->writes += write->kind == LOG_WRITE;
    totals->trims += write->kind == LOG_TRIM;
    totals->zeroes += write->kind == LOG_ZERO;
    totals->fua += (write->flags & LOG_FLAG_FUA) != 0;
  }
  for (uint32_t i = 0; i < log->flush_count; i++)
    totals->flushes += log->flushes[i].issue >= first && log->flushes[i].issue <= last;
}

static void
add_point (struct totals *totals, const struct results *results, const struct point_result *result,
           const struct crash_point *point)
{
  const struct oracle *oracle = &results->oracle;
  const bool visited = result->runs + result->remembered > 0;
  const bool covered = mpz_cmp (result->covered, result->states) == 0;
  const bool finished = results->config->prefixes_only ? visited : covered;

  totals->judged |= visited && oracle_judges_atomic (oracle, &point->moment);
  totals->judged_new |= visited && oracle_judges_durable (oracle, &point->moment);
  totals->exhaustive &= result->done && covered;
  totals->finished &= result->done && finished;
  totals->unfinished += !finished;
  mpz_add (totals->states, totals->states, result->states);
  mpz_add (totals->covered, totals->covered, result->covered);
}

static void
add_finding (struct totals *totals, const struct finding *finding)
{
  if (finding->confirmation == FINDING_UNREPEATED)
    return;
  totals->violated = true;
  totals->atomic &= finding->atomic;
  totals->durable &= finding->durable;
  totals->checked &= finding->outcome.kind == OUTCOME_TREE && finding->outcome.check != CHECK_HUNG
    && finding->kind != VIOLATION_CHECK;
}

/* Count what RESULTS has; TOTALS begin as those of nothing. */
static void
count_results (struct totals *totals, const struct results *results)
{
  const struct session_config *config = results->config;

  count_operations (totals, config->log, config->prefixes_only);
  totals->crash_points = results->points.count;
  totals->points_left_out = results->left_out;
  totals->pending_max = results->points.pending_max;
  for (unsigned i = 0; i < NESTED_MAX; i++)
    nested_add (&totals->nested[i], &results->nested[i]);
  totals->runs = results->runs;
  totals->remembered = results->remembered;
  totals->behaviours = results->behaviours;
  totals->audited = results->audited;
  totals->mismatches = results->mismatches;
  totals->seconds = results->seconds;
  totals->ended = results->begun + results->seconds;
  totals->search_cpu_seconds = results->search_cpu_seconds;
  totals->device_cpu_seconds = results->device_cpu_seconds;
  totals->failed = results->failed;
  for (size_t i = 0; i < results->points.count; i++)
    add_point (totals, results, &results->found[i], &results->points.points[i]);
  for (size_t i = 0; i < results->findings.count; i++)
    add_finding (totals, &results->findings.list[i]);
  totals->unchanged = !totals->violated && config->runner.check == NULL
    && update_changed_nothing (config->log, &config->trees);
}

static int
compare_paths (const void *left, const void *right)
{
  return strcmp (*(const char *const *) left, *(const char *const *) right);
}

/* Collect what the recordings left over. */
static int
collect_leftovers (struct reports *reports)
{
  const char **list;
  size_t count = 0, kept = 0;

  for (size_t i = 0; i < reports->count; i++)
    count += reports->list[i].results->oracle.leftover_count;
  reports->leftovers = list = calloc (count + 1, sizeof *list);
  if (list == NULL)
    return out_of_memory ();
  count = 0;
  for (size_t i = 0; i < reports->count; i++) {
    const struct oracle *oracle = &reports->list[i].results->oracle;

    for (size_t j = 0; j < oracle->leftover_count; j++)
      list[count++] = oracle->leftovers[j];
  }
  qsort (list, count, sizeof *list, compare_paths);
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || strcmp (list[kept - 1], list[i]) != 0)
      list[kept++] = list[i];
  reports->leftover_count = kept;
  return 0;
}

int
reports_make (struct reports *reports, const struct results *const *results, size_t count)
{
  const bool paged = results[0]->config->pages != NULL;

  *reports = (struct reports) { .list = calloc (count, sizeof *reports->list) };
  totals_begin (&reports->totals);
  if (reports->list == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < count; i++) {
    struct report *report = &reports->list[reports->count++];

    report->results = results[i];
    totals_begin (&report->totals);
    count_results (&report->totals, results[i]);
    totals_add (&reports->totals, &report->totals);
    if (paged && page_table_make (&report->pages, &results[i], 1) == -1)
      return -1;
  }
  return collect_leftovers (reports) == -1 || (paged && page_table_make (&reports->pages, results, count) == -1) ? -1
    : 0;
}

void
reports_free (struct reports *reports)
{
  for (size_t i = 0; i < reports->count; i++) {
    page_table_free (&reports->list[i].pages);
    totals_free (&reports->list[i].totals);
  }
  page_table_free (&reports->pages);
  totals_free (&reports->totals);
  free (reports->leftovers);
  free (reports->list);
}

const struct session_config *
reports_config (const struct reports *reports)
{
  return reports->list[0].results->config;
}

const char *
reports_release (const struct reports *reports)
{
  const char *release = reports->list[0].results->release;

  return release ? release : "unknown";
}
