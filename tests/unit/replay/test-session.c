/* SPDX-License-Identifier: BSD-3-Clause */
/* A session with guests that are played: what a run sees is a function of the sectors that it reads.  Sector 1 says
 * whether there is a file system that needs sector 0; where that is empty then, it cannot be mounted.
 */
#include <config.h>

#include <sched.h>
#include <string.h>

#include "common/cleanup.h"
#include "replay/crew.h"
#include "replay/session.h"
#include "tests/unit/message.h"
#include "tests/unit/replay/played-runner.h"

#define SECTORS 8
#define STATES (8 + 4 + 1 + 1)

const struct write_log *history;

/* How guests and their checkers behave, and what they were asked. */
static struct play {
  bool fickle;                  /* what cannot be mounted can be on a fresh boot */
  bool broken;                  /* the checker says nothing */
  bool moody;                   /* no two runs see the same */
  unsigned panics;              /* so many of the runs that cannot mount it, and of the repeated ones, kill the guest */
} play;

static atomic_int processors;   /* that a guest's thread may use */

/* A checker wants what was written after the mark `published`, once it is told that. */
static void
play_checker (struct runner *runner, const char *marks, struct outcome *outcome)
{
  const bool wrong = strstr (marks, "published\n") && strcmp (runner->tree, "ab\n") == 0;

  outcome->check = play.broken ? CHECK_BROKEN : wrong ? CHECK_WRONG : CHECK_RIGHT;
  if (outcome->check != CHECK_RIGHT)
    outcome->check_detail = strdup (play.broken ? "exit 127" : "old contents");
}

/* How many processors the calling thread may use. */
static int
count_processors (void)
{
  cpu_set_t usable;

  return sched_getaffinity (0, sizeof usable, &usable) == 0 ? CPU_COUNT (&usable) : -1;
}

static const struct runner_config runner_config = { .filesystem = "ext4", .mount_options = "", .observe = true };
static struct session_config config;

void
play_run (struct runner *runner, const char *marks, struct outcome *outcome)
{
  char root = play_read (runner, 1), file = root == '.' ? '.' : play_read (runner, 0);

  processors = count_processors ();
  sprintf (runner->tree, "%c%c\n", file, root);
  outcome->behaviour = (uint64_t) (unsigned char) file << 8 | (unsigned char) root;
  if (root != '.' && file == '.' && play.panics > 0) {
    play.panics--;
    outcome->kind = OUTCOME_DIED;
    outcome->detail = strdup ("Kernel panic");
    outcome->repeated = true;
    return;
  }
  if (root != '.' && file == '.' && !(play.fickle && runner->renewed)) {
    outcome->kind = OUTCOME_UNMOUNTABLE;
    outcome->detail = strdup ("mount: EIO");
    return;
  }
  if (play.moody)
    runner->tree[0] = (char) ('A' + runs % 26);
  tree_digest (runner->tree, outcome->digest);
  if (config.runner.check)
    play_checker (runner, marks, outcome);
}

/* Three writes and two more, with a flush after them; at the four crash points 3, 2, none and none of them are pending.
 */
static void
setup (void)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_events (maker, "m:begin w0=a d1 w1=b d3 w2=c d5 f d7 m:published w0=x d10 w1=y d12 f d14 m:commit m:end");
  history = finish_log (maker);
  config = (struct session_config) {
    .log = history, .runner = runner_config, .folder = unit_directory (), .jobs = 1,
    .tear = { TEAR_NONE, LOG_SECTOR }
  };
  play = (struct play) { false };
  runs = boots = 0;
  forget_messages ();
}

static void
teardown (void)
{
  write_log_close ((struct write_log *) history);
}

/* Run a session of `config`, which returns WANTED. */
static struct session *
run_session (int wanted)
{
  struct session *session = session_new (&config);

  ck_assert_ptr_nonnull (session);
  ck_assert_int_eq (session_run (session), wanted);
  return session;
}

/* How many states are covered: all. */
static unsigned long
count_covered (const struct results *results)
{
  unsigned long covered = 0;

  for (size_t i = 0; i < results->points.count; i++) {
    ck_assert (results->found[i].done);
    ck_assert_int_eq (mpz_cmp (results->found[i].covered, results->found[i].states), 0);
    covered += mpz_get_ui (results->found[i].covered);
  }
  return covered;
}

START_TEST (every_state_is_covered_and_what_is_wrong_is_found)
{
  struct session *session = run_session (0);
  const struct results *results = session_results (session);
  const struct finding *finding = results->findings.list;

  ck_assert_uint_eq (count_covered (results), STATES);
  ck_assert_uint_lt (results->runs, STATES);
  ck_assert_uint_gt (results->remembered, 0);
  ck_assert_uint_eq (results->runs + 1, runs);  /* one to confirm the finding */
  ck_assert_uint_eq (results->findings.count, 1);
  ck_assert_int_eq (finding->kind, VIOLATION_UNMOUNTABLE);
  ck_assert_str_eq (finding->detail, "mount: EIO");
  ck_assert_str_eq (finding->state, "7:-1");
  ck_assert_str_eq (finding->after, "begin");
  ck_assert_int_eq (finding->confirmation, FINDING_REPEATED);
  ck_assert_uint_eq (mpz_get_ui (finding->states), 2);
  ck_assert_str_eq (results->release, "played");
  ck_assert_uint_eq (results->mismatches, 0);
  ck_assert (!results->failed);
  session_free (session);
}
END_TEST

/* Whether two replays found the same in as many states. */
static void
assert_same_results (const struct results *a, const struct results *b)
{
  for (size_t i = 0; i < a->points.count; i++) {
    const struct tally *left = &a->found[i].tally, *right = &b->found[i].tally;

    ck_assert_uint_eq (left->count, right->count);
    for (size_t j = 0; j < left->count; j++) {
      ck_assert_str_eq (left->entries[j].seen, right->entries[j].seen);
      ck_assert_int_eq (mpz_cmp (left->entries[j].states, right->entries[j].states), 0);
    }
  }
  ck_assert_uint_eq (a->findings.count, b->findings.count);
  for (size_t i = 0; i < a->findings.count; i++)
    ck_assert_str_eq (a->findings.list[i].state, b->findings.list[i].state);
  ck_assert_uint_eq (a->behaviours, b->behaviours);
}

START_TEST (one_run_for_each_state_and_many_workers_find_the_same)
{
  struct session *guided = run_session (0), *plain, *shared;

  config.no_reduction = true;
  plain = run_session (0);
  config.no_reduction = false;
  config.jobs = 4;
  shared = run_session (0);
  ck_assert_uint_eq (session_results (plain)->runs, STATES);
  ck_assert_uint_eq (session_results (plain)->remembered, 0);
  assert_same_results (session_results (guided), session_results (plain));
  assert_same_results (session_results (guided), session_results (shared));
  session_free (guided);
  session_free (plain);
  session_free (shared);
}
END_TEST

/* Two sessions that a crew works for, of which the first ends so, and the second. */
static void
run_two (struct session **sessions, int first, int second)
{
  struct crew *crew = crew_new (&config);

  for (size_t i = 0; i < 2; i++) {
    sessions[i] = session_new (&config);
    ck_assert_int_eq (session_begin (sessions[i], crew), 0);
  }
  ck_assert_int_eq (session_end (sessions[0]), first);
  ck_assert_int_eq (session_end (sessions[1]), second);
  crew_free (crew);
}

/* One boots at first, and one for each finding, which is held against a fresh boot. */
START_TEST (a_guest_goes_from_one_session_to_the_next)
{
  struct session *sessions[2], *alone = run_session (0);

  boots = 0;
  run_two (sessions, 0, 0);
  ck_assert_uint_eq (boots, 1 + 2);
  for (size_t i = 0; i < 2; i++) {
    assert_same_results (session_results (alone), session_results (sessions[i]));
    session_free (sessions[i]);
  }
  session_free (alone);
}
END_TEST

/* The other guests of these jobs may find nothing left to do. */
START_TEST (guests_that_are_programs_keep_to_a_processor_and_machines_do_not)
{
  static const struct kernel program = { .release = (char *) "7.2-uml" }, machine = { .release = (char *) "7.2" };
  const int all = count_processors ();

  config.jobs = (unsigned) all;
  config.runner.kernel = &program;
  session_free (run_session (0));
  ck_assert_int_eq (processors, 1);
  config.runner.kernel = &machine;
  session_free (run_session (0));
  ck_assert_int_eq (processors, all);
  ck_assert_int_eq (count_processors (), all);
}
END_TEST

/* Nothing is said of the second, as nothing is done for it. */
START_TEST (after_a_session_that_failed_no_other_is_begun)
{
  struct session *sessions[2];

  config.runner.check = "a checker";
  play.broken = true;
  run_two (sessions, -1, -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_uint_eq (session_results (sessions[1])->runs, 0);
  ck_assert (session_results (sessions[1])->failed);
  session_free (sessions[0]);
  session_free (sessions[1]);
}
END_TEST

START_TEST (what_a_fresh_boot_does_not_show_is_no_finding)
{
  play.fickle = true;
  struct session *session = run_session (0);
  const struct results *results = session_results (session);

  ck_assert_uint_eq (results->findings.count, 1);
  ck_assert_int_eq (results->findings.list[0].confirmation, FINDING_UNREPEATED);
  ck_assert_uint_eq (results->mismatches, 1);
  ck_assert_str_eq (message, "state 7:-1: a freshly booted guest does not see it again: unmountable: mount: EIO: "
                    "no number of this replay is to be trusted");
  session_free (session);
}
END_TEST

/* The same sectors were read before the mark. */
START_TEST (a_checker_that_was_told_other_marks_is_asked_again)
{
  config.runner.check = "a checker";
  struct session *session = run_session (0);
  const struct results *results = session_results (session);

  ck_assert_uint_eq (count_covered (results), STATES + 1);     /* just before the mark everything is durable */
  ck_assert_uint_eq (results->findings.count, 2);
  ck_assert_int_eq (results->findings.list[1].kind, VIOLATION_CHECK);
  ck_assert_str_eq (results->findings.list[1].state, "14:-10,-12");
  ck_assert_str_eq (results->findings.list[1].after, "published");
  session_free (session);
}
END_TEST

START_TEST (a_checker_that_says_nothing_ends_the_replay)
{
  config.runner.check = "a checker";
  config.jobs = 2;
  play.broken = true;
  struct session *session = run_session (-1);

  ck_assert (session_results (session)->failed);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_ptr_nonnull (strstr (message, "the checker says neither 0 (right) nor 1 (wrong): exit 127"));
  session_free (session);
}
END_TEST

START_TEST (what_is_remembered_is_held_against_runs)
{
  config.audit_percent = 100;
  struct session *session = run_session (0);
  const struct results *results = session_results (session);

  ck_assert_uint_gt (results->audited, 0);
  ck_assert_uint_eq (results->audited, results->remembered);
  ck_assert_uint_eq (results->mismatches, 0);
  session_free (session);
  play.moody = true;
  session = run_session (0);
  ck_assert_uint_gt (session_results (session)->mismatches, 0);
  ck_assert_ptr_nonnull (strstr (message, "recovery depends on more than what it reads"));
  session_free (session);
}
END_TEST

/* Who listens. */
struct told {
  unsigned long states;
  unsigned answers, wrong, left;
};

static int
listen_to (void *listener, const struct told_answer *answer)
{
  struct told *told = listener;

  told->states += mpz_get_ui (answer->states);
  told->answers++;
  told->wrong += answer->kind == VIOLATION_UNMOUNTABLE && strcmp (answer->state, "7:-1") == 0;
  return --told->left == 0 ? -1 : 0;
}

START_TEST (who_listens_is_told_every_answer)
{
  struct told told = { .left = 100 };

  config.listen = listen_to;
  config.listener = &told;
  struct session *session = run_session (0);
  ck_assert_uint_eq (told.states, STATES);
  ck_assert_uint_eq (told.answers, session_results (session)->runs + session_results (session)->remembered);
  ck_assert_uint_eq (told.wrong, 1);
  session_free (session);
  told = (struct told) { .left = 1 };
  session = run_session (-1);
  ck_assert_uint_eq (told.answers, 1);
  session_free (session);
}
END_TEST

/* A guest that died twice died, whatever a third one does. */
START_TEST (a_panic_by_luck_is_a_finding_without_a_smallest_state)
{
  config.minimize = true;
  play.panics = 1;
  struct session *session = run_session (0);
  const struct results *results = session_results (session);

  ck_assert_uint_eq (results->findings.count, 1);
  ck_assert_int_eq (results->findings.list[0].kind, VIOLATION_KERNEL);
  ck_assert_int_eq (results->findings.list[0].confirmation, FINDING_REPEATED);
  ck_assert_ptr_null (results->findings.list[0].minimal);
  ck_assert_uint_eq (results->mismatches, 0);
  ck_assert_str_eq (message, "state 7:-1: kernel, not each time: it has no smallest state");
  session_free (session);
}
END_TEST

START_TEST (the_smallest_state_of_a_finding_is_found)
{
  config.minimize = true;
  struct session *session = run_session (0);
  const struct minimal *minimal = session_results (session)->findings.list[0].minimal;

  ck_assert_ptr_nonnull (minimal);
  ck_assert_str_eq (minimal->state, "7:-1");
  ck_assert_uint_eq (minimal->count, 1);
  session_free (session);
}
END_TEST

START_TEST (one_state_is_seen_and_made_smaller)
{
  const struct choice choices[] = { choice_whole (0, CHOICE_ABSENT), choice_whole (2, CHOICE_ABSENT) };
  struct session *session = session_new (&config);
  struct seen_state seen;
  struct minimal *minimal;
  CLEANUP_FREE char *detail = NULL;

  ck_assert_int_eq (session_see_state (session, 7, choices, 2, &seen), 0);
  ck_assert_int_eq (seen.verdict.kind, VIOLATION_UNMOUNTABLE);
  ck_assert_uint_eq (seen.pending_count, 3);
  ck_assert_uint_eq (seen.device.reads, 2);
  ck_assert_ptr_null (seen.tree);
  ck_assert_int_eq (session_minimize_state (session, &seen, &minimal, &detail), 0);
  ck_assert_str_eq (minimal->state, "7:-1");
  ck_assert_str_eq (detail, "mount: EIO");
  minimal_free (minimal);
  seen_state_free (&seen);
  ck_assert_int_eq (session_see_state (session, 7, choices + 1, 1, &seen), 0);
  ck_assert_int_eq (seen.verdict.kind, VIOLATION_NONE);
  ck_assert_str_eq (seen.tree, "ab\n");
  seen_state_free (&seen);
  ck_assert_uint_eq (boots, 1);
  session_free (session);
}
END_TEST

UNIT_TEST_MAIN_WITH ("session", setup, teardown, every_state_is_covered_and_what_is_wrong_is_found,
                     one_run_for_each_state_and_many_workers_find_the_same,
                     a_guest_goes_from_one_session_to_the_next,
                     guests_that_are_programs_keep_to_a_processor_and_machines_do_not,
                     after_a_session_that_failed_no_other_is_begun,
                     what_a_fresh_boot_does_not_show_is_no_finding,
                     a_checker_that_was_told_other_marks_is_asked_again, a_checker_that_says_nothing_ends_the_replay,
                     what_is_remembered_is_held_against_runs, who_listens_is_told_every_answer,
                     a_panic_by_luck_is_a_finding_without_a_smallest_state,
                     the_smallest_state_of_a_finding_is_found, one_state_is_seen_and_made_smaller)
