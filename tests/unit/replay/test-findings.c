/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "replay/findings.h"
#include "replay/tally.h"
#include "tests/unit/make-log.h"
#include "tests/unit/unit.h"

static struct findings findings;
static struct tally tally;

static const struct finding torn = {
  .kind = VIOLATION_ATOMICITY, .detail = "file: 10 bytes 3611dc87...", .after = "begin", .place = "0000000043 +-",
    .state = "43:-29",
  .atomic = false, .durable = true
};

/* Enter a finding that stands for STATES states; what it has is copied. */
static void
enter (struct finding finding, unsigned long states)
{
  char texts[4][64];

  snprintf (texts[0], sizeof texts[0], "%s", finding.detail);
  snprintf (texts[1], sizeof texts[1], "%s", finding.after);
  snprintf (texts[2], sizeof texts[2], "%s", finding.state);
  snprintf (texts[3], sizeof texts[3], "%s", finding.place);
  finding.detail = texts[0];
  finding.after = texts[1];
  finding.state = texts[2];
  finding.place = texts[3];
  mpz_init_set_ui (finding.states, states);
  ck_assert_int_eq (findings_add (&findings, &finding), 0);
  mpz_clear (finding.states);
  memset (texts, '!', sizeof texts);
}

/* `torn` with another detail. */
static struct finding
with_detail (const char *detail)
{
  struct finding finding = torn;

  finding.detail = (char *) detail;
  return finding;
}

static void
assert_states (const mpz_t states, unsigned long wanted)
{
  ck_assert_int_eq (mpz_cmp_ui (states, wanted), 0);
}

START_TEST (details_that_differ_in_numbers_and_hashes_are_joined)
{
  enter (torn, 5);
  enter (with_detail ("file: 4096 bytes d7c83c67..."), 7);
  enter (with_detail ("file: 0 bytes 00000000..."), 1);
  enter (with_detail ("file: 1 byte abcdefab..."), 1);
  enter (with_detail ("file: \"a \\\"b\\\" 1\\n\""), 2);
  enter (with_detail ("file: \"\\\\\""), 3);
  ck_assert_uint_eq (findings.count, 1);
  assert_states (findings.list[0].states, 19);
  enter (with_detail ("file: \"no end"), 3);
  ck_assert_uint_eq (findings.count, 2);
  findings_free (&findings);
}
END_TEST

START_TEST (the_first_state_by_place_is_kept)
{
  struct finding later = torn, first = torn;

  enter (torn, 5);
  later.place = (char *) "0000000043 -+";
  later.state = (char *) "43:-31";
  later.durable = false;
  later.confirmation = FINDING_REPEATED;
  enter (later, 7);
  ck_assert_str_eq (findings.list[0].state, "43:-29");
  ck_assert_int_eq (findings.list[0].confirmation, FINDING_UNCONFIRMED);

  first.place = (char *) "0000000043 ++";
  first.state = (char *) "43:+29";
  first.detail = (char *) "file: 8 bytes 12345678...";
  first.atomic = true;
  first.outcome = (struct outcome) { .kind = OUTCOME_TREE, .digest = "0123" };
  enter (first, 1);
  ck_assert_uint_eq (findings.count, 1);
  ck_assert_str_eq (findings.list[0].state, "43:+29");
  ck_assert_str_eq (findings.list[0].place, "0000000043 ++");
  ck_assert_str_eq (findings.list[0].detail, "file: 8 bytes 12345678...");
  ck_assert_str_eq (findings.list[0].outcome.digest, "0123");
  assert_states (findings.list[0].states, 13);
  ck_assert (!findings.list[0].atomic);
  ck_assert (!findings.list[0].durable);
  findings_free (&findings);
}
END_TEST

/* Each is alike to `torn` but in one thing. */
START_TEST (what_differs_otherwise_is_not_joined)
{
  struct finding kind = torn, after = torn, unrepeated = torn;

  kind.kind = VIOLATION_DURABILITY;
  after.after = (char *) "commit";
  unrepeated.confirmation = FINDING_UNREPEATED;
  enter (torn, 1);
  enter (kind, 1);
  enter (after, 1);
  enter (unrepeated, 1);
  enter (with_detail ("other: 10 bytes 3611dc87..."), 1);
  enter (with_detail ("file: 10 bytes 3611dc87"), 1);   /* no hash: it is not cut short */
  enter (with_detail ("file: 10 bytes"), 1);
  enter (with_detail (""), 1);
  ck_assert_uint_eq (findings.count, 8);
  enter (unrepeated, 4);
  enter (after, 6);
  ck_assert_uint_eq (findings.count, 8);
  assert_states (findings.list[0].states, 1);
  assert_states (findings.list[2].states, 7);
  assert_states (findings.list[3].states, 5);
  findings_free (&findings);
}
END_TEST

START_TEST (findings_are_sorted_by_place_then_kind)
{
  static const char *const places[] = { "0000000100 +", "0000000043 -", "0000000043 +-", "0000000043 ++" };
  struct finding finding = torn;

  findings_sort (&findings);    /* none */
  finding.kind = VIOLATION_DURABILITY;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    finding.place = (char *) places[i];
    finding.after = (char *) places[i];
    enter (finding, 1);
  }
  finding.kind = VIOLATION_ATOMICITY;
  enter (finding, 1);
  findings_sort (&findings);
  ck_assert_uint_eq (findings.count, 5);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
    ck_assert_str_eq (findings.list[4 - i].place, places[i]);
  ck_assert_int_eq (findings.list[0].kind, VIOLATION_ATOMICITY);
  findings_free (&findings);
}
END_TEST

static void
count (const struct outcome *outcome, unsigned long number)
{
  mpz_t states;

  mpz_init_set_ui (states, number);
  ck_assert_int_eq (tally_add (&tally, outcome, states), 0);
  mpz_clear (states);
}

START_TEST (a_tally_is_sorted_and_summed_and_keeps_faults_apart)
{
  static const struct {
    const char *seen;
    unsigned long states;
  } wanted[] = {
    { "died Kernel panic", 1 }, { "hung ", 2 }, { "tree 0a", 44 }, { "tree 0a; kernel: BUG", 8 }, { "tree 0b", 16 },
    { "unmountable mount: EIO", 65 }
  };
  const struct outcome a = { .kind = OUTCOME_TREE, .digest = "0a" }, b = { .kind = OUTCOME_TREE, .digest = "0b" };
  const struct outcome fault = { .kind = OUTCOME_TREE, .digest = "0a", .fault = (char *) "BUG" };
  const struct outcome died = { .kind = OUTCOME_DIED, .detail = (char *) "Kernel panic" },
    hung = { .kind = OUTCOME_HUNG };
  const struct outcome unmountable = { .kind = OUTCOME_UNMOUNTABLE, .detail = (char *) "mount: EIO" };

  count (&unmountable, 64);
  count (&b, 16);
  count (&a, 32);
  count (&fault, 8);
  count (&a, 4);
  count (&hung, 2);
  count (&died, 1);
  count (&unmountable, 1);
  count (&a, 8);
  ck_assert_uint_eq (tally.count, sizeof wanted / sizeof wanted[0]);
  for (size_t i = 0; i < tally.count; i++) {
    ck_assert_str_eq (tally.entries[i].seen, wanted[i].seen);
    assert_states (tally.entries[i].states, wanted[i].states);
  }
  tally_free (&tally);
  ck_assert_uint_eq (tally.count, 0);
}
END_TEST

/* Blame a state of an outcome that `tally` has counted. */
static void
blame (const struct outcome *outcome, enum violation kind, const char *state, const char *place)
{
  struct finding finding = torn;

  finding.kind = kind;
  finding.outcome = *outcome;
  finding.state = (char *) state;
  finding.place = (char *) place;
  ck_assert_int_eq (tally_blame (&tally, &finding), 0);
}

START_TEST (the_first_state_of_an_outcome_is_blamed)
{
  const struct outcome good = { .kind = OUTCOME_TREE, .digest = "aaaa" },
    bad = { .kind = OUTCOME_TREE, .digest = "bbbb" };
  mpz_t one;

  mpz_init_set_ui (one, 1);
  ck_assert_int_eq (tally_add (&tally, &good, one), 0);
  ck_assert_int_eq (tally_add (&tally, &bad, one), 0);
  blame (&bad, VIOLATION_ATOMICITY, "43:-29", "0000000043 +-");
  blame (&bad, VIOLATION_DURABILITY, "43", "0000000043 ++");
  blame (&bad, VIOLATION_CHECK, "43:-30", "0000000043 --");
  ck_assert_int_eq (tally.entries[0].kind, VIOLATION_NONE);
  ck_assert_int_eq (tally.entries[1].kind, VIOLATION_DURABILITY);
  ck_assert_str_eq (tally.entries[1].state, "43");
  ck_assert_str_eq (tally.entries[1].detail, torn.detail);
  mpz_clear (one);
  tally_free (&tally);
}
END_TEST

START_TEST (what_no_fresh_boot_showed_does_not_count)
{
  struct finding unrepeated = torn;

  unrepeated.confirmation = FINDING_UNREPEATED;
  enter (unrepeated, 1);
  ck_assert_int_eq (findings_confirmed (&findings, VIOLATION_ATOMICITY, "file: 4096 bytes d7c83c67...", "begin"), 0);
  ck_assert_int_eq (findings_confirmed (&findings, VIOLATION_ATOMICITY, torn.detail, "commit"), 1);
  ck_assert_int_eq (findings_confirmed (&findings, VIOLATION_DURABILITY, torn.detail, "begin"), 1);
  enter (torn, 1);
  ck_assert_int_eq (findings_confirmed (&findings, VIOLATION_ATOMICITY, torn.detail, "begin"), 1);
  findings_free (&findings);
}
END_TEST

/* What powercut notes for itself is none of what a finding comes after, but for system calls. */
START_TEST (the_last_mark_or_call_is_before_it)
{
  static const char *const texts[] = {
    "begin", "powercut:call 1 rename(\"t\", \"f\")", "powercut:calls-left 2", "own", "powercut:call 17 sync()",
    "powercut:new tree", "powercut:call", "powercut:call 3",
  };
  static const char *const after[] = {
    "begin", "rename(\"t\", \"f\")", "rename(\"t\", \"f\")", "own", "sync()", "sync()", "sync()", "sync()",
  };
  struct log_maker *maker = make_log (1, 8);

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    ck_assert_uint_eq (add_mark (maker, texts[i]), i);
  struct write_log *log = finish_log (maker);
  for (uint32_t i = 0; i < sizeof after / sizeof after[0]; i++) {
    char *found = finding_after (log, i);

    ck_assert_str_eq (found, after[i]);
    free (found);
  }
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("findings", the_last_mark_or_call_is_before_it, details_that_differ_in_numbers_and_hashes_are_joined,
                the_first_state_by_place_is_kept, what_differs_otherwise_is_not_joined,
                findings_are_sorted_by_place_then_kind,
                a_tally_is_sorted_and_summed_and_keeps_faults_apart, the_first_state_of_an_outcome_is_blamed,
                what_no_fresh_boot_showed_does_not_count)
