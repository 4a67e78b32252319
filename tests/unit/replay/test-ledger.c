/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because each way in which a file may be broken off, or broken, is a test of its own. */
/* A session with guests that are played, which is broken off and begun again with what its ledger has. */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/journal.h"
#include "common/text.h"
#include "replay/ledger-fields.h"
#include "replay/ledger.h"
#include "replay/search/read-sets.h"
#include "replay/session.h"
#include "tests/unit/message.h"
#include "tests/unit/replay/played-runner.h"
#include "tests/unit/work.h"

#define SECTORS 8
#define FILE_NAME "ledger"
#define TITLE "powercut replay 2"
#define RECORDS_MAX 256

const struct write_log *history;
static struct session_config config;
static bool fickle;             /* what cannot be mounted can be on a fresh boot */
static const char *noted;       /* what the ledger is told of the replay, or NULL: nothing */

/* What is read decides what is read next; with an `x` in sector 0 and none in sector 1 there is no file system. */
void
play_run (struct runner *runner, const char *marks, struct outcome *outcome)
{
  uint32_t sector = 0;

  (void) marks;
  outcome->behaviour = 1;
  for (unsigned i = 0; i < 4; i++) {
    const char letter = play_read (runner, sector);

    runner->tree[i] = letter;
    outcome->behaviour = outcome->behaviour * 251 + (unsigned char) letter;
    sector = (sector + 1 + (unsigned) letter % 3) % SECTORS;
  }
  strcpy (runner->tree + 4, "\n");
  if (runner->tree[0] == 'x' && runner->tree[1] != 'x' && !(fickle && runner->renewed)) {
    outcome->kind = OUTCOME_UNMOUNTABLE;
    outcome->detail = strdup ("mount: EIO");
    return;
  }
  tree_digest (runner->tree, outcome->digest);
}

static void
make_history (const char *events)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_events (maker, events);
  history = finish_log (maker);
  config.log = history;
}

#define EVENTS "m:begin w0=a d1 w1=b d3 w2=c d5 w3=x d7 w0=x d9 f d11 m:more w1=x d14 w4=y d16 w2=x d18 w5=q " \
  "d20 f d22 m:commit w6=z d25 m:end"

static void
setup (void)
{
  static const struct runner_config runner = { .filesystem = "ext4", .mount_options = "", .observe = true };

  enter_work ();
  config = (struct session_config) {
    .runner = runner, .folder = ".", .jobs = 1, .tear = { TEAR_NONE, LOG_SECTOR }
  };
  make_history (EVENTS);
  fickle = false;
  noted = NULL;
  runs = boots = 0;
  forget_messages ();
}

static void
teardown (void)
{
  write_log_close ((struct write_log *) history);
  leave_work ();
}

/* A session with the ledger in the file, or without one. */
static struct session *
run_session (bool with_ledger)
{
  struct ledger *ledger = with_ledger ? ledger_open (FILE_NAME) : NULL;

  ck_assert (!with_ledger || ledger);
  ck_assert (!with_ledger || !noted || ledger_begin_replay (ledger, noted) == 0);
  config.ledger = ledger;
  runs = boots = 0;
  struct session *session = session_new (&config);
  ck_assert_ptr_nonnull (session);
  ck_assert_int_eq (session_run (session), 0);
  return session;
}

/* The end of it, and what the file has is on the disk. */
static void
end_session (struct session *session)
{
  struct ledger *ledger = config.ledger;

  ck_assert (!noted || ledger_end_replay (ledger, noted) == 0);
  session_free (session);
  ck_assert_int_eq (ledger_close (ledger), 0);
}

/* Whether two replays found the same, by as many runs. */
static void
assert_same (const struct session *one, const struct session *other)
{
  const struct results *a = session_results (one), *b = session_results (other);

  for (size_t i = 0; i < a->points.count; i++) {
    const struct tally *left = &a->found[i].tally, *right = &b->found[i].tally;

    ck_assert_int_eq (mpz_cmp (a->found[i].covered, a->found[i].states), 0);
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
  ck_assert_uint_eq (a->remembered, b->remembered);
  ck_assert_uint_eq (a->mismatches, b->mismatches);
}

START_TEST (all_is_found_again_without_a_run)
{
  struct session *plain = run_session (false), *first = run_session (true);

  ck_assert_uint_gt (runs, 8);
  ck_assert_uint_eq (session_results (plain)->findings.count, 2);
  assert_same (plain, first);
  end_session (first);
  struct session *second = run_session (true);
  ck_assert_uint_eq (runs, 0);
  ck_assert_uint_eq (boots, 0);
  ck_assert_str_eq (session_results (second)->release, "played");
  assert_same (plain, second);
  end_session (second);
  session_free (plain);
}
END_TEST

/* The records of the file: where each ends, and how many runs, searched for or to confirm, are told of until there. */
static struct layout {
  size_t count;
  off_t ends[RECORDS_MAX];
  unsigned runs[RECORDS_MAX];
} layout;

static int
note_record (void *context, const struct journal_record *record)
{
  const size_t last = layout.count - 1;

  (void) context;
  ck_assert_uint_lt (layout.count, RECORDS_MAX);
  layout.ends[layout.count] = layout.ends[last] + (off_t) (sizeof (struct journal_head) + record->count);
  layout.runs[layout.count] = layout.runs[last] + (record->kind == 5 || record->kind == 7);
  layout.count++;
  return 0;
}

static void
read_layout (void)
{
  struct journal_file *journal = journal_look (FILE_NAME, TITLE);

  layout = (struct layout) { .count = 1, .ends = { JOURNAL_TITLE_BYTES } };
  ck_assert_int_eq (journal_walk (journal, note_record, NULL), 0);
  journal_close (journal);
}

/* After a kill at any instant, be it the last, no run whose record is whole is made again, and every other one is;
 * nothing is noted twice.
 */
START_TEST (what_was_killed_at_any_instant_is_gone_on_with)
{
  struct session *plain = run_session (false);
  const unsigned all = runs;

  noted = "a replay";
  end_session (run_session (true));
  read_layout ();
  const size_t count = layout.count;
  ck_assert_uint_eq (layout.runs[count - 1], all);
  for (size_t i = 0; i < count; i++)
    for (off_t more = 0; more < 2; more++) {
      ck_assert_int_eq (truncate (FILE_NAME, layout.ends[i] + (i + 1 < count ? more * 9 : 0)), 0);
      struct session *session = run_session (true);
      assert_same (plain, session);
      ck_assert_uint_eq (runs + layout.runs[i], all);
      end_session (session);
      read_layout ();
      ck_assert_uint_eq (layout.count, count);
    }
  config.jobs = 3;
  ck_assert_int_eq (truncate (FILE_NAME, layout.ends[count / 2]), 0);
  struct session *shared = run_session (true);
  ck_assert_uint_eq (session_results (shared)->findings.count, 2);
  end_session (shared);
  session_free (plain);
}
END_TEST

/* With other bounds, what runs saw holds, too; with another log it does not. */
START_TEST (what_it_holds_is_used_where_it_holds)
{
  config.limit = 2;
  end_session (run_session (true));
  const unsigned some = runs;
  config.limit = 0;
  end_session (run_session (true));
  const unsigned rest = runs;
  end_session (run_session (false));
  ck_assert_uint_gt (some, 0);
  ck_assert_uint_eq (some + rest, runs);
  config.runner.mount_options = "ro";
  end_session (run_session (true));
  ck_assert_uint_eq (some + rest, runs);
  config.runner.mount_options = "";
  write_log_close ((struct write_log *) history);
  make_history ("m:begin w0=a d1 w1=b d3 f d5 m:commit m:end");
  end_session (run_session (true));
  ck_assert_uint_gt (runs, 0);
  end_session (run_session (true));
  ck_assert_uint_eq (runs, 0);
}
END_TEST

/* Whether a record of the file, one that tells what a part is, has CONTEXT in it. */
static int
find_in_part (void *context, const struct journal_record *record)
{
  const char *text = *(const char **) context;

  if (text && record->kind == 1 && memmem (record->bytes, record->count, text, strlen (text)))
    *(const char **) context = NULL;
  return 0;
}

/* Another version may make another answer of what the guest says. */
START_TEST (it_is_of_this_version)
{
  const char *version = PACKAGE_VERSION;

  end_session (run_session (true));
  struct journal_file *journal = journal_look (FILE_NAME, TITLE);
  ck_assert_int_eq (journal_walk (journal, find_in_part, &version), 0);
  journal_close (journal);
  ck_assert_ptr_null (version);
}
END_TEST

/* LOG as it was when there were only the first COUNT events of it. */
static struct write_log *
open_beginning (const struct write_log *log, uint32_t count)
{
  struct log_cursor cursor;
  struct log_event event;

  log_cursor_begin (&cursor, log);
  for (uint32_t i = 0; i < count; i++)
    ck_assert (log_cursor_next (&cursor, &event));
  FILE *file = fopen ("beginning", "w");
  ck_assert_uint_eq (fwrite (log->map, 1, cursor.file_offset, file), cursor.file_offset);
  ck_assert_int_eq (fclose (file), 0);
  struct write_log *beginning = write_log_open ("beginning");
  ck_assert_ptr_nonnull (beginning);
  return beginning;
}

/* However little of the log there was, what runs saw then is true of the whole: in the end none is made again. */
START_TEST (what_is_learnt_while_the_log_grows_holds_for_the_whole)
{
  struct session *plain = run_session (false);
  const struct write_log *whole = history;
  const unsigned all = runs;
  unsigned live = 0;

  config.by_header = config.growing = true;
  for (uint32_t count = 1; count < whole->event_count; count++) {
    config.log = history = open_beginning (whole, count);
    end_session (run_session (true));
    live += runs;
    write_log_close ((struct write_log *) history);
  }
  ck_assert_uint_gt (live, all / 2);
  config.log = history = whole;
  config.growing = false;
  struct session *last = run_session (true);
  assert_same (plain, last);
  ck_assert_uint_eq (live + runs, all);
  end_session (last);
  session_free (plain);
}
END_TEST

START_TEST (that_no_number_is_to_be_trusted_is_not_forgotten)
{
  fickle = true;
  struct session *first = run_session (true);

  ck_assert_uint_eq (session_results (first)->mismatches, 2);
  end_session (first);
  struct session *second = run_session (true);
  ck_assert_uint_eq (runs, 0);
  ck_assert_uint_eq (session_results (second)->mismatches, 2);
  ck_assert_int_eq (session_results (second)->findings.list[0].confirmation, FINDING_UNREPEATED);
  end_session (second);
}
END_TEST

/* A record in the making of a file in which it has other bytes. */
struct forgery {
  struct journal_file *to;
  size_t number, at;            /* of the record that is another, and which of its bytes */
  bool cut;                     /* they end there; else that one is another */
  bool done;
};

static int
forge (void *context, const struct journal_record *record)
{
  struct forgery *forgery = context;
  CLEANUP_FREE char *bytes = malloc (record->count + 1);
  size_t count = record->count;

  memcpy (bytes, record->bytes, count);
  if (forgery->number-- == 0) {
    forgery->done = forgery->at < count;
    if (forgery->done && forgery->cut)
      count = forgery->at;
    else if (forgery->done)
      bytes[forgery->at] ^= (char) 0xa5;
  }
  return journal_add (forgery->to, record->kind, record->key, bytes, count);
}

/* Whatever stands there is refused in one line, or is another answer that could be; nothing is read beyond it. */
START_TEST (what_makes_no_sense_is_refused)
{
  unsigned refused = 0;

  end_session (run_session (true));
  read_layout ();
  struct journal_file *from = journal_look (FILE_NAME, TITLE);
  for (size_t number = 1; number + 1 < layout.count; number++)
    for (size_t at = 0, step = 0; step < 40; at += 1 + at / 8, step++) {
      struct forgery forgery = {
        .to = journal_open ("forged", TITLE), .number = number, .at = at, .cut = step % 2
      };

      ck_assert_int_eq (journal_walk (from, forge, &forgery), 0);
      journal_close (forgery.to);
      struct ledger *ledger = ledger_open ("forged");
      forget_messages ();
      config.ledger = ledger;
      struct session *session = session_new (&config);
      refused += session == NULL;
      ck_assert_uint_eq (message_count, session == NULL);
      if (session)
        session_run (session);  /* what others would have read is looked for: it may be an answer, or none */
      session_free (session);
      ledger_close (ledger);
      unlink ("forged");
    }
  journal_close (from);
  ck_assert_uint_gt (refused, 100);
}
END_TEST

static int
take_key (void *key, const struct journal_record *record)
{
  *(uint64_t *) key = record->key;
  return 0;
}

/* Add to the file a run that read what STEP says and saw OUTCOME, and begin with it: whether it is refused. */
static bool
is_refused (const struct read_step *step, const struct outcome *outcome)
{
  struct journal_file *journal = journal_open (FILE_NAME, TITLE);
  struct text_stream record;
  uint64_t key = 0;

  ck_assert_int_eq (journal_walk (journal, take_key, &key), 0);
  ck_assert (text_begin (&record));
  fields_put_number (record.file, 0);
  fields_put_number (record.file, 0);
  fields_put_bytes (record.file, step, sizeof *step);
  fields_put_outcome (record.file, outcome);
  fields_put_number (record.file, false);
  CLEANUP_FREE char *bytes = text_end (&record);
  ck_assert_int_eq (journal_add (journal, 5, key, bytes, record.length), 0);
  journal_close (journal);
  struct ledger *ledger = ledger_open (FILE_NAME);
  config.ledger = ledger;
  struct session *session = session_new (&config);
  const bool refused = session == NULL;
  session_free (session);
  ledger_close (ledger);
  unlink (FILE_NAME);
  end_session (run_session (true));
  return refused;
}

/* What no device of the log has is not looked for, and what is wrong is said. */
START_TEST (a_run_that_cannot_be_is_refused)
{
  static const struct read_step possible = { .device = 0, .block = 0, .sectors = 0x80 };
  static const struct read_step impossible[] = {
    { .device = 1, .sectors = 1 }, { .device = 64, .sectors = 1 }, { .device = UINT32_MAX, .sectors = 1 },
    { .block = 1, .sectors = 1 }, { .block = UINT64_MAX, .sectors = 1 }, { .sectors = 0 }, { .sectors = 0x100 },
  };
  const struct outcome hung = { .kind = OUTCOME_HUNG, .detail = (char *) "no answer" };
  struct outcome checked = hung;

  end_session (run_session (true));
  ck_assert (!is_refused (&possible, &hung));
  for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
    ck_assert (is_refused (&impossible[i], &hung));
  ck_assert (is_refused (&possible, &(struct outcome) { .kind = OUTCOME_HUNG }));
  checked.check = CHECK_WRONG;
  ck_assert (is_refused (&possible, &checked));
  checked.check_detail = (char *) "one is missing";
  ck_assert (!is_refused (&possible, &checked));
}
END_TEST

UNIT_TEST_MAIN_WITH ("ledger", setup, teardown, all_is_found_again_without_a_run,
                     what_was_killed_at_any_instant_is_gone_on_with, what_it_holds_is_used_where_it_holds,
                     it_is_of_this_version, what_is_learnt_while_the_log_grows_holds_for_the_whole,
                     that_no_number_is_to_be_trusted_is_not_forgotten, what_makes_no_sense_is_refused,
                     a_run_that_cannot_be_is_refused)
