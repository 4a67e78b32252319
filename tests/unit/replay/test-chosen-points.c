/* SPDX-License-Identifier: BSD-3-Clause */
/* Which crash points are visited, for how long, and how many runs are left. */
#include <config.h>

#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/cleanup.h"
#include "replay/chosen-points.h"
#include "replay/estimate.h"
#include "replay/session.h"
#include "tests/unit/message.h"
#include "tests/unit/replay/played-runner.h"
#include "tests/unit/work.h"

#define POINTS 8

const struct write_log *history;
static struct crash_points points;
static unsigned slow_us;        /* that a run takes */

/* What is read of the first sectors is all that is seen. */
void
play_run (struct runner *runner, const char *marks, struct outcome *outcome)
{
  (void) marks;
  usleep (slow_us);
  for (unsigned i = 0; i < 4; i++)
    runner->tree[i] = play_read (runner, i);
  strcpy (runner->tree + 4, "\n");
  outcome->behaviour = XXH3_64bits (runner->tree, 4);
  tree_digest (runner->tree, outcome->digest);
}

/* Crash points before each of seven flushes' ends, and at the end; with marks before the third and in the sixth. */
static void
setup (void)
{
  struct log_maker *maker = make_log (1, POINTS);

  enter_work ();
  add_events (maker, "w0=a d0 w1=b d2 f d4 w1=c d6 w2=a d8 f d10 m:one w0=b d13 w3=d d15 f d17 w0=c d19 f d21 "
              "w1=x d23 f d25 w2=y d27 m:two f d30 w3=z d32 f d34 w0=q d36");
  history = finish_log (maker);
  ck_assert_int_eq (model_crash_points (history, 0, &points), 0);
  ck_assert_uint_eq (points.count, POINTS);
  slow_us = 0;
  runs = boots = 0;
}

static void
teardown (void)
{
  crash_points_free (&points);
  write_log_close ((struct write_log *) history);
  leave_work ();
}

static const struct choice_case {
  const char *text, *chosen;    /* a letter for each point, x if it is; or NULL: it is refused */
} choice_cases[] = {
  { NULL, "xxxxxxxx" }, { "every:1", "xxxxxxxx" }, { "every:3", "x--x--x-" }, { "every:100", "x-------" },
  { "near-marks", "-xx-xx--" }, { "0-1000", "xxxxxxxx" }, { "0-5", "x-------" }, { "10-20", "-xx-----" },
  { "sample:8:1", "xxxxxxxx" }, { "sample:100:1", "xxxxxxxx" },
  { "every:0", NULL }, { "every:", NULL }, { "sample:3", NULL }, { "sample:0:1", NULL }, { "5-4", NULL }, { "5", NULL },
  { "near", NULL }, { "", NULL }, { "-3", NULL },
};

START_TEST (points_are_chosen)
{
  const struct choice_case *wanted = &choice_cases[_i];
  struct chosen_points chosen;

  forget_messages ();
  ck_assert_int_eq (chosen_points_parse (wanted->text, &chosen), wanted->chosen ? 0 : -1);
  ck_assert_uint_eq (message_count, wanted->chosen == NULL);
  if (wanted->chosen == NULL)
    return;
  CLEANUP_FREE bool *is_chosen = chosen_points_find (&chosen, history, &points);
  for (size_t i = 0; i < points.count; i++)
    ck_assert_msg (is_chosen[i] == (wanted->chosen[i] == 'x'), "%s: point %zu at %u", wanted->text, i,
                   points.points[i].position);
}
END_TEST

/* As many as are asked for, the same for the same seed, each at some time. */
START_TEST (samples_are_random)
{
  unsigned often[POINTS] = { 0 };

  for (uint64_t seed = 0; seed < 200; seed++) {
    const struct chosen_points chosen = { CHOSEN_SAMPLE, 3, seed };
    CLEANUP_FREE bool *one = chosen_points_find (&chosen, history, &points);
    CLEANUP_FREE bool *other = chosen_points_find (&chosen, history, &points);
    unsigned count = 0;

    ck_assert_mem_eq (one, other, POINTS * sizeof *one);
    for (size_t i = 0; i < POINTS; i++) {
      count += one[i];
      often[i] += one[i];
    }
    ck_assert_uint_eq (count, 3);
  }
  for (size_t i = 0; i < POINTS; i++)
    ck_assert (often[i] > 40 && often[i] < 110);        /* 75 on average */
}
END_TEST

static struct session_config
plain_config (void)
{
  return (struct session_config) {
    .log = history, .folder = ".", .jobs = 1, .tear = { TEAR_NONE, LOG_SECTOR },
    .runner = { .filesystem = "ext4", .mount_options = "", .observe = true }
  };
}

/* The states of all points count, those of the chosen ones are covered. */
START_TEST (what_is_not_chosen_is_not_covered)
{
  struct session_config config = plain_config ();

  config.chosen = (struct chosen_points) { CHOSEN_EVERY, 3, 0 };
  struct session *session = session_new (&config);
  ck_assert_int_eq (session_run (session), 0);
  const struct results *results = session_results (session);
  ck_assert_uint_eq (results->left_out, 5);
  for (size_t i = 0; i < POINTS; i++) {
    ck_assert (results->found[i].done);
    ck_assert_int_gt (mpz_sgn (results->found[i].states), 0);
    ck_assert_int_eq (mpz_cmp (results->found[i].covered, results->found[i].states) == 0, i % 3 == 0);
    ck_assert (i % 3 == 0 || mpz_sgn (results->found[i].covered) == 0);
  }
  session_free (session);
}
END_TEST

/* When time is up at each point something was seen, and the number of states covered is that of the answers. */
START_TEST (a_time_for_all_is_shared_by_all_points)
{
  struct time_budget budget = { .seconds = 0.1, .sessions = 1 };
  struct session_config config = plain_config ();

  slow_us = 9000;               /* eleven runs of about thirty */
  config.budget = &budget;
  config.no_reduction = true;   /* each state is a run */
  struct session *session = session_new (&config);
  ck_assert_int_eq (session_run (session), 0);
  const struct results *results = session_results (session);
  uint64_t least = UINT64_MAX, most = 0;
  for (size_t i = 0; i < POINTS; i++) {
    const struct point_result *found = &results->found[i];

    ck_assert (found->done);
    ck_assert_uint_eq (mpz_get_ui (found->covered), found->runs);
    if (mpz_cmp (found->covered, found->states) == 0)
      continue;
    least = found->runs < least ? found->runs : least;
    most = found->runs > most ? found->runs : most;
  }
  ck_assert_uint_lt (results->runs, 20);
  ck_assert_uint_le (most, least + 1);
  session_free (session);
}
END_TEST

/* Alternatives that open half of one each on average come to twice as many. */
START_TEST (what_is_left_is_guessed_from_what_came_of_late)
{
  struct estimate estimate = { 0, 0 };

  ck_assert_double_eq_tol (estimate_of_search (&estimate, 10, 1e9), 10, 1e-9);
  for (unsigned i = 0; i < 1000; i++)
    estimate_note (&estimate, i % 2);
  ck_assert_double_eq_tol (estimate_of_search (&estimate, 10, 1e9), 20, 0.5);
  ck_assert_double_eq_tol (estimate_of_search (&estimate, 10, 7), 7, 1e-9);
  ck_assert_double_eq_tol (estimate_of_search (&estimate, 0, 1e9), 0, 1e-9);
  for (unsigned i = 0; i < 1000; i++)
    estimate_note (&estimate, 3);
  ck_assert_double_gt (estimate_of_search (&estimate, 10, 1e9), 400);
  for (unsigned i = 0; i < 1000; i++)
    estimate_note (&estimate, 0);
  ck_assert_double_eq_tol (estimate_of_search (&estimate, 10, 1e9), 10, 0.5);
}
END_TEST

UNIT_TEST_MAIN_WITH ("chosen-points", setup, teardown, LOOP_OVER (points_are_chosen, choice_cases), samples_are_random,
                     what_is_not_chosen_is_not_covered, a_time_for_all_is_shared_by_all_points,
                     what_is_left_is_guessed_from_what_came_of_late)
