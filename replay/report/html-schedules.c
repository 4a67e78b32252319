/* SPDX-License-Identifier: BSD-3-Clause */
/* What came out, of one recording or of several, which a table lists. */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "common/plural.h"
#include "replay/report/html-schedules.h"
#include "replay/report/text.h"

void
html_prefix (size_t number, char prefix[HTML_PREFIX_SIZE])
{
  snprintf (prefix, HTML_PREFIX_SIZE, "r%zu-", number + 1);
}

size_t
html_count_kinds (const struct results *results)
{
  size_t count = 0;

  for (size_t i = 0; i < results->findings.count; i++)
    count += results->findings.list[i].confirmation != FINDING_UNREPEATED;
  return count;
}

void
html_put_banner (const struct html *html, const struct totals *totals, size_t count, const char *link)
{
  const bool prefixes_only = html->results->config->prefixes_only;
  const bool unfinished = !totals->finished;

  if (totals->violated)
    fprintf (html->file, "<p class=\"banner bad\">A power cut can leave something wrong: <a href=\"#%s\">%zu %s of "
             "violation</a>%s.</p>\n", link, count, plural (count, "kind", "kinds"),
             unfinished ? ", and not all states were visited" : "");
  else if (totals->mismatches > 0 || totals->failed)
    fputs ("<p class=\"banner none\">The replay was broken off, or is not to be trusted: see what it said.</p>\n",
           html->file);
  else if (unfinished)
    fputs ("<p class=\"banner half\">Nothing wrong was found, but not all states were visited.</p>\n", html->file);
  else if (totals->unchanged)
    fputs ("<p class=\"banner none\">Nothing was found, but " REPORT_UNCHANGED ".</p>\n", html->file);
  else
    fprintf (html->file, "<p class=\"banner good\">Nothing is wrong, in %s.</p>\n",
             prefixes_only ? "any of the prefixes" : "any state that a power cut could leave");
}

void
html_put_verdicts (const struct html *html, const struct totals *totals)
{
  if (totals->judged)
    fprintf (html->file, "atomic: %s, durable: %s", totals->atomic ? "yes" : "NO",
             totals->judged_new ? totals->durable ? "yes" : "NO" : "not judged");
  else
    fputs ("contents were not judged", html->file);
  if (html->results->config->runner.check)
    fprintf (html->file, ", check: %s", totals->checked ? "right" : "WRONG");
}

static void
put_schedule (const struct html *html, const struct reports *reports, size_t number)
{
  const struct report *report = &reports->list[number];
  const struct totals *totals = &report->totals;
  const struct session_config *config = report->results->config;
  CLEANUP_FREE char *recorded = report_recorded (totals);
  char prefix[HTML_PREFIX_SIZE];

  html_prefix (number, prefix);
  fprintf (html->file, "<tr><td data-head=\"schedule\"><a href=\"#%s\">", prefix);
  html_put_part (html, "", config->schedule, "</a></td>");
  html_put_part (html, "<td data-head=\"log\"><code>", config->log->path, "</code></td>");
  html_put_part (html, "<td data-head=\"recorded\">", recorded ? recorded : "", "</td>");
  fprintf (html->file, "<td class=\"n\" data-head=\"crash points\">%zu</td>"
           "<td class=\"n\" data-head=\"states covered\">", totals->crash_points);
  html_put_covered (html, totals->covered, totals->states);
  fprintf (html->file, "</td><td class=\"n\" data-head=\"runs\">%ju</td><td class=\"%s\" data-head=\"result\">",
           (uintmax_t) totals->runs, totals->violated ? "bad" : totals->exhaustive ? "good" : "half");
  html_put_verdicts (html, totals);
  fputs ("</td></tr>\n", html->file);
}

/* The id of the first part with something wrong. */
static void
find_wrong (const struct reports *reports, char link[2 * HTML_PREFIX_SIZE])
{
  char prefix[HTML_PREFIX_SIZE];
  size_t number = 0;

  while (number + 1 < reports->count && !reports->list[number].totals.violated)
    number++;
  html_prefix (number, prefix);
  snprintf (link, 2 * HTML_PREFIX_SIZE, "%swrong", prefix);
}

/* How many recordings there are, and how often they were replayed: with another fault, or without another disk. */
static void
put_heading (const struct html *html, const struct reports *reports)
{
  size_t recordings = 1;

  for (size_t i = 1; i < reports->count; i++)
    recordings += strcmp (reports->list[i].results->config->log->path,
                          reports->list[i - 1].results->config->log->path) != 0;
  fprintf (html->file, "<h1>%zu %s of one update", recordings, plural (recordings, "recording", "recordings"));
  if (recordings < reports->count)
    fprintf (html->file, ", replayed in %zu ways", reports->count);
  fputs ("</h1>\n", html->file);
}

void
html_put_schedules (const struct html *html, const struct reports *reports)
{
  char link[2 * HTML_PREFIX_SIZE];
  size_t count = 0;

  for (size_t i = 0; i < reports->count; i++)
    count += html_count_kinds (reports->list[i].results);
  find_wrong (reports, link);
  put_heading (html, reports);
  html_put_banner (html, &reports->totals, count, link);
  fputs ("<p>All together: ", html->file);
  html_put_verdicts (html, &reports->totals);
  fprintf (html->file, ", by %ju %s in %.1f s.</p>\n", (uintmax_t) reports->totals.runs,
           plural (reports->totals.runs, "run", "runs"), reports->totals.seconds);
  fputs ("<div class=\"wide\"><table>\n<thead>\n<tr><th>schedule</th><th>log</th><th>recorded</th><th>crash points</th>"
         "<th>states covered</th><th>runs</th><th>result</th></tr>\n</thead>\n<tbody>\n", html->file);
  for (size_t i = 0; i < reports->count; i++)
    put_schedule (html, reports, i);
  fputs ("</tbody>\n</table></div>\n", html->file);
}
