/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as one page of HTML, which is XML as well: pictures are part of it, there are no scripts, and nothing is loaded.  What
 * could make it large is limited: how many crash points and findings are shown in full, and how many pending writes are listed.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/page-style.h"
#include "log/state-id.h"
#include "replay/page-chart.h"

#define POINTS_MAX 1500         /* rows of the table of crash points */
#define FINDINGS_MAX 8          /* with pictures */
#define PATHS_MAX 60            /* rows of a table of paths */
#define WRITES_MAX 200          /* rows of a table of writes */
#define LISTED_BYTES 400000     /* of all lists of pending writes, about */
#define LISTED_LINE 44
#define OVERLAY_BYTES 200000    /* of their pictures, about */
#define OVERLAY_WRITE 30
#define OVERLAY_LEAST 10        /* what a picture takes without any write, in writes */
#define LEAD 40                 /* events before what a picture of a state is about */

struct page {
  FILE *file;
  const struct report *report;
  const struct session *session;
  const struct write_log *log;
  enum case_result *results;    /* of each crash point */
  uint8_t *listed, *overlays;   /* for each crash point: whether it has a row, and a picture of its pending writes */
  uint8_t *fates;               /* room for all writes */
};

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

static void
put_text (const struct page *page, const char *text)
{
  print_markup_safely (text, strlen (text), page->file);
}

/* TEXT between tags. */
static void
put_part (const struct page *page, const char *before, const char *text, const char *after)
{
  fputs (before, page->file);
  put_text (page, text);
  fputs (after, page->file);
}

/* A number of states: exact while it is short, or a power of two. */
static void
put_states (const struct page *page, const mpz_t states)
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
    put_states (page, covered);
    fputs (" of ", page->file);
  }
  put_states (page, states);
}

static const char *
plural (size_t count)
{
  return count == 1 ? "" : "s";
}

/* What came out, in one line. */
static void
put_banner (const struct page *page)
{
  const struct report *report = page->report;
  size_t count = 0;
  bool unfinished = !report->exhaustive && !page->session->config->prefixes_only;

  for (size_t i = 0; i < page->session->findings.count; i++)
    count += page->session->findings.list[i].confirmation != FINDING_UNREPEATED;
  if (report->violated)
    fprintf (page->file, "<p class=\"banner bad\">A power cut can leave something wrong: <a href=\"#wrong\">%zu kind%s of violation</a>"
             "%s.</p>\n", count, plural (count), unfinished ? ", and not all states were visited" : "");
  else if (page->session->mismatches > 0 || page->session->failed)
    fputs ("<p class=\"banner none\">The replay was broken off, or is not to be trusted: see what it said.</p>\n", page->file);
  else if (unfinished)
    fputs ("<p class=\"banner half\">Nothing wrong was found, but not all states were visited.</p>\n", page->file);
  else
    fprintf (page->file, "<p class=\"banner good\">Nothing is wrong, in %s.</p>\n",
             page->session->config->prefixes_only ? "any of the prefixes" : "any state that a power cut could leave");
}

static void
put_command (const struct page *page)
{
  const char *word;

  if (log_info (page->log, "command", 0) == NULL)
    return;
  fputs ("<dt>command</dt><dd><code>", page->file);
  for (size_t i = 0; (word = log_info (page->log, "command", i)) != NULL; i++)
    put_part (page, i == 0 ? "" : " ", word, "");
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
  if (page->session->config->runner.check)
    fprintf (page->file, ", check: %s", report->checked ? "right" : "WRONG");
  fputs ("</dd>\n", page->file);
}

/* What was replayed, and the totals. */
static void
put_facts (const struct page *page)
{
  static const char *const tears[] = { "whole or not at all", "torn to any leading part", "torn to any of their sectors" };
  const struct report *report = page->report;
  const struct session *session = page->session;
  const struct session_config *config = session->config;

  fputs ("<dl>\n", page->file);
  put_part (page, "<dt>file system</dt><dd>", config->runner.filesystem, "");
  if (*config->runner.mount_options)
    put_part (page, " with ", config->runner.mount_options, "");
  put_part (page, "</dd>\n<dt>kernel</dt><dd>", session->release ? session->release : "unknown", "</dd>\n");
  put_command (page);
  fprintf (page->file, "<dt>recorded</dt><dd>%u writes, %u flushes, %u FUA, %u trims, %u zeroes</dd>\n", report->writes,
           report->flushes, report->fua, report->trims, report->zeroes);
  fprintf (page->file, "<dt>crash points</dt><dd>%zu, with up to %u pending writes, %s</dd>\n<dt>crash states</dt><dd>",
           session->points.count, session->points.pending_max, tears[config->tear.mode]);
  put_states_of (page, report->covered, report->states);
  fprintf (page->file, ", by %ju run%s and %ju remembered answer%s in %.1f s</dd>\n", (uintmax_t) session->runs, plural (session->runs),
           (uintmax_t) session->remembered, plural (session->remembered), session->seconds);
  put_verdicts (page);
  if (page->log->unordered_count > 0)
    fprintf (page->file, "<dt>note</dt><dd>%u pairs of overlapping writes were in flight together: the order of issue is taken</dd>\n",
             page->log->unordered_count);
  fputs ("</dl>\n", page->file);
}

/* What a colour of a picture means. */
struct key {
  bool seen;                    /* it is in the picture */
  const char *colour, *text;
};

/* The last of KEYS has no colour. */
static void
put_keys (const struct page *page, const struct key *keys)
{
  fputs ("<ul class=\"key\">\n", page->file);
  for (; keys->colour; keys++)
    if (keys->seen)
      fprintf (page->file, "<li><i style=\"background: var(--%s)\"></i>%s</li>\n", keys->colour, keys->text);
  fputs ("</ul>\n", page->file);
}

static bool
has_fate (const struct page *page, enum fate fate)
{
  return memchr (page->fates, fate, page->log->write_count) != NULL;
}

static bool
has_result (const struct page *page, enum case_result result)
{
  for (size_t i = 0; i < page->session->points.count; i++)
    if (page->results[i] == result)
      return true;
  return false;
}

static int
put_timeline (const struct page *page)
{
  struct chart chart = {
    .report = page->report, .fates = page->fates, .crash = LOG_NEVER, .results = page->results,
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
    { has_fate (page, FATE_WRITE), "write", "write, from issue to completion; the thin line: until it is durable" },
    { has_fate (page, FATE_FUA), "fua", "write with FUA" }, { has_fate (page, FATE_ZERO), "zero", "zeros and trims" },
    { true, "flush", "flush" }, { true, "mark", "mark" },
    { has_result (page, CASE_RIGHT), "good-ink", "crash point at which nothing is wrong" },
    { has_result (page, CASE_VIOLATION), "bad-ink", "... with a violation" },
    { has_result (page, CASE_UNFINISHED), "half-ink", "... not finished" },
    { has_result (page, CASE_ERROR), "soft", "... of which nothing is known" }, { false, NULL, NULL },
  };
  put_keys (page, keys);
  return chart_write (&chart, page->file);
}

/* A write in words: `write FUA of 4096 bytes at 65536`. */
static void
put_write (const struct page *page, const struct log_write *write)
{
  static const char *const kinds[] = { [LOG_WRITE] = "write", [LOG_ZERO] = "zero", [LOG_TRIM] = "trim" };

  fprintf (page->file, "%s%s of %u bytes at %ju", kinds[write->kind], write->flags & LOG_FUA ? " FUA" : "", write->length_bytes,
           (uintmax_t) write->offset_bytes);
}

/* Why WRITE, pending at POSITION, may be lost there. */
static void
put_reason (const struct page *page, const struct log_write *write, uint32_t position)
{
  if (write->completion == LOG_NEVER)
    fputs (write->flags & LOG_FAILED ? "it failed" : "it was never completed", page->file);
  else if (write->completion > position)
    fprintf (page->file, "it was completed at %u, after the crash", write->completion);
  else
    fprintf (page->file, "it was completed at %u, and no flush issued since then was completed before the crash", write->completion);
}

/* The writes of a state that are not there, or not whole. */
static void
put_lost (const struct page *page, uint32_t position)
{
  uint32_t issued = log_writes_until (page->log, position), count = 0;

  for (uint32_t i = 0; i < issued; i++)
    count += page->fates[i] == FATE_LOST || page->fates[i] == FATE_TORN;
  if (count == 0) {
    fputs ("<p>No write is missing in this state: all that was issued before the crash is on the disk.</p>\n", page->file);
    return;
  }
  fputs ("<div class=\"wide\"><table>\n<thead>\n<tr><th>position</th><th>lost write</th><th>why it may be lost</th></tr>\n</thead>\n"
         "<tbody>\n", page->file);
  for (uint32_t i = 0, rows = 0; i < issued && rows < WRITES_MAX; i++)
    if (page->fates[i] == FATE_LOST || page->fates[i] == FATE_TORN) {
      fprintf (page->file, "<tr><td class=\"n\">%u</td><td class=\"%s\">", page->log->writes[i].issue,
               page->fates[i] == FATE_LOST ? "bad" : "half");
      put_write (page, &page->log->writes[i]);
      fprintf (page->file, "%s</td><td>", page->fates[i] == FATE_LOST ? "" : ", there in part");
      put_reason (page, &page->log->writes[i], position);
      fputs ("</td></tr>\n", page->file);
      rows++;
    }
  fputs ("</tbody>\n</table></div>\n", page->file);
  if (count > WRITES_MAX)
    fprintf (page->file, "<p class=\"soft\">%u more are lost.</p>\n", count - WRITES_MAX);
}

/* The part of the log that a picture of the state at POSITION is about: what is pending, and a little before and behind it. */
static void
find_part (const struct page *page, uint32_t position, uint32_t *first, uint32_t *last)
{
  uint32_t earliest = position;

  *first = *last = 0;
  model_range (page->log, first, last);
  for (uint32_t i = 0; i < page->log->write_count; i++)
    if (page->fates[i] >= FATE_THERE && page->log->writes[i].issue < earliest)
      earliest = page->log->writes[i].issue;
  if (earliest < *first || earliest - *first > LEAD)
    *first = earliest > LEAD ? earliest - LEAD : 0;
  if (*last > position && *last - position > LEAD / 4)
    *last = position + LEAD / 4;
}

/* The state of FINDING, with what is lost. */
static int
put_state (const struct page *page, const struct finding *finding)
{
  struct chart chart = {
    .report = page->report, .fates = page->fates, .label = "The state: which writes are there"
  };
  CLEANUP_FREE struct choice *choices = NULL;
  size_t count;

  if (state_id_parse (finding->state, page->log, &chart.crash, &choices, &count) == -1)
    return 0;
  if (chart_state_fates (page->log, chart.crash, choices, count, page->fates) == -1)
    return -1;
  find_part (page, chart.crash, &chart.first, &chart.last);
  const struct key keys[] = {
    { has_fate (page, FATE_LOST), "bad-ink", "lost write" }, { has_fate (page, FATE_TORN), "half-ink", "write that is there in part" },
    { has_fate (page, FATE_THERE), "write", "pending write that is there" }, { true, "soft", "durable write" },
    { true, "bad-ink", "the crash" }, { true, "flush", "flush" }, { true, "mark", "mark" }, { false, NULL, NULL },
  };
  put_keys (page, keys);
  if (chart_write (&chart, page->file) == -1)
    return -1;
  put_lost (page, chart.crash);
  return 0;
}

struct path_rows {
  const struct page *page;
  enum phase phase;             /* of the state */
  size_t count;
};

static void
put_object (const struct page *page, const char *class, const char *text)
{
  fprintf (page->file, "<td%s%s%s>", *class ? " class=\"" : "", class, *class ? "\"" : "");
  put_text (page, text ? text : "missing");
  fputs ("</td>", page->file);
}

/* How good what was seen is; old contents are right until `commit`. */
static const char *
path_class (const struct judged_path *path, enum phase phase)
{
  if (path->old == NULL && path->new == NULL)
    return "none";
  return path->is_new ? "good" : path->is_old && phase == PHASE_UPDATE ? "half" : "bad";
}

static int
put_path (void *opaque, const struct judged_path *path)
{
  struct path_rows *rows = opaque;
  const struct page *page = rows->page;

  if (rows->count++ >= PATHS_MAX)
    return 0;
  put_part (page, "<tr><td><code>", path->path, "</code></td>");
  put_object (page, "", path->old);
  put_object (page, "", path->new);
  put_object (page, path_class (path, rows->phase), path->seen);
  fputs ("</tr>\n", page->file);
  return 0;
}

/* What was there before the step, after it, and in the state, side by side. */
static int
put_trees (const struct page *page, const struct finding *finding)
{
  const struct trees *trees = &page->session->config->trees;
  const struct observation *seen = finding->outcome.kind == OUTCOME_TREE
    ? observations_find (&page->session->oracle.observations, finding->outcome.digest) : NULL;
  uint32_t step, position = (uint32_t) strtoul (finding->state, NULL, 10);
  struct path_rows rows = { page, model_phase (page->log, position, &step), 0 };
  size_t same;

  if (seen == NULL || step == 0 || step >= trees->count)
    return 0;
  fputs ("<div class=\"wide\"><table class=\"paths\">\n<thead>\n<tr><th>path</th><th>old</th><th>new</th><th>seen</th></tr>\n</thead>\n"
         "<tbody>\n", page->file);
  int r = judge_paths (seen->text, trees->texts[step - 1], trees->texts[step], put_path, &rows, &same);
  fputs ("</tbody>\n</table></div>\n", page->file);
  if (rows.count > PATHS_MAX)
    fprintf (page->file, "<p class=\"soft\">%zu more paths differ.</p>\n", rows.count - PATHS_MAX);
  fprintf (page->file, "<p class=\"soft\">%zu other path%s the same in all three.</p>\n", same, same == 1 ? " is" : "s are");
  return r;
}

static int
put_finding (const struct page *page, const struct finding *finding, size_t number)
{
  static const char *const notes[] = { "; no fresh guest has tried it again", "", "; <b>not seen again on a fresh boot</b>" };
  CLEANUP_FREE char *commands = report_commands (page->report, finding->state);
  int r = 0;

  fprintf (page->file, "<section id=\"f%zu\">\n<h3>%s</h3>\n", number + 1, finding->kind);
  put_part (page, "<p>", finding->detail, "</p>\n<p>State ");
  put_part (page, "<code>", finding->state, "</code>, the first of ");
  put_states (page, finding->states);
  put_part (page, ", after mark <code>", finding->after, "</code>");
  fprintf (page->file, "%s.</p>\n", notes[finding->confirmation]);
  if (number < FINDINGS_MAX && (r = put_state (page, finding)) == 0)
    r = put_trees (page, finding);
  if (finding->outcome.fault)
    put_part (page, "<p>The kernel said:</p>\n<pre>", finding->outcome.fault, "</pre>\n");
  put_part (page, "<p>To see it again:</p>\n<pre>", "", "");
  for (const char *line = commands ? commands : ""; *line; line += strcspn (line, "\n") + 1) {
    print_markup_safely (line, strcspn (line, "\n"), page->file);
    putc ('\n', page->file);
  }
  fputs ("</pre>\n</section>\n", page->file);
  return r;
}

static int
put_findings (const struct page *page)
{
  const struct findings *findings = &page->session->findings;
  int r = 0;

  if (findings->count == 0)
    return 0;
  fputs ("<h2 id=\"wrong\">What is wrong</h2>\n", page->file);
  for (size_t i = 0; r == 0 && i < findings->count; i++)
    r = put_finding (page, &findings->list[i], i);
  return r;
}

/* How many pending writes may be shown for each crash point, so that all together are about TOTAL / EACH. */
static uint32_t
share_out (const struct page *page, size_t total, size_t each)
{
  const struct crash_points *points = &page->session->points;
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
    put_write (page, write);
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
  const struct tally *tally = &page->session->results[number].tally;
  bool wrong = false;

  for (size_t i = 0; i < tally->count; i++)
    if (tally->entries[i].kind) {
      fprintf (page->file, "%s%s: ", wrong ? "<br/>" : "", tally->entries[i].kind);
      put_text (page, tally->entries[i].detail);
      fputs (" (", page->file);
      put_states (page, tally->entries[i].states);
      put_part (page, ", <code>", tally->entries[i].state, "</code>)");
      wrong = true;
    }
  if (page->results[number] == CASE_ERROR)
    fputs (wrong ? "<br/>not seen again on a fresh boot" : "broken off", page->file);
  else if (!wrong)
    fputs (page->results[number] == CASE_RIGHT ? "nothing wrong" : "not finished", page->file);
}

static void
put_point (const struct page *page, size_t number, uint32_t most)
{
  const struct crash_point *point = &page->session->points.points[number];
  const struct point_result *result = &page->session->results[number];
  CLEANUP_FREE char *after = finding_after (page->log, point->position);

  fprintf (page->file, "<tr id=\"p%u\"><td class=\"n\">", point->position);
  if (page->overlays[number])
    fprintf (page->file, "<a href=\"#at%u\">%u</a>", point->position, point->position);
  else
    fprintf (page->file, "%u", point->position);
  put_part (page, "</td><td>", after ? after : "", "</td>");
  fprintf (page->file, "<td>%s</td><td>", phase_expects (point->phase));
  put_pending (page, point, most);
  fputs ("</td><td class=\"n\">", page->file);
  put_states_of (page, result->covered, result->states);
  fprintf (page->file, "</td><td class=\"n\">%ju + %ju</td><td class=\"result %s\">", (uintmax_t) result->runs,
           (uintmax_t) result->remembered, chart_result_class (page->results[number]));
  put_result (page, number);
  fputs ("</td></tr>\n", page->file);
}

static void
put_points (const struct page *page)
{
  const struct crash_points *points = &page->session->points;
  uint32_t most = share_out (page, LISTED_BYTES, LISTED_LINE);

  fputs ("<h2 id=\"points\">Crash points</h2>\n<p class=\"soft\">The power is cut after the event at the position.  The number of pending "
         "writes opens their list.</p>\n<div class=\"wide\"><table>\n<thead>\n<tr><th>position</th><th>after mark</th><th>expected</th>"
         "<th>pending</th><th>states covered</th><th>runs + remembered</th><th>result</th></tr>\n</thead>\n<tbody>\n", page->file);
  for (size_t i = 0; i < points->count; i++)
    if (page->listed[i])
      put_point (page, i, most);
  fputs ("</tbody>\n</table></div>\n", page->file);
  if (points->count > POINTS_MAX)
    fprintf (page->file, "<p class=\"soft\">%zu more crash points are not listed; <code>replay --json</code> has them all.</p>\n",
             points->count - POINTS_MAX);
}

static void
put_leftovers (const struct page *page)
{
  const struct oracle *oracle = &page->session->oracle;

  if (oracle->leftover_count == 0)
    return;
  fputs ("<h2 id=\"leftovers\">Leftovers</h2>\n<p class=\"soft\">Paths that some state has, and neither the old nor the new tree.</p>\n<ul>\n",
         page->file);
  for (size_t i = 0; i < oracle->leftover_count && i < PATHS_MAX; i++)
    put_part (page, "<li><code>", oracle->leftovers[i], "</code></li>\n");
  fputs ("</ul>\n", page->file);
  if (oracle->leftover_count > PATHS_MAX)
    fprintf (page->file, "<p class=\"soft\">and %zu more.</p>\n", oracle->leftover_count - PATHS_MAX);
}

static int
put_body (const struct page *page)
{
  put_part (page, "<h1>", page->log->path, "</h1>\n");
  put_banner (page);
  put_facts (page);
  if (put_timeline (page) == -1 || put_findings (page) == -1)
    return -1;
  put_points (page);
  put_leftovers (page);
  fputs ("<p class=\"soft\">Made by powercut " PACKAGE_VERSION ".  The positions are those of <code>powercut show</code>.</p>\n", page->file);
  return 0;
}

/* Find out what became of each crash point, and which of them have room on the page: those at which something is wrong first. */
static int
choose_points (struct page *page)
{
  const struct crash_points *points = &page->session->points;
  size_t rows = POINTS_MAX, writes = OVERLAY_BYTES / OVERLAY_WRITE;

  for (size_t i = 0; i < points->count; i++)
    if (report_point_result (page->report, i, &page->results[i]) == -1)
      return -1;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < points->count && rows > 0; i++) {
      size_t size = points->points[i].pending_count + OVERLAY_LEAST;

      if ((page->results[i] == CASE_RIGHT) != (pass == 1))
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
  put_part (page, PAGE_BEGIN "<title>powercut: ", page->log->path, "</title>\n<style>\n" PAGE_STYLE);
  fprintf (page->file, "%s%s</style>\n</head>\n<body>\n", style, chart_style);
  r = put_body (page);
  fputs ("</body>\n</html>", page->file);
  return r;
}

char *
report_make_html (const struct report *report)
{
  const struct session *session = report->session;
  size_t points = session->points.count + 1;
  CLEANUP_FREE enum case_result *results = calloc (points, sizeof *results);
  CLEANUP_FREE uint8_t *listed = calloc (points, 1), *overlays = calloc (points, 1);
  CLEANUP_FREE uint8_t *fates = calloc (session->config->log->write_count + 1, 1);
  char *text = NULL;
  size_t length;
  struct page page = {
    open_memstream (&text, &length), report, session, session->config->log, results, listed, overlays, fates
  };
  bool failed = page.file == NULL || results == NULL || listed == NULL || overlays == NULL || fates == NULL
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
