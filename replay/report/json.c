/* SPDX-License-Identifier: BSD-3-Clause */
/* The report as JSON, for programs: what stands there is promised. */
#include <config.h>

#include "checker/observe/sectors.h"
#include "common/cleanup.h"
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

static void
add_violations (cJSON *object, const struct results *results)
{
  const struct findings *findings = &results->findings;
  cJSON *list = cJSON_AddArrayToObject (object, "violations");

  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->list[i];
    cJSON *violation = cJSON_CreateObject ();

    cJSON_AddStringToObject (violation, "kind", violation_name (finding->kind));
    json_add_text (violation, "state", finding->state);
    json_add_text (violation, "after", finding->after);
    json_add_text (violation, "detail", finding->detail);
    json_add_big_number (violation, "states", finding->states);
    cJSON_AddItemToObject (violation, "repeated", finding->confirmation == FINDING_UNCONFIRMED ? cJSON_CreateNull ()
                           : cJSON_CreateBool (finding->confirmation == FINDING_REPEATED));
    if (results->config->minimize)
      add_minimal (violation, results->config->log, finding->minimal);
    cJSON_AddItemToArray (list, violation);
  }
}

/* What was seen at each crash point, in how many states. */
static void
add_points (cJSON *object, const struct results *results)
{
  cJSON *list = cJSON_AddArrayToObject (object, "points");

  for (size_t i = 0; i < results->points.count; i++) {
    const struct point_result *result = &results->found[i];
    cJSON *point = cJSON_CreateObject (), *seen;

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

static cJSON *
make_json (const struct report *report)
{
  static const char *const tears[] = { "none", "prefix", "any" };
  const struct results *results = report->results;
  const struct session_config *config = results->config;
  cJSON *object = cJSON_CreateObject (), *leftovers;

  json_add_text (object, "log", config->log->path);
  json_add_text (object, "filesystem", config->runner.filesystem);
  json_add_text (object, "kernel", results->release ? results->release : "");
  if (log_info (config->log, LOG_KEY_IMPORTED))
    json_add_text (object, "imported", log_info (config->log, LOG_KEY_IMPORTED));
  cJSON_AddNumberToObject (object, "devices", (double) config->log->device_count);
  cJSON_AddNumberToObject (object, "writes", report->writes);
  cJSON_AddNumberToObject (object, "flushes", report->flushes);
  cJSON_AddNumberToObject (object, "fua", report->fua);
  cJSON_AddNumberToObject (object, "trims", report->trims);
  cJSON_AddNumberToObject (object, "zeroes", report->zeroes);
  cJSON_AddNumberToObject (object, "crash_points", (double) results->points.count);
  cJSON_AddNumberToObject (object, "pending_max", results->points.pending_max);
  cJSON_AddStringToObject (object, "tear", tears[config->tear.mode]);
  cJSON_AddNumberToObject (object, "sector", config->tear.atomic_bytes);
  json_add_big_number (object, "crash_states", report->states);
  json_add_big_number (object, "states_covered", report->covered);
  cJSON_AddBoolToObject (object, "exhaustive", report->exhaustive);
  cJSON_AddNumberToObject (object, "runs", (double) results->runs);
  cJSON_AddNumberToObject (object, "remembered", (double) results->remembered);
  cJSON_AddNumberToObject (object, "audited", (double) results->audited);
  cJSON_AddNumberToObject (object, "mismatches", (double) results->mismatches);
  cJSON_AddNumberToObject (object, "behaviours", (double) results->behaviours);
  cJSON_AddItemToObject (object, "atomic", report->judged ? cJSON_CreateBool (report->atomic) : cJSON_CreateNull ());
  cJSON_AddItemToObject (object, "durable",
                         report->judged_new ? cJSON_CreateBool (report->durable) : cJSON_CreateNull ());
  cJSON_AddBoolToObject (object, "unchanged", report->unchanged);
  add_violations (object, results);
  add_points (object, results);
  leftovers = cJSON_AddArrayToObject (object, "leftovers");
  for (size_t i = 0; i < results->oracle.leftover_count; i++)
    cJSON_AddItemToArray (leftovers, cJSON_CreateString (results->oracle.leftovers[i]));
  cJSON_AddItemToObject (object, "page_size", config->pages
                         ? cJSON_CreateNumber ((double) config->pages->page_sectors * SECTOR_SIZE)
                         : cJSON_CreateNull ());
  cJSON_AddItemToObject (object, "pages", config->pages ? page_table_json (&report->pages) : cJSON_CreateNull ());
  cJSON_AddNumberToObject (object, "seconds", results->seconds);
  cJSON_AddNumberToObject (object, "search_cpu_seconds", results->search_cpu_seconds);
  cJSON_AddNumberToObject (object, "device_cpu_seconds", results->device_cpu_seconds);
  return object;
}

static int
put (const struct report *report, FILE *file)
{
  cJSON *object = make_json (report);
  CLEANUP_FREE char *text = json_print (object, true);

  cJSON_Delete (object);
  return text && fputs (text, file) != EOF ? 0 : -1;
}

const struct report_format json_format = {
  .name = "json", .help = "write the results as JSON (- for standard output)", .put = put
};
