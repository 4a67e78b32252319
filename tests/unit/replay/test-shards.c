/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions with guests that are played, which share a log and know nothing of one another: put together, they have
 * found what one alone finds.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "replay/ledger.h"
#include "replay/session.h"
#include "replay/shares.h"
#include "tests/unit/message.h"
#include "tests/unit/replay/played-runner.h"
#include "tests/unit/work.h"

#define SECTORS 12
#define READS 6
#define SHARDS_TRIED 16

const struct write_log *history;
static struct session_config config;
static char paths[SHARDS_TRIED][16];

/* What is read decides what is read next; an `a` that comes first and no other after it is a broken file system. */
void
play_run (struct runner *runner, const char *marks, struct outcome *outcome)
{
  uint32_t sector = 0;

  (void) marks;
  outcome->behaviour = 1;
  for (unsigned i = 0; i < READS; i++) {
    const char letter = play_read (runner, sector);

    runner->tree[i] = letter;
    outcome->behaviour = outcome->behaviour * 251 + (unsigned char) letter;
    sector = (sector + 1 + (unsigned) letter % 3) % SECTORS;
  }
  strcpy (runner->tree + READS, "\n");
  if (runner->tree[0] == 'a' && strchr (runner->tree + 1, 'a') == NULL) {
    outcome->kind = OUTCOME_UNMOUNTABLE;
    outcome->detail = strdup ("mount: EIO");
    return;
  }
  tree_digest (runner->tree, outcome->digest);
}

static void
setup (void)
{
  enter_work ();
  config = (struct session_config) {
    .folder = ".", .jobs = 1, .tear = { TEAR_ANY, LOG_SECTOR },
    .runner = { .filesystem = "ext4", .mount_options = "", .observe = true }
  };
  for (unsigned i = 0; i < SHARDS_TRIED; i++)
    snprintf (paths[i], sizeof paths[i], "shard-%u", i);
  forget_messages ();
}

/* A session with LEDGER, which is closed then. */
static struct session *
run_session (struct ledger *ledger)
{
  config.log = history;
  config.ledger = ledger;
  struct session *session = session_new (&config);

  ck_assert_ptr_nonnull (session);
  ck_assert_int_eq (session_run (session), 0);
  return session;
}

static void
end_session (struct session *session, struct ledger *ledger)
{
  session_free (session);
  ck_assert_int_eq (ledger_close (ledger), 0);
}

/* What COUNT shards cover, each alone, is added to COVERED of each crash point. */
static void
run_shards (unsigned count, mpz_t *covered)
{
  for (unsigned i = 0; i < count; i++) {
    struct ledger *ledger = ledger_open (paths[i]);

    config.share = (struct share) { i + 1, count };
    struct session *session = run_session (ledger);
    const struct results *results = session_results (session);
    for (size_t point = 0; point < results->points.count; point++) {
      ck_assert_int_eq (mpz_cmp (results->found[point].covered, results->found[point].states), 0);
      mpz_add (covered[point], covered[point], results->found[point].covered);
    }
    end_session (session, ledger);
  }
}

/* The shards that are in the files, but for number LEFT_OUT. */
static struct session *
join_shards (unsigned count, unsigned left_out, struct ledger **ledger)
{
  const char *list[SHARDS_TRIED];
  size_t listed = 0;

  for (unsigned i = 0; i < count; i++)
    if (i != left_out)
      list[listed++] = paths[i];
  *ledger = ledger_join (list, listed);
  config.share = (struct share) { 0, count };
  config.joined = true;
  runs = boots = 0;
  struct session *session = run_session (*ledger);
  config.joined = false;
  config.share = (struct share) { 0, 0 };
  ck_assert_uint_eq (runs, 0);
  ck_assert_uint_eq (boots, 0);
  return session;
}

static void
assert_same (const struct results *a, const struct results *b)
{
  for (size_t i = 0; i < a->points.count; i++) {
    const struct tally *left = &a->found[i].tally, *right = &b->found[i].tally;

    ck_assert_int_eq (mpz_cmp (b->found[i].covered, b->found[i].states), 0);
    ck_assert_uint_eq (left->count, right->count);
    for (size_t j = 0; j < left->count; j++) {
      ck_assert_str_eq (left->entries[j].seen, right->entries[j].seen);
      ck_assert_int_eq (mpz_cmp (left->entries[j].states, right->entries[j].states), 0);
    }
  }
  ck_assert_uint_eq (a->findings.count, b->findings.count);
  for (size_t i = 0; i < a->findings.count; i++) {
    ck_assert_str_eq (a->findings.list[i].state, b->findings.list[i].state);
    ck_assert_int_eq (a->findings.list[i].confirmation, b->findings.list[i].confirmation);
    ck_assert_int_eq (mpz_cmp (a->findings.list[i].states, b->findings.list[i].states), 0);
  }
  ck_assert_uint_eq (a->behaviours, b->behaviours);
  ck_assert_uint_eq (a->runs, b->runs);
}

/* Share the log among COUNT, and hold what they found together against PLAIN. */
static void
try_shards (unsigned count, const struct results *plain)
{
  const size_t points = plain->points.count;
  CLEANUP_FREE mpz_t *covered = calloc (points + 1, sizeof *covered);
  struct ledger *ledger;

  for (size_t i = 0; i < points; i++)
    mpz_init (covered[i]);
  run_shards (count, covered);
  for (size_t i = 0; i < points; i++) {
    ck_assert_int_eq (mpz_cmp (covered[i], plain->found[i].states), 0);
    mpz_clear (covered[i]);
  }
  struct session *joined = join_shards (count, count, &ledger);
  ck_assert_int_eq (results_check_joined (session_results (joined), false), 0);
  assert_same (plain, session_results (joined));
  end_session (joined, ledger);
}

/* Without one of COUNT shards that has runs of its own, something is unknown, and that is said. */
static unsigned
try_missing (unsigned count)
{
  unsigned said = 0;

  for (unsigned left_out = 0; left_out < count; left_out++) {
    struct ledger *ledger;
    struct session *joined = join_shards (count, left_out, &ledger);
    const struct results *results = session_results (joined);

    forget_messages ();
    const int r = results_check_joined (results, false);
    ck_assert_int_eq (r, results->unknown > 0 ? -1 : 0);
    ck_assert_uint_eq (message_count, r == -1);
    ck_assert_int_eq (results_check_joined (results, true), 0);
    said += r == -1;
    end_session (joined, ledger);
  }
  return said;
}

static void
forget_files (void)
{
  for (unsigned i = 0; i < SHARDS_TRIED; i++)
    unlink (paths[i]);
}

/* Few crash points, one alone, and many; with tearing of each kind and without reduction of orders. */
START_TEST (shards_find_what_one_finds)
{
  static const struct log_shape shapes[] = {
    { .devices = 1, .sectors = SECTORS, .length = 3, .letters = 4, .writes = 9, .marks = true },
    { .devices = 1, .sectors = SECTORS, .length = 1, .letters = 5, .writes = 14, .marks = true },
  };
  static const unsigned counts[] = { 1, 2, 4, 16 };
  static const enum tear_mode modes[] = { TEAR_NONE, TEAR_PREFIX, TEAR_ANY };
  unsigned findings = 0, missed = 0;

  for (unsigned round = 0; round < unit_rounds (24); round++) {
    struct dice dice = { round };

    history = make_random_log (&dice, &shapes[round % 2]);
    config.tear.mode = modes[round % 3];
    config.minimize = round % 4 == 0;
    struct session *plain = run_session (NULL);
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
      try_shards (counts[i], session_results (plain));
      missed += counts[i] == 4 ? try_missing (4) : 0;
      forget_files ();
    }
    findings += (unsigned) session_results (plain)->findings.count;
    session_free (plain);
    write_log_close ((struct write_log *) history);
  }
  ck_assert_uint_gt (missed, 0);
  ck_assert (unit_rounds (24) < 24 || findings > 0);
}
END_TEST

/* Each part of each crash point is one shard's, and no shard has all. */
START_TEST (every_part_is_somebodys)
{
  for (unsigned count = 1; count <= 40; count++)
    for (size_t points = 1; points <= 60; points += 7) {
      const unsigned parts = share_parts (&(struct share) { 1, count }, points);
      unsigned most = 0, all = 0;

      ck_assert (parts >= 1 && parts <= count);
      for (unsigned number = 1; number <= count; number++) {
        const struct share share = { number, count };
        unsigned own = 0;

        for (size_t point = 0; point < points; point++)
          own += share_part (&share, point, parts) >= 0;
        most = own > most ? own : most;
        all += own;
      }
      ck_assert_uint_eq (all, points * parts);
      ck_assert_uint_le (most, all / count + 1);
      for (size_t point = 0; point < points; point++) {
        unsigned seen = 0;

        for (unsigned number = 1; number <= count; number++) {
          const int part = share_part (&(struct share) { number, count }, point, parts);

          seen += part >= 0 ? 1u + (unsigned) part : 0;
        }
        ck_assert_uint_eq (seen, parts * (parts + 1) / 2);
      }
    }
}
END_TEST

START_TEST (a_share_is_parsed_strictly)
{
  static const char *const bad[] = { "", "1", "0/4", "5/4", "1/0", "/4", "1/", "1/4/4", "-1/4", "1/5000", " 1/4" };
  struct share share;

  ck_assert_int_eq (share_parse ("3/4", &share), 0);
  ck_assert (share.number == 3 && share.count == 4);
  ck_assert_int_eq (share_parse (NULL, &share), 0);
  ck_assert_uint_eq (share.count, 0);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_int_eq (share_parse (bad[i], &share), -1);
  ck_assert_uint_eq (message_count, sizeof bad / sizeof bad[0]);
}
END_TEST

UNIT_TEST_MAIN_WITH ("shards", setup, leave_work, shards_find_what_one_finds, every_part_is_somebodys,
                     a_share_is_parsed_strictly)
