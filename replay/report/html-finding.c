/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong, on a page: the state, what is lost of it, and the files before, after and in it. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/plural.h"
#include "common/text.h"
#include "log/state-id.h"
#include "replay/explain/minimal.h"
#include "replay/explain/reason.h"
#include "replay/report/html-chart.h"
#include "replay/report/html-finding.h"

#define FINDINGS_MAX 8          /* with pictures */
#define WRITES_MAX 200          /* rows of a table of writes */
#define LEAD 40                 /* events before what a picture of a state is about */

/* What a lost write was and why it may be lost: a row.  WHAT is what it wrote, or NULL; CHOICES, COUNT of them, what is
 * missing of it.
 */
static void
put_lost_write (const struct html *html, uint32_t number, uint32_t position, const char *what,
                const struct choice *choices,
                size_t count)
{
  CLEANUP_FREE char *write = reason_describe (html->log, number, what, choices, count);
  CLEANUP_FREE char *why = reason_of_choice (html->log, choices, position);

  fprintf (html->file, "<tr><td data-head=\"lost\" class=\"%s\">", html->fates[number] == FATE_LOST ? "bad" : "half");
  html_put_part (html, "", write ? write : "", "</td>");
  html_put_part (html, "<td data-head=\"why it may be lost\">", why ? why : "", "</td></tr>\n");
}

static bool
is_lost (const struct html *html, uint32_t number)
{
  return html->fates[number] == FATE_LOST || html->fates[number] == FATE_TORN;
}

/* The writes of the state that CHOICES make, the smallest one if MINIMAL is not NULL, that are not there, or not whole.
 * AGAIN is what comes after the state in the id of one that an interrupted recovery left, or empty.
 */
static void
put_lost (const struct html *html, uint32_t position, const struct choice *choices, size_t count,
          const struct minimal *minimal, const char *again)
{
  uint32_t issued = log_writes_until (html->log, position), lost = 0;

  for (uint32_t i = 0; i < issued; i++)
    lost += is_lost (html, i);
  for (size_t i = 0; i < count; i++)
    lost += choices[i].kind == CHOICE_OVER;
  if (lost == 0) {
    fprintf (html->file, "<p>No write is missing in %s: all that was issued before the %scrash is on the disk.</p>\n",
             *again ? "the first state" : "this state", *again ? "first " : "");
    return;
  }
  fputs ("<div class=\"wide\"><table>\n<thead>\n<tr><th>lost</th><th>why it may be lost</th></tr>\n</thead>\n<tbody>\n",
         html->file);
  for (size_t i = 0; minimal && i < minimal->count && i < WRITES_MAX; i++)
    put_lost_write (html, minimal->dropped[i].write, position, minimal->dropped[i].what, minimal->dropped[i].choices,
                    minimal->dropped[i].choice_count);
  for (size_t i = 0; minimal == NULL && i < count && i < WRITES_MAX; i++)
    if (choices[i].kind == CHOICE_OVER || (choices[i].kind == CHOICE_ABSENT && is_lost (html, choices[i].write)))
      put_lost_write (html, choices[i].write, position, NULL, &choices[i], 1);
  fputs ("</tbody>\n</table></div>\n", html->file);
  if (lost > WRITES_MAX)
    fprintf (html->file, "<p class=\"soft\">%u writes are lost in all.</p>\n", lost);
}

/* How power failed again: AGAIN is what comes after the first state of an id, and each state that it names was left by
 * a recovery that was interrupted.
 */
static void
put_again (const struct html *html, const char *again)
{
  while (*again) {
    again += strlen (STATE_ID_AGAIN);
    const size_t length = strcspn (again, STATE_ID_AGAIN), point = strcspn (again, ":" STATE_ID_AGAIN);
    CLEANUP_FREE char *position = strndup (again, point);
    CLEANUP_FREE char *choices = point < length ? strndup (again + point + 1, length - point - 1) : NULL;

    html_put_part (html, "<p>Power failed again while the kernel recovered from that, at position <code>",
                   position ? position : "", "</code> of the log that goes on with what recovery wrote. ");
    if (choices)
      html_put_part (html, "Of that is missing, as state ids have it: <code>", choices, "</code>.</p>\n");
    else
      fputs ("Nothing of that is missing.</p>\n", html->file);
    again += length;
  }
}

/* The part of the log that a picture of the state at POSITION is about: what is pending, and a little before and behind
 * it.
 */
static void
find_part (const struct html *html, uint32_t position, uint32_t *first, uint32_t *last)
{
  uint32_t earliest = position;

  *first = *last = 0;
  model_range (html->log, first, last);
  for (uint32_t i = 0; i < html->log->write_count; i++)
    if (html->fates[i] >= FATE_THERE && html->log->writes[i].issue < earliest)
      earliest = html->log->writes[i].issue;
  if (earliest < *first || earliest - *first > LEAD)
    *first = earliest > LEAD ? earliest - LEAD : 0;
  if (*last > position && *last - position > LEAD / 4)
    *last = position + LEAD / 4;
}

/* The state to show of FINDING: the smallest one if it is known. */
static const char *
state_of (const struct finding *finding)
{
  return finding->minimal ? finding->minimal->state : finding->state;
}

/* What is known of the smallest state. */
static void
put_minimal (const struct html *html, const struct finding *finding)
{
  const struct minimal *minimal = finding->minimal;

  if (minimal == NULL)
    return;
  html_put_part (html, "<p>The smallest state that is wrong in this way is <code>", minimal->state, "</code>: ");
  html_put_part (html, "", minimal->note, ".");
  if (strcmp (minimal->detail, finding->detail) != 0)
    html_put_names (html, " There: ", minimal->detail, "");
  fputs ("</p>\n", html->file);
}

/* The state of FINDING, with what is lost. */
static int
put_state (const struct html *html, const struct finding *finding)
{
  struct chart chart = {
    .report = html->report, .prefix = html->prefix, .fates = html->fates, .label = "The state: which writes are there"
  };
  const char *state = state_of (finding), *again = state + strcspn (state, STATE_ID_AGAIN);
  CLEANUP_FREE char *first = strndup (state, (size_t) (again - state));
  CLEANUP_FREE struct choice *choices = NULL;
  size_t count;

  if (first == NULL)
    return -1;
  /* Of what came after that, when power failed again, the log has nothing to draw: it is told. */
  if (state_id_parse (first, html->log, &chart.crash, &choices, &count) == -1)
    return 0;
  if (fates_of_state (html->log, chart.crash, choices, count, html->fates) == -1)
    return -1;
  find_part (html, chart.crash, &chart.first, &chart.last);
  const struct key keys[] = {
    { html_has_fate (html, FATE_LOST), "bad-ink", "lost write" },
    { html_has_fate (html, FATE_TORN), "half-ink", "write that is there in part" },
    { html_has_fate (html, FATE_THERE), "write", "pending write that is there" }, { true, "soft", "durable write" },
    { true, "bad-ink", "the crash" }, { true, "flush", "flush" }, { true, "mark", "mark" }, { false, NULL, NULL },
  };
  html_put_keys (html, keys);
  if (chart_write (&chart, html->file) == -1)
    return -1;
  put_lost (html, chart.crash, choices, count, finding->minimal, again);
  put_again (html, again);
  return 0;
}

struct path_rows {
  const struct html *html;
  enum phase phase;             /* of the state */
  size_t count;
};

static void
put_object (const struct html *html, const char *head, const char *class, const char *text)
{
  fprintf (html->file, "<td data-head=\"%s\"%s%s%s>", head, *class ? " class=\"" : "", class, *class ? "\"" : "");
  html_put_names (html, "", text ? text : "missing", "");
  fputs ("</td>", html->file);
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
  const struct html *html = rows->html;

  if (rows->count++ >= HTML_PATHS_MAX)
    return 0;
  html_put_names (html, "<tr><td><code>", path->path, "</code></td>");
  put_object (html, "old", "", path->old);
  put_object (html, "new", "", path->new);
  put_object (html, "seen", path_class (path, rows->phase), path->seen);
  fputs ("</tr>\n", html->file);
  return 0;
}

/* What was there before the step, after it, and in the state, side by side. */
static int
put_trees (const struct html *html, const struct finding *finding)
{
  const struct trees *trees = &html->results->config->trees;
  const struct observation *seen = finding->outcome.kind == OUTCOME_TREE
    ? observations_find (&html->results->oracle.observations, finding->outcome.digest) : NULL;
  const struct moment moment = model_moment (html->log, (uint32_t) strtoul (finding->state, NULL, 10));
  struct path_rows rows = { html, moment.phase, 0 };
  const uint32_t step = moment.step;
  size_t same;

  if (seen == NULL || step == 0 || step >= trees->count)
    return 0;
  fputs ("<div class=\"wide\"><table class=\"paths\">\n<thead>\n"
         "<tr><th>path</th><th>old</th><th>new</th><th>seen</th></tr>\n</thead>\n<tbody>\n", html->file);
  int r = judge_paths (seen->text, trees->texts[step - 1], trees->texts[step], put_path, &rows, &same);
  fputs ("</tbody>\n</table></div>\n", html->file);
  if (rows.count > HTML_PATHS_MAX)
    fprintf (html->file, "<p class=\"soft\">%zu more %s.</p>\n", rows.count - HTML_PATHS_MAX,
             plural (rows.count - HTML_PATHS_MAX, "path differs", "paths differ"));
  fprintf (html->file, "<p class=\"soft\">%zu other %s the same in all three.</p>\n", same,
           plural (same, "path is", "paths are"));
  return r;
}

static int
put_finding (const struct html *html, const struct finding *finding, size_t number)
{
  static const char *const notes[] = { "; no fresh guest has tried it again", "",
                                       "; <b>not seen again on a fresh boot</b>" };
  CLEANUP_FREE char *commands = report_commands (html->report, state_of (finding));
  int r = 0;

  fprintf (html->file, "<section id=\"%sf%zu\">\n<h3>%s</h3>\n", html->prefix, number + 1,
           violation_name (finding->kind));
  html_put_names (html, "<p>", finding->detail, "</p>\n<p>State ");
  html_put_part (html, "<code>", finding->state, "</code>, the first of ");
  html_put_states (html, finding->states);
  html_put_part (html, ", after <code>", finding->after, "</code>");
  fprintf (html->file, "%s.</p>\n", notes[finding->confirmation]);
  put_minimal (html, finding);
  if (number < FINDINGS_MAX && (r = put_state (html, finding)) == 0)
    r = put_trees (html, finding);
  if (finding->outcome.fault)
    html_put_part (html, "<p>The kernel said:</p>\n<pre>", finding->outcome.fault, "</pre>\n");
  html_put_part (html, "<p>To see it again:</p>\n<pre>", "", "");
  for (const char *line = commands ? commands : ""; *line; line += strcspn (line, "\n") + 1) {
    print_markup_safely (line, strcspn (line, "\n"), html->file);
    putc ('\n', html->file);
  }
  fputs ("</pre>\n</section>\n", html->file);
  return r;
}

int
html_put_findings (const struct html *html)
{
  const struct findings *findings = &html->results->findings;
  int r = 0;

  if (findings->count == 0)
    return 0;
  fprintf (html->file, "<h2 id=\"%swrong\">What is wrong</h2>\n", html->prefix);
  for (size_t i = 0; r == 0 && i < findings->count; i++)
    r = put_finding (html, &findings->list[i], i);
  return r;
}
