/* SPDX-License-Identifier: BSD-3-Clause */
/* Make a log that is full of hostile texts, and reports of a replay that found something in it, without a guest.
 *
 *     hostile-reports FOLDER
 *
 * writes into FOLDER a log whose name is hostile, too, and text, json, lines, junit, tap and html.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/info.h"
#include "log/writer.h"
#include "replay/report/outputs.h"
#include "replay/report/run-lines.h"
#include "replay/report/text.h"

/* Markup, quotes, ends of CDATA and comments, directives, escapes of terminals, formats, and what is no UTF-8. */
#define HOSTILE "\"it's\" <script>alert(1)</script> <img src=http://x/> & ]]> --> # SKIP \\ %s%n " \
  "\033[31m\r\n\t\xff\xc3(\xed\xa0\x80 \302\23331m\342\200\256 end"
#define HOSTILE_NAME "log \"it's\" <script>alert(1)<\033script> & # SKIP \\ %s\n\xff.bin"
/* As an observation writes it: only spaces, `%` and what is not printable are escaped there. */
#define HOSTILE_PATH "\"it's\"%20<script>alert(1)</script>&]]>#%0a%ff\\"

#define SECTORS 64
#define HASH "0123456789abcdef0123456789abcdef"

static char *folder_path;

static void
check (int result, const char *what)
{
  if (result == -1) {
    fprintf (stderr, "hostile-reports: %s failed\n", what);
    exit (EXIT_FAILURE);
  }
}

static char *
path_of (const char *name)
{
  char *path;

  check (asprintf (&path, "%s/%s", folder_path, name), "asprintf");
  return path;
}

/* A write of one sector, complete unless it is LAST. */
static void
add_write (struct log_writer *writer, uint32_t sector, uint8_t flags, bool last)
{
  const struct log_operation operation = {
    .kind = LOG_WRITE, .flags = flags, .offset_bytes = (uint64_t) sector * LOG_SECTOR, .length_bytes = LOG_SECTOR
  };
  static const char data[LOG_SECTOR] = HOSTILE;
  struct log_issue issue;

  check (log_writer_issue (writer, &operation, data, &issue), "a write");
  if (!last)
    check (log_writer_complete (writer, issue.position, 0, 0, false), "a completion");
}

static void
add_flush (struct log_writer *writer)
{
  const struct log_operation operation = { .kind = LOG_FLUSH };
  struct log_issue issue;

  check (log_writer_issue (writer, &operation, NULL, &issue), "a flush");
  check (log_writer_complete (writer, issue.position, 0, 0, true), "a completion");
}

static void
add_mark (struct log_writer *writer, const char *text)
{
  check (log_writer_mark (writer, text, strlen (text)), "a mark");
}

static void
make_log (const char *path)
{
  const uint64_t size = SECTORS * LOG_SECTOR;
  static const char *const info[] = {
    "filesystem=" HOSTILE, "kernel=" HOSTILE, "mount=" HOSTILE, "command=./a", "command=" HOSTILE, "device=" HOSTILE,
    "background=" HOSTILE, HOSTILE "=" HOSTILE
  };
  struct log_writer *writer = log_writer_create (path, &size, 1, info, sizeof info / sizeof info[0]);

  check (writer ? 0 : -1, "log_writer_create");
  add_mark (writer, "base");
  add_write (writer, 0, 0, false);
  add_flush (writer);
  add_mark (writer, "begin");
  add_mark (writer, HOSTILE);
  add_write (writer, 8, 0, false);
  add_write (writer, 40, LOG_FLAG_FUA, false);
  add_flush (writer);
  add_mark (writer, "commit " HOSTILE);
  add_write (writer, 16, 0, false);
  add_mark (writer, HOSTILE);
  add_write (writer, 17, 0, true);
  check (log_writer_close (writer), "log_writer_close");
}

static char *
copy (const char *text)
{
  char *copied = strdup (text);

  check (copied ? 0 : -1, "strdup");
  return copied;
}

/* Let crash point NUMBER have been found wrong: HOW in its first state, which is the one without its first write. */
static void
add_violation (struct results *results, size_t number, enum violation kind, const char *how,
               const struct outcome *outcome, enum confirmation confirmation)
{
  const struct write_log *log = results->config->log;
  const struct crash_point *point = &results->points.points[number];
  struct finding finding = { .kind = kind, .detail = copy (how), .outcome = *outcome, .confirmation = confirmation };
  uint32_t first = 0;

  check (pending_index_next (&results->points.pending, point->position, &first) ? 0 : -1, "pending_index_next");
  finding.after = finding_after (log, point->position);
  check (asprintf (&finding.state, "%u:-%u", point->position, log->writes[first].issue), "asprintf");
  check (asprintf (&finding.place, "%010u", point->position), "asprintf");
  mpz_init_set (finding.states, results->found[number].states);
  check (tally_add (&results->found[number].tally, outcome, finding.states), "tally_add");
  check (tally_blame (&results->found[number].tally, &finding), "tally_blame");
  check (findings_add (&results->findings, &finding), "findings_add");
  const struct told_answer answer = {
    .log = log, .runner = &results->config->runner, .state = finding.state, .point = point->position,
    .after = finding.after, .outcome = outcome, .kind = kind, .detail = finding.detail, .states = finding.states
  };
  check (run_lines_add (results->config->listener, &answer), "run_lines_add");
  mpz_clear (finding.states);
  free (finding.detail);
  free (finding.after);
  free (finding.state);
  free (finding.place);
}

/* The first point is wrong because the mount failed, the second because of its tree and a kernel message, the third was
 * not finished, the others are right.
 */
static void
fill_results (struct results *results)
{
  struct outcome unmountable = { .kind = OUTCOME_UNMOUNTABLE, .detail = copy (HOSTILE) };
  struct outcome seen = { .kind = OUTCOME_TREE, .fault = copy (HOSTILE) };
  char *tree = copy ("d 0755 0 0 - - - .\nf 0644 0 0 0 empty - " HOSTILE_PATH "\n"
                     "f 0644 0 0 0 empty - left" HOSTILE_PATH "\n");

  tree_digest (tree, seen.digest);
  check (observations_add (&results->oracle.observations, seen.digest, tree) ? 0 : -1, "observations_add");
  results->oracle.leftovers = calloc (1, sizeof *results->oracle.leftovers);
  results->oracle.leftovers[0] = copy ("left" HOSTILE_PATH);
  results->oracle.leftover_count = 1;
  results->release = copy (HOSTILE);
  for (size_t i = 0; i < results->points.count; i++) {
    struct point_result *found = &results->found[i];

    found->done = true;
    found->runs = 1;
    if (i != 2)
      mpz_set (found->covered, found->states);
  }
  add_violation (results, 0, VIOLATION_UNMOUNTABLE, HOSTILE, &unmountable, FINDING_REPEATED);
  add_violation (results, 1, VIOLATION_KERNEL, HOSTILE, &seen, FINDING_UNCONFIRMED);
  free (unmountable.detail);
  free (seen.fault);
}

static void
print_text (const struct reports *reports)
{
  char *path = path_of ("text");
  FILE *file = fopen (path, "w");

  check (file ? 0 : -1, "text");
  reports_print (reports, file);
  check (fclose (file), "text");
  free (path);
}

static void
make_reports (const struct write_log *log)
{
  char *texts[] = {
    copy ("d 0755 0 0 - - - .\nf 0644 0 0 3 " HASH " - " HOSTILE_PATH "\n"),
    copy ("d 0755 0 0 - - - .\nl 0777 0 0 - " HOSTILE_PATH " - " HOSTILE_PATH "\n"),
  };
  char *json = path_of ("json"), *lines = path_of ("lines"), *junit = path_of ("junit"), *tap = path_of ("tap");
  char *html = path_of ("html");
  const struct kernel kernel = { .release = (char *) HOSTILE "-uml" };
  struct session_config config = {
    .log = log, .trees = { texts, 2 }, .tear = { TEAR_NONE, LOG_SECTOR }, .listener = run_lines_open (lines),
    .runner = {
      .log = log->path, .kernel = &kernel, .filesystem = log_info (log, "filesystem"), .mount_options = HOSTILE,
      .observe = true
    },
  };
  const struct outputs outputs = { { json, NULL, junit, tap, html } };
  struct results results;
  struct reports reports;

  check (config.listener ? 0 : -1, "run_lines_open");
  check (results_begin (&results, &config), "results_begin");
  fill_results (&results);
  check (reports_make (&reports, &(const struct results *) { &results }, 1), "reports_make");
  print_text (&reports);
  check (outputs_write (&outputs, &reports), "outputs_write");
  reports_free (&reports);
  run_lines_close (config.listener);
  results_free (&results);
  free (texts[0]);
  free (texts[1]);
  free (json);
  free (lines);
  free (junit);
  free (tap);
  free (html);
}

int
main (int argc, char **argv)
{
  if (argc != 2) {
    fprintf (stderr, "usage: hostile-reports FOLDER\n");
    return 2;
  }
  folder_path = argv[1];
  char *path = path_of (HOSTILE_NAME);
  make_log (path);
  struct write_log *log = write_log_open (path);
  check (log ? 0 : -1, "write_log_open");
  make_reports (log);
  write_log_close (log);
  free (path);
  return EXIT_SUCCESS;
}
