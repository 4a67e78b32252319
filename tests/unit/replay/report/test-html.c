/* SPDX-License-Identifier: BSD-3-Clause */
/* The page: what the writes of a state are in its picture, and how large it becomes. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "log/state-id.h"
#include "replay/report/format.h"
#include "replay/report/html-chart.h"
#include "tests/unit/make-log.h"

#define WRITES 3600
#define PAGE_BYTES_MAX 2000000

/* The fates of the writes at the state ID of LOG, a letter each: Durable, tHere, Torn, Lost or `-` for none. */
static const char *
fates_of (const struct write_log *log, const char *id)
{
  static const char letters[FATE_COUNT] = {
    [FATE_NONE] = '-', [FATE_DURABLE] = 'D', [FATE_THERE] = 'H', [FATE_TORN] = 'T', [FATE_LOST] = 'L'
  };
  static char text[16];
  uint8_t fates[16];
  struct choice *choices = NULL;
  uint32_t position;
  size_t count;

  ck_assert_int_eq (state_id_parse (id, log, &position, &choices, &count), 0);
  ck_assert_int_eq (fates_of_state (log, position, choices, count, fates), 0);
  for (uint32_t i = 0; i < log->write_count; i++)
    text[i] = letters[fates[i]];
  text[log->write_count] = '\0';
  free (choices);
  return text;
}

/* Positions: writes at 0, 4, 6 and 8, a flush at 2 that makes the first durable. */
static struct write_log *
make_small_log (void)
{
  struct log_maker *maker = make_log (1, 64);

  add_done_write (maker, 0, 0, "aa");
  add_completion (maker, add_flush (maker, 0), 0);
  add_done_write (maker, 0, 4, "bbbb");
  add_done_write (maker, 0, 8, "cc");
  add_write (maker, 0, 16, "d", 0);
  return finish_log (maker);
}

static const struct {
  const char *state, *fates;
} fates[] = {
  { "8", "DHHH" }, { "7:-4", "DLH-" }, { "8:-4,-6,+8", "DLLH" }, { "8:-4/0-3", "DLHH" }, { "2:-0", "L---" },
  { "8:-0", "DHHH" },
  /* Torn. */
  { "8:-4/3", "DTHH" }, { "8:-4/1-", "DTHH" }, { "8:-4,+4/0", "DTHH" }, { "8:-4/2-,+4", "DHHH" },
};

START_TEST (a_choice_decides_what_a_pending_write_is)
{
  struct write_log *log = make_small_log ();

  ck_assert_str_eq (fates_of (log, fates[_i].state), fates[_i].fates);
  write_log_close (log);
}
END_TEST

/* A replay of LOG that found nothing wrong, as far as a report goes. */
static void
begin_results (struct results *results, const struct session_config *config)
{
  ck_assert_int_eq (results_begin (results, config), 0);
  for (size_t i = 0; i < results->points.count; i++) {
    results->found[i].done = true;
    mpz_set (results->found[i].covered, results->found[i].states);
  }
}

/* The page about LOG, to free. */
static char *
make_page (const struct write_log *log)
{
  const struct kernel image = { .release = (char *) "6.1.0-56-amd64" };
  const struct session_config config = {
    .log = log, .tear = { TEAR_NONE, LOG_SECTOR },
    .runner = { .kernel = &image, .filesystem = "ext4", .mount_options = "" }
  };
  struct results results;
  struct reports reports;
  char *text;

  begin_results (&results, &config);
  ck_assert_int_eq (reports_make (&reports, &(const struct results *) { &results }, 1), 0);
  text = reports_text (&reports, &html_format);
  ck_assert_ptr_nonnull (text);
  reports_free (&reports);
  results_free (&results);
  return text;
}

START_TEST (few_writes_are_bars)
{
  struct write_log *log = make_small_log ();
  char *text = make_page (log);

  ck_assert_uint_eq (count_text (text, "<rect class=\"write\""), 4);
  ck_assert_uint_eq (count_text (text, "<tr id=\"p"), 2);
  ck_assert_uint_eq (count_text (text, "<title>flush 2, done 3</title>"), 1);
  ck_assert_ptr_nonnull (strstr (text, "<title>write 0: 1 KiB at 0 KiB, done 1, durable from 3</title>"));
  ck_assert_ptr_nonnull (strstr (text, "<title>write 8: 0.5 KiB at 8 KiB, never done</title>"));
  free (text);
  write_log_close (log);
}
END_TEST

START_TEST (a_state_that_the_checker_never_saw_is_not_right)
{
  static const struct {
    struct outcome outcome;
    enum violation kind;
    bool checked;
  } cases[] = {
    { { .kind = OUTCOME_TREE, .check = CHECK_RIGHT }, VIOLATION_DURABILITY, true },
    { { .kind = OUTCOME_TREE, .check = CHECK_HUNG }, VIOLATION_HANG, false },
    { { .kind = OUTCOME_HUNG }, VIOLATION_HANG, false },
    { { .kind = OUTCOME_UNMOUNTABLE }, VIOLATION_UNMOUNTABLE, false },
  };
  struct write_log *log = make_small_log ();
  const struct session_config config = { .log = log, .tear = { TEAR_NONE, LOG_SECTOR } };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct finding finding = { .kind = cases[i].kind, .outcome = cases[i].outcome };
    struct results results;
    struct reports reports;

    begin_results (&results, &config);
    results.findings = (struct findings) { &finding, 1 };
    ck_assert_int_eq (reports_make (&reports, &(const struct results *) { &results }, 1), 0);
    ck_assert_int_eq (reports.totals.checked, cases[i].checked);
    reports_free (&reports);
    results.findings = (struct findings) { NULL, 0 };
    results_free (&results);
  }
  write_log_close (log);
}
END_TEST

/* SIZE writes all over the device, with a flush behind each PERIOD of them. */
static struct write_log *
make_large_log (unsigned size, unsigned period)
{
  struct log_maker *maker = make_log (1, 1 << 20);
  struct dice dice = { size };

  for (unsigned i = 1; i <= size; i++) {
    add_done_write (maker, 0, roll (&dice, (1 << 20) - 8), "abcdefgh");
    if (i % period == 0)
      add_completion (maker, add_flush (maker, 0), 0);
  }
  return finish_log (maker);
}

/* Many writes at few crash points, a few at each of many, and something in between. */
START_TEST (many_writes_make_no_large_page)
{
  static const unsigned periods[] = { WRITES + 1, 12, 60 };
  struct write_log *log = make_large_log (_i == 1 ? WRITES - 400 : WRITES, periods[_i]);
  char *text = make_page (log);

  ck_assert_uint_gt (log->write_count, 3000);
  ck_assert_uint_lt (strlen (text), PAGE_BYTES_MAX / 2);
  ck_assert_uint_eq (count_text (text, "<rect class=\"write\""), 0);
  ck_assert_uint_ge (count_text (text, "class=\"raster write\""), 1);
  free (text);
  write_log_close (log);
}
END_TEST

/* As many crash points as a log of this size can have: the rest is told of. */
START_TEST (many_crash_points_make_no_large_page)
{
  struct write_log *log = make_large_log (2000, 1);
  char *text = make_page (log);

  ck_assert_uint_eq (count_text (text, "<tr id=\"p"), 1500);
  ck_assert_uint_lt (strlen (text), PAGE_BYTES_MAX / 2);
  ck_assert_ptr_nonnull (strstr (text, "501 more crash points are not listed"));
  free (text);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("page", LOOP_OVER (a_choice_decides_what_a_pending_write_is, fates), few_writes_are_bars,
                a_state_that_the_checker_never_saw_is_not_right, unit_loop (many_writes_make_no_large_page, 3),
                many_crash_points_make_no_large_page)
