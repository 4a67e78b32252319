/* SPDX-License-Identifier: BSD-3-Clause */
/* The report as JSON, for programs: what stands there is promised. */
#include <config.h>

#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "log/device.h"
#include "log/info.h"
#include "replay/explain/minimal.h"
#include "replay/report/format.h"
#include "replay/report/json-text.h"

/* The smallest state of a finding, null if there is none to be had, and which writes it drops. */
static void
add_minimal (cJSON *violation, const struct write_log *log, const struct minimal *minimal)
{
  cJSON *list;

  if (minimal)
    json_add_text (violation, "minimal", minimal->state);
  else
    cJSON_AddNullToObject (violation, "minimal");
  if (minimal)
    json_add_text (violation, "minimal_note", minimal->note);
  list = cJSON_AddArrayToObject (violation, "dropped");
  for (size_t i = 0; minimal && i < minimal->count; i++) {
    const struct dropped_write *dropped = &minimal->dropped[i];
    const struct log_write *write = &log->writes[dropped->write];
    CLEANUP_FREE char *line = minimal_line (minimal, log, i);
    cJSON *entry = cJSON_CreateObject ();

    cJSON_AddNumberToObject (entry, "write", write->issue);
    cJSON_AddNumberToObject (entry, "offset", (double) write->offset_bytes);
    cJSON_AddNumberToObject (entry, "length", write->length_bytes);
    if (dropped->what)
      json_add_text (entry, "what", dropped->what);
    else
      cJSON_AddNullToObject (entry, "what");
    json_add_text (entry, "why", line ? line : dropped->why);
    cJSON_AddItemToArray (list, entry);
  }
}

/* Add what RESULTS has to the LIST. */
static void
add_violations (cJSON *list, const struct results *results)
{
  const struct findings *findings = &results->findings;

  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->list[i];
    cJSON *violation = cJSON_CreateObject ();

    cJSON_AddStringToObject (violation, "kind", violation_name (finding->kind));
    json_add_schedule (violation, results->config->log, &results->config->runner);
    json_add_text (violation, "state", finding->state);
    json_add_text (violation, "after", finding->after);
    json_add_text (violation, "detail", finding->detail);
    json_add_big_number (violation, "states", finding->states);
    cJSON_AddNumberToObject (violation, "depth", finding->depth);
    cJSON_AddItemToObject (violation, "repeated", finding->confirmation == FINDING_UNCONFIRMED ? cJSON_CreateNull ()
                           : cJSON_CreateBool (finding->confirmation == FINDING_REPEATED));
    if (results->config->minimize)
      add_minimal (violation, results->config->log, finding->minimal);
    cJSON_AddItemToArray (list, violation);
  }
}

/* Add what was seen at each crash point, in how many states, to the LIST. */
static void
add_points (cJSON *list, const struct results *results)
{
  for (size_t i = 0; i < results->points.count; i++) {
    const struct point_result *result = &results->found[i];
    cJSON *point = cJSON_CreateObject (), *seen;

    if (results->config->schedule)
      json_add_schedule (point, results->config->log, &results->config->runner);
    cJSON_AddNumberToObject (point, "position", results->points.points[i].position);
    cJSON_AddNumberToObject (point, "pending", results->points.points[i].pending_count);
    json_add_big_number (point, "crash_states", result->states);
    json_add_big_number (point, "states_covered", result->covered);
    cJSON_AddNumberToObject (point, "runs", (double) result->runs);
    cJSON_AddNumberToObject (point, "remembered", (double) result->remembered);
    seen = cJSON_AddArrayToObject (point, "observations");
    for (size_t j = 0; j < result->tally.count; j++) {
      cJSON *observation = cJSON_CreateObject ();

      json_add_text (observation, "seen", result->tally.entries[j].seen);
      json_add_big_number (observation, "states", result->tally.entries[j].states);
      cJSON_AddItemToArray (seen, observation);
    }
    cJSON_AddItemToArray (list, point);
  }
}

/* Of recoveries that were interrupted, once in the first of the list. */
static void
add_nested (cJSON *object, const struct totals *totals, unsigned count)
{
  cJSON *list = cJSON_AddArrayToObject (object, "nested");

  for (unsigned i = 0; i < count; i++) {
    const struct nested_result *nested = &totals->nested[i];
    cJSON *one = cJSON_CreateObject ();

    cJSON_AddNumberToObject (one, "recoveries", (double) nested->recoveries);
    cJSON_AddNumberToObject (one, "untaped", (double) nested->untaped);
    cJSON_AddNumberToObject (one, "crash_points", (double) nested->points);
    json_add_big_number (one, "crash_states", nested->states);
    json_add_big_number (one, "states_covered", nested->covered);
    cJSON_AddBoolToObject (one, "exhaustive", nested->unfinished == 0 && nested->untaped == 0);
    cJSON_AddNumberToObject (one, "runs", (double) nested->runs);
    cJSON_AddNumberToObject (one, "remembered", (double) nested->remembered);
    cJSON_AddItemToArray (list, one);
  }
}

/* What was recorded, and how much of it was covered. */
static void
add_counts (cJSON *object, const struct totals *totals)
{
  cJSON_AddNumberToObject (object, "writes", totals->writes);
  cJSON_AddNumberToObject (object, "flushes", totals->flushes);
  cJSON_AddNumberToObject (object, "fua", totals->fua);
  cJSON_AddNumberToObject (object, "trims", totals->trims);
  cJSON_AddNumberToObject (object, "zeroes", totals->zeroes);
  cJSON_AddNumberToObject (object, "in_flight", totals->in_flight);
  cJSON_AddNumberToObject (object, "in_flight_max", totals->in_flight_max);
  cJSON_AddNumberToObject (object, "unordered", totals->unordered);
  cJSON_AddNumberToObject (object, "uncompared", totals->uncompared);
  cJSON_AddNumberToObject (object, "crash_points", (double) totals->crash_points);
  cJSON_AddNumberToObject (object, "crash_points_left_out", (double) totals->points_left_out);
  cJSON_AddNumberToObject (object, "pending_max", totals->pending_max);
  json_add_big_number (object, "crash_states", totals->states);
  json_add_big_number (object, "states_covered", totals->covered);
  cJSON_AddBoolToObject (object, "exhaustive", totals->exhaustive);
  cJSON_AddNumberToObject (object, "runs", (double) totals->runs);
  cJSON_AddNumberToObject (object, "remembered", (double) totals->remembered);
  cJSON_AddNumberToObject (object, "audited", (double) totals->audited);
  cJSON_AddNumberToObject (object, "mismatches", (double) totals->mismatches);
  cJSON_AddNumberToObject (object, "behaviours", (double) totals->behaviours);
}

/* What is said of that. */
static void
add_verdicts (cJSON *object, const struct totals *totals)
{
  cJSON_AddItemToObject (object, "atomic", totals->judged ? cJSON_CreateBool (totals->atomic) : cJSON_CreateNull ());
  cJSON_AddItemToObject (object, "durable",
                         totals->judged_new ? cJSON_CreateBool (totals->durable) : cJSON_CreateNull ());
  cJSON_AddBoolToObject (object, "unchanged", totals->unchanged);
}

/* What was told while the recordings went on, if somebody looked. */
static void
add_live (cJSON *object, const struct live_first *live)
{
  cJSON *told = live && live->told ? cJSON_CreateObject () : NULL;

  if (live)
    cJSON_AddItemToObject (object, "live", told ? told : cJSON_CreateNull ());
  if (told) {
    json_add_text (told, "log", live->log);
    cJSON_AddNumberToObject (told, "seconds", live->seconds);
    cJSON_AddNumberToObject (told, "since_seconds", live->since_seconds);
  }
}

/* Whether the search has ended with the first violation, if that was asked for. */
static void
add_stopped (cJSON *object, const struct session_config *config)
{
  if (config->violated)
    cJSON_AddBoolToObject (object, "stopped_at_first", *config->violated);
}

static void
add_times (cJSON *object, const struct totals *totals)
{
  cJSON_AddNumberToObject (object, "seconds", totals->seconds);
  cJSON_AddNumberToObject (object, "search_cpu_seconds", totals->search_cpu_seconds);
  cJSON_AddNumberToObject (object, "device_cpu_seconds", totals->device_cpu_seconds);
}

/* From which event on the device answered at once, although it was to hold requests; or null. */
static void
add_held_until (cJSON *object, const struct write_log *log)
{
  const struct log_mark *gave_up = log_device_gave_up (log);

  cJSON_AddItemToObject (object, "held_until", gave_up ? cJSON_CreateNumber (gave_up->position) : cJSON_CreateNull ());
}

/* Each recording with its counts. */
static void
add_schedules (cJSON *object, const struct reports *reports)
{
  cJSON *list = cJSON_AddArrayToObject (object, "schedules");

  for (size_t i = 0; i < reports->count; i++) {
    const struct session_config *config = reports->list[i].results->config;
    cJSON *schedule = cJSON_CreateObject ();

    json_add_schedule (schedule, config->log, &config->runner);
    add_held_until (schedule, reports->list[i].results->config->log);
    add_counts (schedule, &reports->list[i].totals);
    add_nested (schedule, &reports->list[i].totals, config->nested);
    add_verdicts (schedule, &reports->list[i].totals);
    add_times (schedule, &reports->list[i].totals);
    cJSON_AddItemToArray (list, schedule);
  }
}

/* Where all comes from; of several recordings, the first. */
static void
add_origin (cJSON *object, const struct reports *reports)
{
  static const char *const tears[] = { "none", "prefix", "any" };
  const struct session_config *config = reports_config (reports);
  const char *release = reports->list[0].results->release;

  json_add_text (object, "log", config->log->path);
  json_add_text (object, "filesystem", config->runner.filesystem);
  json_add_text (object, "kernel", release ? release : "");
  if (log_info (config->log, LOG_KEY_IMPORTED))
    json_add_text (object, "imported", log_info (config->log, LOG_KEY_IMPORTED));
  cJSON_AddNumberToObject (object, "devices", (double) config->log->device_count);
  cJSON_AddStringToObject (object, "tear", tears[config->tear.mode]);
  cJSON_AddNumberToObject (object, "sector", config->tear.atomic_bytes);
  cJSON_AddStringToObject (object, "trim", config->log->trims_trusted ? "zero" : "any");
  cJSON_AddBoolToObject (object, "readonly_device", config->runner.readonly_device);
}

static cJSON *
make_json (const struct reports *reports)
{
  const struct pages *pages = reports_config (reports)->pages;
  cJSON *object = cJSON_CreateObject (), *violations, *points, *leftovers;

  add_origin (object, reports);
  add_counts (object, &reports->totals);
  add_nested (object, &reports->totals, reports_config (reports)->nested);
  add_verdicts (object, &reports->totals);
  add_stopped (object, reports_config (reports));
  add_live (object, reports_config (reports)->live);
  add_schedules (object, reports);
  violations = cJSON_AddArrayToObject (object, "violations");
  points = cJSON_AddArrayToObject (object, "points");
  for (size_t i = 0; i < reports->count; i++) {
    add_violations (violations, reports->list[i].results);
    add_points (points, reports->list[i].results);
  }
  leftovers = cJSON_AddArrayToObject (object, "leftovers");
  for (size_t i = 0; i < reports->leftover_count; i++)
    cJSON_AddItemToArray (leftovers, cJSON_CreateString (reports->leftovers[i]));
  cJSON_AddItemToObject (object, "page_size",
                         pages ? cJSON_CreateNumber ((double) pages->page_sectors * SECTOR_SIZE) : cJSON_CreateNull ());
  cJSON_AddItemToObject (object, "pages", pages ? page_table_json (&reports->pages) : cJSON_CreateNull ());
  add_times (object, &reports->totals);
  return object;
}

static int
put (const struct reports *reports, FILE *file)
{
  cJSON *object = make_json (reports);
  CLEANUP_FREE char *text = json_print (object, true);

  cJSON_Delete (object);
  return text && fputs (text, file) != EOF ? 0 : -1;
}

const struct report_format json_format = {
  .name = "json", .help = "write the results as JSON (- for standard output)", .put = put
};
