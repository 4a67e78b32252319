/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as one page of HTML, which is XML as well: pictures are part of it, there are no scripts, and nothing is loaded.  What
 * could make it large is limited: how many crash points and findings are shown in full, and how many pending writes are listed.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/html-style.h"
#include "common/message.h"
#include "common/plural.h"
#include "log/info.h"
#include "replay/explain/reason.h"
#include "replay/report/html.h"

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
  "h1 { font-size: 1.5em; overflow-wrap: anywhere } h2 { margin-top: 2em } code, pre { font: 13px/1.5 ui-monospace, monospace }\n"
  ".banner { padding: .6em .9em; border-radius: .4em; font-size: 1.1em }\n"
  "dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1em } dt { color: var(--soft) }\n"
  "dd { margin: 0; overflow-wrap: anywhere } a { color: var(--write) } .soft { color: var(--soft) }\n"
  "p, li { overflow-wrap: anywhere } td { overflow-wrap: anywhere; min-width: 6em } td.n { text-align: right; white-space: nowrap;\n"
  "  min-width: 0 } td.result { min-width: 20em }\n"
  "th { white-space: nowrap } tr:target, section:target > h3 { outline: 2px solid var(--mark) }\n"
  "section { border-top: 1px solid var(--line) } summary { cursor: pointer }\n"
  ".paths td { min-width: 12em } .key { display: flex; flex-wrap: wrap; gap: .2em 1.2em; padding: 0; list-style: none }\n"
  ".key i { display: inline-block; width: .9em; height: .9em; border-radius: .2em; margin-right: .4em; vertical-align: -.1em }\n"
  "pre { padding: .5em .7em; background: var(--none); border-radius: .3em } td pre { margin: .3em 0; max-height: 24em }\n";

void
page_put_text (const struct page *page, const char *text)
{
  print_markup_safely (text, strlen (text), page->file);
}

void
page_put_part (const struct page *page, const char *before, const char *text, const char *after)
{
  fputs (before, page->file);
  page_put_text (page, text);
  fputs (after, page->file);
}

void
page_put_names (const struct page *page, const char *before, const char *text, const char *after)
{
  fputs (before, page->file);
  print_markup_names_safely (text, strlen (text), page->file);
  fputs (after, page->file);
}

void
page_put_states (const struct page *page, const mpz_t states)
{
  CLEANUP_FREE char *text = mpz_get_str (NULL, 10, states);
  size_t digits = strlen (text);

  if (digits <= 12)
    fputs (text, page->file);
  else if (mpz_popcount (states) == 1)
    fprintf (page->file, "2<sup>%zu</sup>", mpz_sizeinbase (states, 2) - 1);
  else
    fprintf (page->file, "%c.%.2s&#215;10<sup>%zu</sup>", text[0], text + 1, digits - 1);
}

static void
put_states_of (const struct page *page, const mpz_t covered, const mpz_t states)
{
  if (mpz_cmp (covered, states) == 0)
    fputs ("all ", page->file);
  else {
    page_put_states (page, covered);
    fputs (" of ", page->file);
  }
  page_put_states (page, states);
}

/* What came out, in one line. */
static void
put_banner (const struct page *page)
{
  const struct report *report = page->report;
  size_t count = 0;
  bool unfinished = !report->exhaustive && !page->results->config->prefixes_only;

  for (size_t i = 0; i < page->results->findings.count; i++)
    count += page->results->findings.list[i].confirmation != FINDING_UNREPEATED;
  if (report->violated)
    fprintf (page->file, "<p class=\"banner bad\">A power cut can leave something wrong: <a href=\"#wrong\">%zu %s of violation</a>"
             "%s.</p>\n", count, plural (count, "kind", "kinds"), unfinished ? ", and not all states were visited" : "");
  else if (page->results->mismatches > 0 || page->results->failed)
    fputs ("<p class=\"banner none\">The replay was broken off, or is not to be trusted: see what it said.</p>\n", page->file);
  else if (unfinished)
    fputs ("<p class=\"banner half\">Nothing wrong was found, but not all states were visited.</p>\n", page->file);
  else if (report->unchanged)
    fputs ("<p class=\"banner none\">Nothing was found, but " REPORT_UNCHANGED ".</p>\n", page->file);
  else
    fprintf (page->file, "<p class=\"banner good\">Nothing is wrong, in %s.</p>\n",
             page->results->config->prefixes_only ? "any of the prefixes" : "any state that a power cut could leave");
}

static void
put_command (const struct page *page)
{
  const char *word = log_info (page->log, LOG_KEY_COMMAND);

  if (word == NULL)
    return;
  fputs ("<dt>command</dt><dd><code>", page->file);
  page_put_part (page, "", word, "");
  while ((word = log_info_after (page->log, LOG_KEY_COMMAND, word)) != NULL)
    page_put_part (page, " ", word, "");
  fputs ("</code></dd>\n", page->file);
}

static void
put_verdicts (const struct page *page)
{
  const struct report *report = page->report;

  fputs ("<dt>verdicts</dt><dd>", page->file);
  if (report->judged)
    fprintf (page->file, "atomic: %s, durable: %s", report->atomic ? "yes" : "NO",
             report->judged_new ? report->durable ? "yes" : "NO" : "not judged");
  else
    fputs ("contents were not judged", page->file);
  if (page->results->config->runner.check)
    fprintf (page->file, ", check: %s", report->checked ? "right" : "WRONG");
  fputs ("</dd>\n", page->file);
}

/* What was replayed, and the totals. */
static void
put_facts (const struct page *page)
{
  static const char *const tears[] = { "whole or not at all", "torn to any leading part", "torn to any of their sectors" };
  const struct report *report = page->report;
  const struct results *results = page->results;
  const struct session_config *config = results->config;
  CLEANUP_FREE char *recorded = report_recorded (report), *unordered = report_unordered (report);

  fputs ("<dl>\n", page->file);
  page_put_part (page, "<dt>file system</dt><dd>", config->runner.filesystem, "");
  if (*config->runner.mount_options)
    page_put_part (page, " with ", config->runner.mount_options, "");
  page_put_part (page, "</dd>\n<dt>kernel</dt><dd>", results->release ? results->release : "unknown", "</dd>\n");
  put_command (page);
  page_put_part (page, "<dt>recorded</dt><dd>", recorded ? recorded : "", "</dd>\n");
  fprintf (page->file, "<dt>crash points</dt><dd>%zu, with up to %u pending %s, %s</dd>\n<dt>crash states</dt><dd>",
           results->points.count, results->points.pending_max, plural (results->points.pending_max, "write", "writes"),
           tears[config->tear.mode]);
  put_states_of (page, report->covered, report->states);
  fprintf (page->file, ", by %ju %s and %ju remembered %s in %.1f s</dd>\n", (uintmax_t) results->runs,
           plural (results->runs, "run", "runs"), (uintmax_t) results->remembered,
           plural (results->remembered, "answer", "answers"), results->seconds);
  put_verdicts (page);
  if (page->log->unordered_count > 0)
    page_put_part (page, "<dt>note</dt><dd>", unordered ? unordered : "", "</dd>\n");
  fputs ("</dl>\n", page->file);
}

void
page_put_keys (const struct page *page, const struct key *keys)
{
  fputs ("<ul class=\"key\">\n", page->file);
  for (; keys->colour; keys++)
    if (keys->seen)
      fprintf (page->file, "<li><i style=\"background: var(--%s)\"></i>%s</li>\n", keys->colour, keys->text);
  fputs ("</ul>\n", page->file);
}

bool
page_has_fate (const struct page *page, enum fate fate)
{
  return memchr (page->fates, fate, page->log->write_count) != NULL;
}

static bool
has_result (const struct page *page, enum case_result result)
{
  for (size_t i = 0; i < page->results->points.count; i++)
    if (page->cases[i] == result)
      return true;
  return false;
}

static int
put_timeline (const struct page *page)
{
  struct chart chart = {
    .report = page->report, .fates = page->fates, .crash = LOG_NEVER, .results = page->cases,
    .listed = page->listed, .overlays = page->overlays,
    .label = "Timeline of the explored part of the log"
  };

  fputs ("<h2 id=\"timeline\">Timeline</h2>\n<p class=\"soft\">Events in their order across, by position in the log; offset on the device "
         "up, without the stretches that nothing is written to.  A click on a crash point outlines what is pending there.</p>\n",
         page->file);
  if (model_range (page->log, &chart.first, &chart.last) == -1)
    return 0;
  chart_fates (page->log, page->fates);
  const struct key keys[] = {
    { page_has_fate (page, FATE_WRITE), "write", "write, from issue to completion; the thin line: until it is durable" },
    { page_has_fate (page, FATE_FUA), "fua", "write with FUA" }, { page_has_fate (page, FATE_ZERO), "zero", "zeros and trims" },
    { true, "flush", "flush" }, { true, "mark", "mark" },
    { has_result (page, CASE_RIGHT), "good-ink", "crash point at which nothing is wrong" },
    { has_result (page, CASE_VIOLATION), "bad-ink", "... with a violation" },
    { has_result (page, CASE_UNFINISHED), "half-ink", "... not finished" },
    { has_result (page, CASE_ERROR), "soft", "... of which nothing is known" }, { false, NULL, NULL },
  };
  page_put_keys (page, keys);
  return chart_write (&chart, page->file);
}

void
page_put_write (const struct page *page, const struct log_write *write)
{
  fprintf (page->file, "%s%s of %u bytes at 0x%jx", reason_kind_name (write), write->flags & LOG_FUA ? " FUA" : "", write->length_bytes,
           (uintmax_t) write->offset_bytes);
}

/* How many pending writes may be shown for each crash point, so that all together are about TOTAL / EACH. */
static uint32_t
share_out (const struct page *page, size_t total, size_t each)
{
  const struct crash_points *points = &page->results->points;
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
put_pending (const struct page *page, const struct crash_point *point, uint32_t most)
{
  if (point->pending_count == 0) {
    fputs ("0", page->file);
    return;
  }
  fprintf (page->file, "<details><summary>%u</summary><pre id=\"w%u\">", point->pending_count, point->position);
  for (uint32_t i = 0; i < point->pending_count && i < most; i++) {
    const struct log_write *write = &page->log->writes[point->pending[i]];

    fprintf (page->file, "%u: ", write->issue);
    page_put_write (page, write);
    putc ('\n', page->file);
  }
  if (point->pending_count > most)
    fprintf (page->file, "and %u more\n", point->pending_count - most);
  fputs ("</pre></details>", page->file);
}

/* What was wrong at a crash point, or that nothing was. */
static void
put_result (const struct page *page, size_t number)
{
  const struct tally *tally = &page->results->found[number].tally;
  bool wrong = false;

  for (size_t i = 0; i < tally->count; i++)
    if (tally->entries[i].kind) {
      fprintf (page->file, "%s%s: ", wrong ? "<br/>" : "", violation_name (tally->entries[i].kind));
      page_put_names (page, "", tally->entries[i].detail, "");
      fputs (" (", page->file);
      page_put_states (page, tally->entries[i].states);
      page_put_part (page, ", <code>", tally->entries[i].state, "</code>)");
      wrong = true;
    }
  if (page->cases[number] == CASE_ERROR)
    fputs (wrong ? "<br/>not seen again on a fresh boot" : "broken off", page->file);
  else if (!wrong)
    fputs (page->cases[number] == CASE_RIGHT ? "nothing wrong" : "not finished", page->file);
}

static void
put_point (const struct page *page, size_t number, uint32_t most)
{
  const struct crash_point *point = &page->results->points.points[number];
  const struct point_result *result = &page->results->found[number];
  CLEANUP_FREE char *after = finding_after (page->log, point->position);
  char expected[POINT_EXPECTS_SIZE];

  point_expects (page->log, point, expected);
  fprintf (page->file, "<tr id=\"p%u\"><td class=\"n\" data-head=\"position\">", point->position);
  if (page->overlays[number])
    fprintf (page->file, "<a href=\"#at%u\">%u</a>", point->position, point->position);
  else
    fprintf (page->file, "%u", point->position);
  page_put_part (page, "</td><td data-head=\"after mark\">", after ? after : "", "</td>");
  fprintf (page->file, "<td data-head=\"expected\">%s</td><td data-head=\"pending\">", expected);
  put_pending (page, point, most);
  fputs ("</td><td class=\"n\" data-head=\"states covered\">", page->file);
  put_states_of (page, result->covered, result->states);
  fprintf (page->file, "</td><td class=\"n\" data-head=\"runs + remembered\">%ju + %ju</td><td class=\"result %s\">", (uintmax_t) result->runs,
           (uintmax_t) result->remembered, chart_result_class (page->cases[number]));
  put_result (page, number);
  fputs ("</td></tr>\n", page->file);
}

static void
put_points (const struct page *page)
{
  const struct crash_points *points = &page->results->points;
  uint32_t most = share_out (page, LISTED_BYTES, LISTED_LINE);

  fputs ("<h2 id=\"points\">Crash points</h2>\n<p class=\"soft\">The power is cut after the event at the position.  The number of pending "
         "writes opens their list.</p>\n<div class=\"wide\"><table>\n<thead>\n<tr><th>position</th><th>after mark</th><th>expected</th>"
         "<th>pending</th><th>states covered</th><th>runs + remembered</th><th>result</th></tr>\n</thead>\n<tbody>\n", page->file);
  for (size_t i = 0; i < points->count; i++)
    if (page->listed[i])
      put_point (page, i, most);
  fputs ("</tbody>\n</table></div>\n", page->file);
  if (points->count > POINTS_MAX)
    fprintf (page->file, "<p class=\"soft\">%zu more crash %s not listed; <code>replay --json</code> has them all.</p>\n",
             points->count - POINTS_MAX, plural (points->count - POINTS_MAX, "point is", "points are"));
}

static void
put_leftovers (const struct page *page)
{
  const struct oracle *oracle = &page->results->oracle;

  if (oracle->leftover_count == 0)
    return;
  fputs ("<h2 id=\"leftovers\">Leftovers</h2>\n<p class=\"soft\">Paths that some state has, and neither the old nor the new tree.</p>\n<ul>\n",
         page->file);
  for (size_t i = 0; i < oracle->leftover_count && i < PAGE_PATHS_MAX; i++)
    page_put_names (page, "<li><code>", oracle->leftovers[i], "</code></li>\n");
  fputs ("</ul>\n", page->file);
  if (oracle->leftover_count > PAGE_PATHS_MAX)
    fprintf (page->file, "<p class=\"soft\">and %zu more.</p>\n", oracle->leftover_count - PAGE_PATHS_MAX);
}

static int
put_body (const struct page *page)
{
  page_put_part (page, "<h1>", page->log->path, "</h1>\n");
  put_banner (page);
  put_facts (page);
  if (put_timeline (page) == -1 || page_put_findings (page) == -1)
    return -1;
  page_put_pages (page);
  put_points (page);
  put_leftovers (page);
  fputs ("<p class=\"soft\">Made by powercut " PACKAGE_VERSION ".  The positions are those of <code>powercut show</code>.</p>\n", page->file);
  return 0;
}

/* Find out what became of each crash point, and which of them have room on the page: those at which something is wrong first. */
static int
choose_points (struct page *page)
{
  const struct crash_points *points = &page->results->points;
  size_t rows = POINTS_MAX, writes = OVERLAY_BYTES / OVERLAY_WRITE;

  for (size_t i = 0; i < points->count; i++)
    if (report_point_result (page->report, i, &page->cases[i]) == -1)
      return -1;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < points->count && rows > 0; i++) {
      size_t size = points->points[i].pending_count + OVERLAY_LEAST;

      if ((page->cases[i] == CASE_RIGHT) != (pass == 1))
        continue;
      page->listed[i] = 1;
      rows--;
      if (size > writes)
        continue;
      page->overlays[i] = 1;
      writes -= size;
    }
  return 0;
}

static int
put_page (struct page *page)
{
  int r;

  if (choose_points (page) == -1)
    return -1;
  page_put_part (page, PAGE_BEGIN "<title>powercut: ", page->log->path, "</title>\n<style>\n" PAGE_STYLE);
  fprintf (page->file, "%s%s" PAGE_STYLE_NARROW "</style>\n</head>\n<body>\n", style, chart_style);
  r = put_body (page);
  fputs ("</body>\n</html>", page->file);
  return r;
}

char *
report_make_html (const struct report *report)
{
  const struct results *results = report->results;
  size_t points = results->points.count + 1;
  CLEANUP_FREE enum case_result *cases = calloc (points, sizeof *cases);
  CLEANUP_FREE uint8_t *listed = calloc (points, 1), *overlays = calloc (points, 1);
  CLEANUP_FREE uint8_t *fates = calloc (results->config->log->write_count + 1, 1);
  char *text = NULL;
  size_t length;
  struct page page = {
    open_memstream (&text, &length), report, results, results->config->log, cases, listed, overlays, fates
  };
  bool failed = page.file == NULL || cases == NULL || listed == NULL || overlays == NULL || fates == NULL
    || put_page (&page) == -1;

  if (page.file && fclose (page.file) == EOF)
    failed = true;
  if (failed) {
    free (text);
    text = NULL;
    error_message ("out of memory");
  }
  return text;
}
