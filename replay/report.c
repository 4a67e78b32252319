/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/stop.h"
#include "replay/report.h"

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
    report->fua += (write->flags & LOG_FUA) != 0;
  }
  for (uint32_t i = 0; i < log->flush_count; i++)
    report->flushes += log->flushes[i].issue >= first && log->flushes[i].issue <= last;
}

static int
compare_behaviours (const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

  return a < b ? -1 : a > b;
}

/* How many runs read different bytes. */
static int
count_behaviours (struct report *report)
{
  const struct session *session = report->session;
  size_t size = session->behaviour_count * sizeof (uint64_t);
  CLEANUP_FREE uint64_t *sorted = malloc (size ? size : 1);

  if (sorted == NULL)
    return -1;
  if (size > 0)
    memcpy (sorted, session->behaviours, size);
  qsort (sorted, session->behaviour_count, sizeof *sorted, compare_behaviours);
  for (size_t i = 0; i < session->behaviour_count; i++)
    report->behaviours += i == 0 || sorted[i] != sorted[i - 1];
  return 0;
}

static int
add_point (struct report *report, const struct point_result *result, enum phase phase)
{
  bool judged = report->session->config->old_tree != NULL && result->runs > 0;

  report->judged |= judged && phase != PHASE_UNKNOWN;
  report->judged_new |= judged && phase == PHASE_COMMITTED;
  report->runs += result->runs;
  report->exhaustive &= result->done && mpz_cmp (result->covered, result->states) == 0;
  report->atomic &= result->atomic;
  report->durable &= result->durable;
  mpz_add (report->states, report->states, result->states);
  mpz_add (report->covered, report->covered, result->covered);
  for (size_t i = 0; i < result->findings.count; i++) {
    report->violated |= result->findings.list[i].repeated;
    if (findings_add (&report->violations, &result->findings.list[i]) == -1)
      return -1;
  }
  return 0;
}

int
report_make (struct report *report, const struct session *session)
{
  int r;

  memset (report, 0, sizeof *report);
  report->session = session;
  report->exhaustive = report->atomic = report->durable = true;
  mpz_init (report->states);
  mpz_init (report->covered);
  count_operations (report, session->config->log);
  r = count_behaviours (report);
  for (size_t i = 0; i < session->points.count && r == 0; i++)
    r = add_point (report, &session->results[i], session->points.points[i].phase);
  if (r == -1)
    error_message ("out of memory");
  return r;
}

void
report_free (struct report *report)
{
  findings_free (&report->violations);
  mpz_clear (report->states);
  mpz_clear (report->covered);
}

/* "1 run", "2 runs" */
static const char *
plural (uint64_t count)
{
  return count == 1 ? "" : "s";
}

static void
print_violations (const struct report *report, FILE *file)
{
  for (size_t i = 0; i < report->violations.count; i++) {
    const struct finding *finding = &report->violations.list[i];
    CLEANUP_FREE char *states = mpz_get_str (NULL, 10, finding->states);

    fprintf (file, "%s: ", finding->kind);
    print_safely (finding->detail, strlen (finding->detail), file);
    fprintf (file, "%s\n    state %s (%s state%s; after mark ", finding->repeated ? "" : " (not seen again on a fresh boot)",
             finding->state, states, strcmp (states, "1") == 0 ? "" : "s");
    print_safely (finding->after, strlen (finding->after), file);
    fputs (")\n", file);
  }
}

void
report_print (const struct report *report, FILE *file)
{
  const struct session *session = report->session;
  const struct session_config *config = session->config;
  CLEANUP_FREE char *states = mpz_get_str (NULL, 10, report->states);
  CLEANUP_FREE char *covered = mpz_get_str (NULL, 10, report->covered);

  fprintf (file, "%s: %s, kernel %s\n", config->log->path, config->runner.filesystem,
           session->release ? session->release : "unknown");
  fprintf (file, "recorded: %u writes, %u flushes, %u FUA, %u trims, %u zeroes\n", report->writes, report->flushes,
           report->fua, report->trims, report->zeroes);
  if (config->log->unordered_count > 0)
    fprintf (file, "note: %u pairs of overlapping writes were in flight together: the order of issue is taken\n",
             config->log->unordered_count);
  fprintf (file, "replayed: %zu crash points, up to %u pending writes, %s crash states; %s covered by %ju run%s in %.1f s\n",
           session->points.count, session->points.pending_max, states, report->exhaustive ? "all" : covered,
           (uintmax_t) report->runs, plural (report->runs), session->seconds);
  print_violations (report, file);
  if (report->judged)
    fprintf (file, "atomic: %s, durable: %s", report->atomic ? "yes" : "NO",
             report->judged_new ? report->durable ? "yes" : "NO" : "not judged");
  else
    fprintf (file, "contents were not judged");
  if (session->leftover_count > 0)
    fprintf (file, "; leftovers:");
  for (size_t i = 0; i < session->leftover_count; i++)
    fprintf (file, " %s", session->leftovers[i]);
  fprintf (file, "\n");
  if (!report->exhaustive && !config->prefixes_only)
    fprintf (file, "NOT FINISHED: %s\n", stop_requested () ? "it was stopped" : "some crash points need more runs than --limit");
}

/* How many bytes the UTF-8 character at TEXT has, or 0 if there is none. */
static size_t
utf8_length (const unsigned char *text)
{
  size_t length = *text < 0x80 ? 1 : *text >= 0xc2 && *text < 0xe0 ? 2 : (*text & 0xf0) == 0xe0 ? 3
    : *text >= 0xf0 && *text < 0xf5 ? 4 : 0;

  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] >= 0xa0) || (*text == 0xf0 && text[1] < 0x90)
      || (*text == 0xf4 && text[1] >= 0x90))
    return 0;                   /* too long for what it says, a surrogate, or beyond Unicode */
  return length;
}

/* Add text from a log, a path or a guest: JSON is UTF-8, so what is not becomes `?`. */
static void
add_text (cJSON *object, const char *name, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);

  for (char *at = copy; at && *at;) {
    size_t length = utf8_length ((unsigned char *) at);

    if (length == 0)
      *at = '?';
    at += length ? length : 1;
  }
  cJSON_AddStringToObject (object, name, copy ? copy : "");
}

static void
add_big_number (cJSON *object, const char *name, const mpz_t number)
{
  CLEANUP_FREE char *text = mpz_get_str (NULL, 10, number);

  cJSON_AddStringToObject (object, name, text);
}

static void
add_violations (cJSON *object, const struct report *report)
{
  cJSON *list = cJSON_AddArrayToObject (object, "violations");

  for (size_t i = 0; i < report->violations.count; i++) {
    const struct finding *finding = &report->violations.list[i];
    cJSON *violation = cJSON_CreateObject ();

    cJSON_AddStringToObject (violation, "kind", finding->kind);
    add_text (violation, "state", finding->state);
    add_text (violation, "after", finding->after);
    add_text (violation, "detail", finding->detail);
    add_big_number (violation, "states", finding->states);
    cJSON_AddBoolToObject (violation, "repeated", finding->repeated);
    cJSON_AddItemToArray (list, violation);
  }
}

static cJSON *
make_json (const struct report *report)
{
  const struct session *session = report->session;
  const struct session_config *config = session->config;
  cJSON *object = cJSON_CreateObject (), *leftovers;

  add_text (object, "log", config->log->path);
  add_text (object, "filesystem", config->runner.filesystem);
  cJSON_AddStringToObject (object, "kernel", session->release ? session->release : "");
  cJSON_AddNumberToObject (object, "devices", (double) config->log->device_count);
  cJSON_AddNumberToObject (object, "writes", report->writes);
  cJSON_AddNumberToObject (object, "flushes", report->flushes);
  cJSON_AddNumberToObject (object, "fua", report->fua);
  cJSON_AddNumberToObject (object, "trims", report->trims);
  cJSON_AddNumberToObject (object, "zeroes", report->zeroes);
  cJSON_AddNumberToObject (object, "crash_points", (double) session->points.count);
  cJSON_AddNumberToObject (object, "pending_max", session->points.pending_max);
  add_big_number (object, "crash_states", report->states);
  add_big_number (object, "states_covered", report->covered);
  cJSON_AddBoolToObject (object, "exhaustive", report->exhaustive);
  cJSON_AddNumberToObject (object, "runs", (double) report->runs);
  cJSON_AddNumberToObject (object, "remembered", 0);
  cJSON_AddNumberToObject (object, "behaviours", (double) report->behaviours);
  cJSON_AddItemToObject (object, "atomic", report->judged ? cJSON_CreateBool (report->atomic) : cJSON_CreateNull ());
  cJSON_AddItemToObject (object, "durable", report->judged_new ? cJSON_CreateBool (report->durable) : cJSON_CreateNull ());
  add_violations (object, report);
  leftovers = cJSON_AddArrayToObject (object, "leftovers");
  for (size_t i = 0; i < session->leftover_count; i++)
    cJSON_AddItemToArray (leftovers, cJSON_CreateString (session->leftovers[i]));
  cJSON_AddNumberToObject (object, "seconds", session->seconds);
  return object;
}

/* Put TEXT under a temporary name beside PATH, then rename it: nobody reads half a report.  A PATH that is there and no regular
 * file, such as /dev/stderr, is written to as it is.
 */
static int
publish (const char *path, const char *text)
{
  CLEANUP_FREE char *temporary = NULL;
  struct stat status;
  FILE *file;

  if (stat (path, &status) == 0 && !S_ISREG (status.st_mode)) {
    file = fopen (path, "we");
    if (file == NULL || fprintf (file, "%s\n", text) < 0 || fclose (file) == EOF) {
      error_message ("%s: %m", path);
      return -1;
    }
    return 0;
  }
  if (asprintf (&temporary, "%s.tmp", path) == -1) {
    error_message ("out of memory");
    return -1;
  }
  file = fopen (temporary, "we");
  if (file == NULL) {
    error_message ("%s: %m", temporary);
    return -1;
  }
  bool written = fprintf (file, "%s\n", text) >= 0;
  written &= fclose (file) == 0;
  if (!written || rename (temporary, path) == -1) {
    error_message ("%s: %m", path);
    unlink (temporary);
    return -1;
  }
  return 0;
}

int
report_write_json (const struct report *report, const char *path)
{
  cJSON *object = make_json (report);
  CLEANUP_FREE char *text = cJSON_Print (object);
  int r = 0;

  cJSON_Delete (object);
  if (text == NULL) {
    error_message ("out of memory");
    return -1;
  }
  if (strcmp (path, "-") == 0)
    puts (text);
  else
    r = publish (path, text);
  return r;
}
