/* SPDX-License-Identifier: BSD-3-Clause */
/* One report about several recordings: counts are sums, and what is said is true of all. */
#include <config.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "common/cleanup.h"
#include "replay/report/format.h"
#include "replay/report/test-cases.h"
#include "replay/report/text.h"
#include "tests/unit/make-log.h"

#define RECORDINGS 3

static struct write_log *logs[RECORDINGS];
static struct session_config configs[RECORDINGS];
static struct results all[RECORDINGS];
static const struct kernel program = { .release = (char *) "6.1.176-uml" };
static struct finding wrong;
static char *leftovers[] = { (char *) "greeting.tmp" };
static struct reports reports;

/* Recordings under three schedules; the second has a pending write more than the others, and shows something wrong. */
static void
setup (void)
{
  static const char *const infos[] = { "background=none", "background=commit", "background=writeback" };
  static const char *const events[] = {
    "m:begin w0=a d1 w1=b d3 m:commit m:end", "m:begin w0=a d1 w1=b d3 w2=c d5 m:commit m:end",
    "m:begin w0=a d1 m:commit m:end"
  };

  wrong = (struct finding) {
    .kind = VIOLATION_ATOMICITY, .detail = (char *) "f: empty", .after = (char *) "begin", .state = (char *) "4:-3",
    .confirmation = FINDING_REPEATED, .durable = true, .outcome = { .kind = OUTCOME_TREE, .check = CHECK_RIGHT }
  };
  mpz_init_set_ui (wrong.states, 2);
  for (size_t i = 0; i < RECORDINGS; i++) {
    struct log_maker *maker = make_log_with_info (1, 8, infos[i]);

    add_events (maker, events[i]);
    logs[i] = finish_log (maker);
    configs[i] = (struct session_config) {
      .log = logs[i], .tear = { TEAR_NONE, LOG_SECTOR }, .schedule = strchr (infos[i], '=') + 1,
      .runner = { .kernel = &program, .filesystem = "ext4", .mount_options = "" }
    };
    ck_assert_int_eq (results_begin (&all[i], &configs[i]), 0);
    for (size_t point = 0; point < all[i].points.count; point++) {
      all[i].found[point].done = true;
      mpz_set (all[i].found[point].covered, all[i].found[point].states);
    }
    all[i].runs = i + 1;
    all[i].begun = 100 + 0.25 * (double) i;  /* the next one before the end of this one */
    all[i].seconds = 0.5;
    all[i].oracle.leftovers = i < 2 ? leftovers : NULL;
    all[i].oracle.leftover_count = i < 2;
  }
  all[1].findings = (struct findings) { &wrong, 1 };
}

static void
teardown (void)
{
  all[1].findings = (struct findings) { NULL, 0 };
  for (size_t i = 0; i < RECORDINGS; i++) {
    all[i].oracle.leftovers = NULL;
    all[i].oracle.leftover_count = 0;
    results_free (&all[i]);
    write_log_close (logs[i]);
  }
  mpz_clear (wrong.states);
}

static void
make_reports (size_t count)
{
  const struct results *const results[] = { &all[0], &all[1], &all[2] };

  ck_assert_int_eq (reports_make (&reports, results, count), 0);
}

START_TEST (counts_are_sums_and_maxima_the_largest)
{
  const struct totals *totals = &reports.totals;
  mpz_t states;

  make_reports (RECORDINGS);
  mpz_init (states);
  for (size_t i = 0; i < RECORDINGS; i++)
    mpz_add (states, states, reports.list[i].totals.states);
  ck_assert_uint_eq (totals->writes, 2 + 3 + 1);
  ck_assert_uint_eq (totals->crash_points, all[0].points.count + all[1].points.count + all[2].points.count);
  ck_assert_uint_eq (totals->pending_max, 3);
  ck_assert_int_eq (mpz_cmp (totals->states, states), 0);
  ck_assert_int_eq (mpz_cmp (totals->covered, states), 0);
  ck_assert_uint_eq (totals->runs, 6);
  ck_assert (totals->seconds == 1);
  ck_assert_uint_eq (reports.leftover_count, 1);
  ck_assert_str_eq (reports.leftovers[0], "greeting.tmp");
  mpz_clear (states);
  reports_free (&reports);
}
END_TEST

START_TEST (what_one_recording_breaks_is_broken)
{
  make_reports (RECORDINGS);
  ck_assert (reports.totals.violated && !reports.totals.atomic && reports.totals.durable);
  ck_assert (reports.list[0].totals.atomic && !reports.list[1].totals.atomic && reports.list[2].totals.atomic);
  ck_assert (!reports.list[0].totals.violated && reports.list[1].totals.violated);
  reports_free (&reports);
}
END_TEST

START_TEST (all_is_covered_if_it_is_in_each)
{
  make_reports (RECORDINGS);
  ck_assert (reports.totals.exhaustive);
  reports_free (&reports);
  mpz_sub_ui (all[2].found[0].covered, all[2].found[0].covered, 1);
  make_reports (RECORDINGS);
  ck_assert (!reports.totals.exhaustive && reports.list[1].totals.exhaustive);
  ck_assert_uint_eq (reports.totals.unfinished, 1);
  reports_free (&reports);
}
END_TEST

/* Of a crash point that was asked for one state is visited, of another, which --points leaves out, none. */
START_TEST (prefixes_are_finished_if_each_is_visited)
{
  configs[0].prefixes_only = true;
  for (size_t point = 0; point < all[0].points.count; point++) {
    mpz_set_ui (all[0].found[point].covered, 1);
    all[0].found[point].runs = 1;
  }
  make_reports (1);
  ck_assert (!reports.totals.exhaustive && reports.totals.finished);
  ck_assert_uint_eq (reports.totals.unfinished, 0);
  reports_free (&reports);
  mpz_set_ui (all[0].found[0].covered, 0);
  all[0].found[0].runs = 0;
  make_reports (1);
  ck_assert (!reports.totals.finished);
  ck_assert_uint_eq (reports.totals.unfinished, 1);
  reports_free (&reports);
}
END_TEST

/* The text of REPORTS, to free. */
static char *
print_reports (void)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  reports_print (&reports, file);
  fclose (file);
  return text;
}

START_TEST (what_interrupted_recoveries_came_to_is_told)
{
  struct session_config config = { .nested_limit = 64 };
  struct nested_result nested;

  nested_result_begin (&nested);
  CLEANUP_FREE char *nothing = report_nested (&nested, &config);
  ck_assert_str_eq (nothing, "recovery wrote nothing");
  nested.recoveries = nested.points = nested.runs = 1;
  mpz_set_ui (nested.states, 100000);
  mpz_set_ui (nested.covered, 99999);
  CLEANUP_FREE char *most = report_nested (&nested, &config);
  ck_assert_str_eq (most, "1 recovery is interrupted at 1 crash point, 100000 crash states; 99999 of them (99.9 %) "
                    "covered by 1 run and 0 remembered; --nested-limit=0 goes on to the end");
  config.seconds = 1;
  CLEANUP_FREE char *in_time = report_nested (&nested, &config);
  ck_assert_ptr_nonnull (strstr (in_time, "; --nested-limit=0 without --time goes on to the end"));
  mpz_set_ui (nested.covered, 100000);
  CLEANUP_FREE char *all_states = report_nested (&nested, &config);
  ck_assert_ptr_nonnull (strstr (all_states, "100000 crash states; all covered by 1 run"));
  nested_result_free (&nested);
}
END_TEST

START_TEST (the_text_has_a_line_for_each_and_findings_name_theirs)
{
  char *line;

  make_reports (RECORDINGS);
  CLEANUP_FREE char *text = print_reports ();
  ck_assert_int_ne (asprintf (&line, "    state 4:-3 of %s (2 states; schedule commit; after begin)\n",
                              logs[1]->path), -1);
  ck_assert_ptr_nonnull (strstr (text, line));
  free (line);
  ck_assert_ptr_nonnull (strstr (text, ", schedule none: 2 writes, "));
  ck_assert_ptr_nonnull (strstr (text, ", schedule commit: 3 writes, "));
  ck_assert_ptr_nonnull (strstr (text, ", schedule writeback: 1 write, "));
  ck_assert_ptr_nonnull (strstr (text, "all covered by 6 runs in 1.0 s\n"));
  reports_free (&reports);
}
END_TEST

/* The reports as an object, to delete. */
static cJSON *
parse_reports (void)
{
  CLEANUP_FREE char *text = reports_text (&reports, &json_format);
  cJSON *object = cJSON_Parse (text);

  ck_assert_ptr_nonnull (object);
  return object;
}

static const char *
text_of (const cJSON *object, const char *name)
{
  const char *text = cJSON_GetStringValue (cJSON_GetObjectItem (object, name));

  ck_assert_ptr_nonnull (text);
  return text;
}

START_TEST (json_has_the_schedules_and_of_which_a_violation_is)
{
  make_reports (RECORDINGS);
  cJSON *object = parse_reports ();
  const cJSON *schedules = cJSON_GetObjectItem (object, "schedules");
  const cJSON *violation = cJSON_GetArrayItem (cJSON_GetObjectItem (object, "violations"), 0);

  ck_assert_int_eq (cJSON_GetArraySize (schedules), RECORDINGS);
  ck_assert_str_eq (text_of (cJSON_GetArrayItem (schedules, 2), "schedule"), "writeback");
  ck_assert_str_eq (text_of (violation, "schedule"), "commit");
  ck_assert_str_eq (text_of (violation, "device"), "fast");
  ck_assert_str_eq (text_of (violation, "log"), logs[1]->path);
  ck_assert_str_eq (text_of (object, "log"), logs[0]->path);
  ck_assert_str_eq (text_of (cJSON_GetArrayItem (cJSON_GetObjectItem (object, "points"), 0), "schedule"), "none");
  cJSON_Delete (object);
  reports_free (&reports);
}
END_TEST

START_TEST (junit_has_a_suite_for_each_and_tap_one_plan)
{
  size_t points = all[0].points.count + all[1].points.count + all[2].points.count;
  char plan[64];

  make_reports (RECORDINGS);
  CLEANUP_FREE char *junit = reports_text (&reports, &junit_format);
  CLEANUP_FREE char *tap = reports_text (&reports, &tap_format);
  snprintf (plan, sizeof plan, "TAP version 13\n1..%zu\n", points);
  ck_assert_uint_eq (count_text (junit, "<testsuite "), RECORDINGS);
  ck_assert_uint_eq (count_text (junit, "<testcase "), points);
  ck_assert_uint_eq (count_text (junit, "<system-out>"), 1);
  ck_assert_int_eq (strncmp (tap, plan, strlen (plan)), 0);
  ck_assert_uint_eq (count_text (tap, " - writeback: crash point "), all[2].points.count);
  reports_free (&reports);
}
END_TEST

START_TEST (a_page_has_a_part_for_each_and_no_id_twice)
{
  make_reports (RECORDINGS);
  CLEANUP_FREE char *text = reports_text (&reports, &html_format);
  ck_assert_uint_eq (count_text (text, "<h1"), 1 + RECORDINGS);
  for (size_t i = 0; i < RECORDINGS; i++) {
    char id[64];

    snprintf (id, sizeof id, "id=\"r%zu-timeline\"", i + 1);
    ck_assert_uint_eq (count_text (text, id), 1);
    snprintf (id, sizeof id, "href=\"#r%zu-\"", i + 1);
    ck_assert_uint_eq (count_text (text, id), 1);
  }
  ck_assert_uint_eq (count_text (text, "id=\"timeline\""), 0);
  ck_assert_ptr_nonnull (strstr (text, "<a href=\"#r2-wrong\">1 kind of violation</a>"));
  ck_assert_ptr_nonnull (strstr (text, "replay --state=4:-3 --tear=none --kernel=6.1.176-uml --shell "));
  reports_free (&reports);
}
END_TEST

START_TEST (a_finding_after_an_interrupted_recovery_is_told_in_words)
{
  wrong.state = (char *) "4:-3;9:-7/8-";
  wrong.depth = 1;
  configs[0].minimize = true;
  make_reports (RECORDINGS);
  CLEANUP_FREE char *page = reports_text (&reports, &html_format), *text = print_reports ();
  ck_assert_ptr_nonnull (strstr (page, "while the kernel recovered from that, at position <code>9</code>"));
  ck_assert_ptr_nonnull (strstr (page, "<code>-7/8-</code>.</p>"));
  ck_assert_uint_eq (count_text (text, "give --state='4:-3;9:-7/8-' --minimize\n"), 1);
  reports_free (&reports);
  wrong.state = (char *) "4;9";
  make_reports (RECORDINGS);
  CLEANUP_FREE char *whole = reports_text (&reports, &html_format);
  ck_assert_ptr_nonnull (strstr (whole, "No write is missing in the first state"));
  ck_assert_ptr_nonnull (strstr (whole, "Nothing of that is missing."));
  reports_free (&reports);
}
END_TEST

/* What is printed may be pasted into a shell. */
START_TEST (the_id_of_an_interrupted_recovery_is_quoted)
{
  make_reports (1);
  CLEANUP_FREE char *text = report_commands (&reports.list[0], "62:-60;79");
  ck_assert_ptr_nonnull (text);
  ck_assert_uint_eq (count_text (text, "replay --state='62:-60;79' "), count_text (text, "\n"));
  ck_assert_uint_eq (count_text (text, "--kernel="), count_text (text, "\n"));    /* to recover once is always needed */
  configs[0].runner.readonly_device = true;
  CLEANUP_FREE char *single = report_commands (&reports.list[0], "62");
  ck_assert_uint_eq (count_text (single, " --readonly-device "), 2);      /* not in a shell, or an image */
  ck_assert_ptr_nonnull (strstr (single, " --export=crash.img "));
  logs[0]->device_count = 2;
  CLEANUP_FREE char *of_two = report_commands (&reports.list[0], "62");
  logs[0]->device_count = 1;
  ck_assert_ptr_nonnull (strstr (of_two, " --export=crash-images/ "));
  reports_free (&reports);
}
END_TEST

/* Of the only recording nothing is said that tells it from others. */
START_TEST (one_recording_is_reported_by_itself)
{
  configs[0].schedule = NULL;
  configs[0].runner.readonly_device = true;
  make_reports (1);
  CLEANUP_FREE char *text = print_reports (), *html = reports_text (&reports, &html_format);
  ck_assert_ptr_null (strstr (text, "schedule"));
  ck_assert_ptr_nonnull (strstr (text, "recorded: 2 writes, "));
  ck_assert_ptr_nonnull (strstr (text, ", first on devices that refuse writes\n"));
  ck_assert_uint_eq (count_text (html, "<h1"), 1);
  ck_assert_uint_eq (count_text (html, "id=\"timeline\""), 1);
  reports_free (&reports);
}
END_TEST

UNIT_TEST_MAIN_WITH ("report", setup, teardown, counts_are_sums_and_maxima_the_largest,
                     what_one_recording_breaks_is_broken, what_interrupted_recoveries_came_to_is_told,
                     all_is_covered_if_it_is_in_each, prefixes_are_finished_if_each_is_visited,
                     the_text_has_a_line_for_each_and_findings_name_theirs,
                     json_has_the_schedules_and_of_which_a_violation_is,
                     junit_has_a_suite_for_each_and_tap_one_plan, a_page_has_a_part_for_each_and_no_id_twice,
                     a_finding_after_an_interrupted_recovery_is_told_in_words,
                     the_id_of_an_interrupted_recovery_is_quoted, one_recording_is_reported_by_itself)
