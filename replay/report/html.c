/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as one page of HTML, which is XML as well: pictures are part of it, there are no scripts, and nothing is
 * loaded.  What could make it large is limited: how many crash points and findings are shown in full, and how many
 * pending writes are listed.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/html-style.h"
#include "common/plural.h"
#include "log/device.h"
#include "log/info.h"
#include "log/paths.h"
#include "replay/explain/reason.h"
#include "replay/report/format.h"
#include "replay/report/html-chart.h"
#include "replay/report/html-finding.h"
#include "replay/report/html-pages.h"
#include "replay/report/html-put.h"
#include "replay/report/html-schedules.h"
#include "replay/report/text.h"

#define POINTS_MAX 1500         /* rows of the table of crash points */
#define LISTED_BYTES 400000     /* of all lists of pending writes, about */
#define LISTED_LINE 44
#define OVERLAY_BYTES 200000    /* of their pictures, about */
#define OVERLAY_WRITE 30
#define OVERLAY_LEAST 10        /* what a picture takes without any write, in writes */

static const char style[] =
  ":root { --soft: #6a6f76; --write: #2f6fb7; --fua: #c76a00; --zero: #4d8f7a; --flush: #2c8a3c; --mark: #7a3fb0;\n"
  "  --bad-ink: #c4251c; --half-ink: #a97b00; --good-ink: #2c8a3c }\n"
  "@media (prefers-color-scheme: dark) {\n"
  "  :root { --soft: #9aa0a8; --write: #6ca6e8; --fua: #f0a14a; --zero: #7fc4ad; --flush: #58b868; --mark: #bd93ec;\n"
  "    --bad-ink: #ff6f64; --half-ink: #e0b23c; --good-ink: #58b868 }\n}\n"
  "body { max-width: 84em }\n"
  "h1 { font-size: 1.5em; overflow-wrap: anywhere } h2 { margin-top: 2em } code, pre {"
  " font: 13px/1.5 ui-monospace, monospace }\n"
  ".banner { padding: .6em .9em; border-radius: .4em; font-size: 1.1em }\n"
  "dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1em } dt { color: var(--soft) }\n"
  "dd { margin: 0; overflow-wrap: anywhere } a { color: var(--write) } .soft { color: var(--soft) }\n"
  "p, li { overflow-wrap: anywhere } td { overflow-wrap: anywhere; min-width: 6em } "
  "td.n { text-align: right; white-space: nowrap;\n"
  "  min-width: 0 } td.result { min-width: 20em }\n"
  "th { white-space: nowrap } tr:target, section:target > h3 { outline: 2px solid var(--mark) }\n"
  "section { border-top: 1px solid var(--line) } summary { cursor: pointer }\n"
  ".paths td { min-width: 12em } .key { display: flex; flex-wrap: wrap; gap: .2em 1.2em; padding: 0; "
  "list-style: none }\n"
  ".key i { display: inline-block; width: .9em; height: .9em; border-radius: .2em; margin-right: .4em; "
  "vertical-align: -.1em }\n"
  "pre { padding: .5em .7em; background: var(--none); border-radius: .3em } td pre { margin: .3em 0; "
  "max-height: 24em }\n";

static void
put_command (const struct html *html)
{
  const char *word = log_info (html->log, LOG_KEY_COMMAND);

  if (word == NULL)
    return;
  fputs ("<dt>command</dt><dd><code>", html->file);
  html_put_part (html, "", word, "");
  while ((word = log_info_after (html->log, LOG_KEY_COMMAND, word)) != NULL)
    html_put_part (html, " ", word, "");
  fputs ("</code></dd>\n", html->file);
}

/* What was replayed, and the totals. */
static void
put_facts (const struct html *html)
{
  static const char *const tears[] = {
    "whole or not at all", "torn to any leading part", "torn to any of their sectors"
  };
  const struct totals *totals = &html->report->totals;
  const struct results *results = html->results;
  const struct session_config *config = results->config;
  CLEANUP_FREE char *recorded = report_recorded (totals), *unordered = report_unordered (totals);
  CLEANUP_FREE char *device = log_device_describe (html->log), *paths = log_paths_describe (html->log);

  fputs ("<dl>\n", html->file);
  html_put_part (html, "<dt>file system</dt><dd>", config->runner.filesystem, "");
  if (*config->runner.mount_options)
    html_put_part (html, " with ", config->runner.mount_options, "");
  html_put_part (html, "</dd>\n<dt>kernel</dt><dd>", results->release ? results->release : "unknown", "</dd>\n");
  if (config->schedule)
    html_put_part (html, "<dt>schedule</dt><dd>", config->schedule, "</dd>\n");
  put_command (html);
  html_put_part (html, "<dt>recorded</dt><dd>", recorded ? recorded : "", "</dd>\n");
  if (device && *device)
    html_put_part (html, "<dt>device</dt><dd>", device, "</dd>\n");
  if (paths && *paths)
    html_put_part (html, "<dt>paths</dt><dd>", paths, "</dd>\n");
  fprintf (html->file, "<dt>crash points</dt><dd>%zu, with up to %u pending %s, %s</dd>\n<dt>crash states</dt><dd>",
           results->points.count, results->points.pending_max, plural (results->points.pending_max, "write", "writes"),
           tears[config->tear.mode]);
  html_put_covered (html, totals->covered, totals->states);
  fprintf (html->file, ", by %ju %s and %ju remembered %s in %.1f s</dd>\n", (uintmax_t) results->runs,
           plural (results->runs, "run", "runs"), (uintmax_t) results->remembered,
           plural (results->remembered, "answer", "answers"), results->seconds);
  for (unsigned i = 0; i < config->nested; i++) {
    CLEANUP_FREE char *nested = report_nested (&totals->nested[i], config);

    fprintf (html->file, "<dt>%s</dt>", report_again[i]);
    html_put_part (html, "<dd>", nested ? nested : "", "</dd>\n");
  }
  fputs ("<dt>verdicts</dt><dd>", html->file);
  html_put_verdicts (html, totals);
  fputs ("</dd>\n", html->file);
  if (html->log->unordered_count > 0 || html->log->uncompared_count > 0)
    html_put_part (html, "<dt>note</dt><dd>", unordered ? unordered : "", "</dd>\n");
  fputs ("</dl>\n", html->file);
}

static bool
has_result (const struct html *html, enum test_verdict result)
{
  for (size_t i = 0; i < html->results->points.count; i++)
    if (html->cases[i] == result)
      return true;
  return false;
}

static int
put_timeline (const struct html *html)
{
  struct chart chart = {
    .report = html->report, .prefix = html->prefix, .fates = html->fates, .crash = LOG_NEVER, .results = html->cases,
    .listed = html->listed, .overlays = html->overlays,
    .label = "Timeline of the explored part of the log"
  };

  fprintf (html->file, "<h2 id=\"%stimeline\">Timeline</h2>\n<p class=\"soft\">Events in their order across, by "
           "position in the log; offset on the device up, without the stretches that nothing is written to.  A click "
           "on a crash point outlines what is pending there.</p>\n", html->prefix);
  if (model_range (html->log, &chart.first, &chart.last) == -1)
    return 0;
  fates_of_log (html->log, html->fates);
  const struct key keys[] = {
    { html_has_fate (html, FATE_WRITE), "write",
      "write, from issue to completion; the thin line: until it is durable" },
    { html_has_fate (html, FATE_FUA), "fua", "write with FUA" },
    { html_has_fate (html, FATE_ZERO), "zero", "zeros and trims" },
    { true, "flush", "flush" }, { true, "mark", "mark" },
    { has_result (html, TEST_RIGHT), "good-ink", "crash point at which nothing is wrong" },
    { has_result (html, TEST_VIOLATION), "bad-ink", "... with a violation" },
    { has_result (html, TEST_UNFINISHED), "half-ink", "... not finished" },
    { has_result (html, TEST_ERROR), "soft", "... of which nothing is known" }, { false, NULL, NULL },
  };
  html_put_keys (html, keys);
  return chart_write (&chart, html->file);
}

/* How many pending writes may be shown for each crash point, so that all together are about TOTAL / EACH. */
static uint32_t
share_out (const struct html *html, size_t total, size_t each)
{
  const struct crash_points *points = &html->results->points;
  uint32_t most = points->pending_max;

  for (;; most = most / 4 * 3) {
    size_t sum = 0;

    for (size_t i = 0; i < points->count; i++)
      sum += points->points[i].pending_count < most ? points->points[i].pending_count : most;
    if (most < 4 || sum <= total / each)
      return most;
  }
}

static void
put_pending (const struct html *html, const struct crash_point *point, uint32_t most)
{
  const struct pending_index *index = &html->results->points.pending;
  uint32_t write = 0;

  if (point->pending_count == 0) {
    fputs ("0", html->file);
    return;
  }
  fprintf (html->file, "<details><summary>%u</summary><pre id=\"%sw%u\">", point->pending_count, html->prefix,
           point->position);
  for (uint32_t i = 0; i < most && pending_index_next (index, point->position, &write); i++, write++) {
    fprintf (html->file, "%u: ", html->log->writes[write].issue);
    html_put_write (html, &html->log->writes[write]);
    putc ('\n', html->file);
  }
  if (point->pending_count > most)
    fprintf (html->file, "and %u more\n", point->pending_count - most);
  fputs ("</pre></details>", html->file);
}

/* What was wrong at a crash point, or that nothing was. */
static void
put_result (const struct html *html, size_t number)
{
  const struct tally *tally = &html->results->found[number].tally;
  bool wrong = false;

  for (size_t i = 0; i < tally->count; i++)
    if (tally->entries[i].kind) {
      fprintf (html->file, "%s%s: ", wrong ? "<br/>" : "", violation_name (tally->entries[i].kind));
      html_put_names (html, "", tally->entries[i].detail, "");
      fputs (" (", html->file);
      html_put_states (html, tally->entries[i].states);
      html_put_part (html, ", <code>", tally->entries[i].state, "</code>)");
      wrong = true;
    }
  if (html->cases[number] == TEST_ERROR)
    fputs (wrong ? "<br/>not seen again on a fresh boot" : "broken off", html->file);
  else if (!wrong)
    fputs (html->cases[number] == TEST_RIGHT ? "nothing wrong" : "not finished", html->file);
}

static void
put_point (const struct html *html, size_t number, uint32_t most)
{
  const struct crash_point *point = &html->results->points.points[number];
  const struct point_result *result = &html->results->found[number];
  CLEANUP_FREE char *after = finding_after (html->log, point->position);
  char expected[MOMENT_EXPECTS_SIZE];

  moment_expects (html->log, &point->moment, expected);
  fprintf (html->file, "<tr id=\"%sp%u\"><td class=\"n\" data-head=\"position\">", html->prefix, point->position);
  if (html->overlays[number])
    fprintf (html->file, "<a href=\"#%sat%u\">%u</a>", html->prefix, point->position, point->position);
  else
    fprintf (html->file, "%u", point->position);
  html_put_part (html, "</td><td data-head=\"after\">", after ? after : "", "</td>");
  fprintf (html->file, "<td data-head=\"expected\">%s</td><td data-head=\"pending\">", expected);
  put_pending (html, point, most);
  fputs ("</td><td class=\"n\" data-head=\"states covered\">", html->file);
  html_put_covered (html, result->covered, result->states);
  fprintf (html->file, "</td><td class=\"n\" data-head=\"runs + remembered\">%ju + %ju</td><td class=\"result %s\">",
           (uintmax_t) result->runs,
           (uintmax_t) result->remembered, chart_result_class (html->cases[number]));
  put_result (html, number);
  fputs ("</td></tr>\n", html->file);
}

static void
put_points (const struct html *html)
{
  const struct crash_points *points = &html->results->points;
  const size_t shown = POINTS_MAX / html->parts;
  uint32_t most = share_out (html, LISTED_BYTES / html->parts, LISTED_LINE);

  fprintf (html->file, "<h2 id=\"%spoints\">Crash points</h2>\n<p class=\"soft\">The power is cut after the event at "
           "the position.  The number of pending writes opens their list.</p>\n<div class=\"wide\"><table>\n<thead>\n"
           "<tr><th>position</th><th>after</th><th>expected</th><th>pending</th><th>states covered</th>"
           "<th>runs + remembered</th><th>result</th></tr>\n</thead>\n<tbody>\n", html->prefix);
  for (size_t i = 0; i < points->count; i++)
    if (html->listed[i])
      put_point (html, i, most);
  fputs ("</tbody>\n</table></div>\n", html->file);
  if (points->count > shown)
    fprintf (html->file, "<p class=\"soft\">%zu more crash %s not listed; "
             "<code>replay --json</code> has them all.</p>\n",
             points->count - shown, plural (points->count - shown, "point is", "points are"));
}

static void
put_leftovers (const struct html *html)
{
  const struct oracle *oracle = &html->results->oracle;

  if (oracle->leftover_count == 0)
    return;
  fprintf (html->file, "<h2 id=\"%sleftovers\">Leftovers</h2>\n<p class=\"soft\">Paths that some state has, and "
           "neither the old nor the new tree.</p>\n<ul>\n", html->prefix);
  for (size_t i = 0; i < oracle->leftover_count && i < HTML_PATHS_MAX; i++)
    html_put_names (html, "<li><code>", oracle->leftovers[i], "</code></li>\n");
  fputs ("</ul>\n", html->file);
  if (oracle->leftover_count > HTML_PATHS_MAX)
    fprintf (html->file, "<p class=\"soft\">and %zu more.</p>\n", oracle->leftover_count - HTML_PATHS_MAX);
}

/* Find out what became of each crash point, and which of them have room on the page: those at which something is wrong
 * first.
 */
static int
choose_points (struct html *html)
{
  const struct crash_points *points = &html->results->points;
  size_t rows = POINTS_MAX / html->parts, writes = OVERLAY_BYTES / html->parts / OVERLAY_WRITE;

  for (size_t i = 0; i < points->count; i++)
    if (report_point_result (html->report, i, &html->cases[i]) == -1)
      return -1;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < points->count && rows > 0; i++) {
      size_t size = points->points[i].pending_count + OVERLAY_LEAST;

      if ((html->cases[i] == TEST_RIGHT) != (pass == 1))
        continue;
      html->listed[i] = 1;
      rows--;
      if (size > writes)
        continue;
      html->overlays[i] = 1;
      writes -= size;
    }
  return 0;
}

/* All about one recording. */
static int
put_body (const struct html *html)
{
  char link[2 * HTML_PREFIX_SIZE];

  snprintf (link, sizeof link, "%swrong", html->prefix);
  fprintf (html->file, html->parts > 1 ? "<h1 id=\"%s\">" : "<h1>", html->prefix);
  html_put_part (html, "", html->log->path, "</h1>\n");
  html_put_banner (html, &html->report->totals, html_count_kinds (html->results), link);
  put_facts (html);
  if (put_timeline (html) == -1 || html_put_findings (html) == -1)
    return -1;
  html_put_pages (html);
  put_points (html);
  put_leftovers (html);
  return 0;
}

/* The part of the page that is about recording number NUMBER. */
static int
put_part (const struct reports *reports, size_t number, FILE *file)
{
  const struct report *report = &reports->list[number];
  const struct results *results = report->results;
  const struct write_log *log = results->config->log;
  const size_t points = results->points.count + 1;
  CLEANUP_FREE enum test_verdict *cases = calloc (points, sizeof *cases);
  CLEANUP_FREE uint8_t *listed = calloc (points, 1), *overlays = calloc (points, 1);
  CLEANUP_FREE uint8_t *fates = calloc (log->write_count + 1, 1);
  char prefix[HTML_PREFIX_SIZE] = "";
  struct html html = { file, prefix, reports->count, report, results, log, cases, listed, overlays, fates };

  if (reports->count > 1)
    html_prefix (number, prefix);
  return cases && listed && overlays && fates && choose_points (&html) == 0 ? put_body (&html) : -1;
}

static int
put (const struct reports *reports, FILE *file)
{
  const struct html html = { .file = file, .prefix = "", .results = reports->list[0].results };
  int r = 0;

  html_put_part (&html, HTML_BEGIN "<title>powercut: ", reports_config (reports)->log->path,
                 "</title>\n<style>\n" HTML_STYLE);
  fprintf (file, "%s%s" HTML_STYLE_NARROW "</style>\n</head>\n<body>\n", style, chart_style);
  if (reports->count > 1)
    html_put_schedules (&html, reports);
  for (size_t i = 0; i < reports->count && r == 0; i++)
    r = put_part (reports, i, file);
  fputs ("<p class=\"soft\">Made by powercut " PACKAGE_VERSION ".  "
         "The positions are those of <code>powercut show</code>.</p>\n</body>\n</html>", file);
  return r;
}

const struct report_format html_format = {
  .name = "html", .help = "write the results as a page with pictures", .put = put
};
