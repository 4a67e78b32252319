/* SPDX-License-Identifier: BSD-3-Clause */
/* What a log may and may not have between the marks `freeze` and `thaw`. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "replay/freeze.h"
#include "replay/search/model.h"
#include "tests/unit/make-log.h"

#define SECTORS 16
#define MIB_SECTORS ((uint32_t) (1 << 20) / LOG_SECTOR)

/* Check the log and sort what is found, which is to free with findings_free. */
static struct findings
check_torn (struct log_maker *maker, enum tear_mode mode)
{
  struct write_log *log = finish_log (maker);
  struct findings findings = { 0 };

  ck_assert_int_eq (freeze_check (log, &(struct tear) { mode, LOG_SECTOR }, &findings), 0);
  findings_sort (&findings);
  write_log_close (log);
  return findings;
}

/* What a finding says. */
struct expected {
  uint32_t position;
  unsigned long states;
  const char *after, *detail;
};

static void
assert_finding (const struct finding *finding, const struct expected *expected)
{
  char *state;

  ck_assert_int_ne (asprintf (&state, "%u", expected->position), -1);
  ck_assert_int_eq (finding->kind, VIOLATION_FREEZE);
  ck_assert_str_eq (finding->state, state);
  ck_assert_str_eq (finding->after, expected->after);
  ck_assert_str_eq (finding->detail, expected->detail);
  ck_assert_int_eq (mpz_cmp_ui (finding->states, expected->states), 0);
  ck_assert_int_eq (finding->confirmation, FINDING_REPEATED);
  ck_assert (finding->atomic && finding->durable);
  free (state);
}

/* A log of one device with the events of TEXT, as for add_events. */
static struct log_maker *
log_of_events (const char *text)
{
  return make_log_of_events (1, SECTORS, text);
}

/* Just the COUNT findings of EXPECTED are in the log. */
static void
assert_findings (struct log_maker *maker, enum tear_mode mode, const struct expected *expected, size_t count)
{
  struct findings findings = check_torn (maker, mode);

  ck_assert_uint_eq (findings.count, count);
  for (size_t i = 0; i < count; i++)
    assert_finding (&findings.list[i], &expected[i]);
  findings_free (&findings);
}
#define ASSERT_FOUND(maker, ...) \
  assert_findings (maker, TEAR_NONE, (const struct expected[]) { __VA_ARGS__ }, \
                   sizeof (struct expected[]) { __VA_ARGS__ } / sizeof (struct expected))

static void
assert_clean (struct log_maker *maker)
{
  assert_findings (maker, TEAR_NONE, NULL, 0);
}

START_TEST (what_is_flushed_before_the_freeze_may_be_frozen)
{
  struct log_maker *maker = log_of_events ("m:begin w0=ab d1 f d3 W2=c d5 m:freeze");

  add_mark (maker, "of the user");
  add_events (maker, "f d9 m:thaw w4=d d12 m:end");
  assert_clean (maker);
}
END_TEST

START_TEST (a_write_between_the_marks_is_found)
{
  struct log_maker *maker = log_of_events ("m:begin w0=a d1 f d3 m:freeze");

  add_mark (maker, "of the user");
  add_events (maker, "w4=bc d7 t8+2 d9 m:thaw");
  ASSERT_FOUND (maker, { 7, 2, "of the user", "issued while the file system was frozen at 5: 2, "
                         "the first a write of 1024 bytes at 2048 of disk0, at position 7" });
}
END_TEST

START_TEST (the_states_of_torn_writes_are_counted)
{
  const struct expected expected = {
    2, 4, "freeze", "pending when the file system was frozen at 2: 1, "
    "the first a write of 1536 bytes at 1024 of disk0, at position 0"
  };

  assert_findings (log_of_events ("w2=abc d0 m:freeze"), TEAR_PREFIX, &expected, 1);
}
END_TEST

/* Of whole writes. */
static const struct {
  const char *events;
  struct expected found[2];     /* up to one without a detail */
} stretches[] = {
  /* A log that was never frozen is not judged. */
  { "w0=a d0 m:freezer m:thaw w0=b d4", { { 0 } } },
  /* A zero and a trim between the marks are found. */
  { "m:freeze T1+1 d1 m:thaw",
    { { 1, 2, "freeze", "issued while the file system was frozen at 0: 1, "
      "the first a trim of 512 bytes at 512 of disk0, at position 1" } } },
  { "m:freeze Z1+1 d1 m:thaw",
    { { 1, 2, "freeze", "issued while the file system was frozen at 0: 1, "
      "the first a zero of 512 bytes at 512 of disk0, at position 1" } } },
  /* What nobody flushed before the freeze is found. */
  { "w0=a d0 f d2 w1=b d4 w2=cd d6 m:freeze m:thaw",
    { { 8, 4, "freeze", "pending when the file system was frozen at 8: 2, "
      "the first a write of 512 bytes at 512 of disk0, at position 4" } } },
  /* What is flushed too late was pending. */
  { "w0=a d0 f m:freeze d2 m:thaw",
    { { 3, 2, "freeze", "pending when the file system was frozen at 3: 1, "
      "the first a write of 512 bytes at 0 of disk0, at position 0" } } },
  /* Each stretch is judged and what is between them is not. */
  { "m:freeze w0=a d1 m:thaw f d4 w1=b d6 m:thaw m:freeze m:thaw",
    { { 1, 2, "freeze", "issued while the file system was frozen at 0: 1, "
      "the first a write of 512 bytes at 0 of disk0, at position 1" },
      { 9, 2, "freeze", "pending when the file system was frozen at 9: 1, "
      "the first a write of 512 bytes at 512 of disk0, at position 6" } } },
  /* Two stretches that break the same rule make one finding. */
  { "m:freeze W3=a d1 m:thaw m:freeze W3=a d5 m:thaw",
    { { 1, 4, "freeze", "issued while the file system was frozen at 0: 1, "
      "the first a write of 512 bytes at 1536 of disk0, at position 1" } } },
  /* What is never thawed is frozen to the end. */
  { "m:begin m:freeze m:commit m:end w0=a m:thaw", { { 0 } } },
  { "m:begin m:freeze m:commit w0=a m:thaw",
    { { 3, 2, "commit", "issued while the file system was frozen at 1: 1, "
      "the first a write of 512 bytes at 0 of disk0, at position 3" } } },
  /* A log may end with the freeze. */
  { "W0=a d0 m:freeze", { { 0 } } },
  /* A completed trim may be pending. */
  { "t3+2 d0 m:freeze", { { 0 } } },
  { "t3+2 m:freeze",
    { { 1, 2, "freeze", "pending when the file system was frozen at 1: 1, "
      "the first a trim of 1024 bytes at 1536 of disk0, at position 0" } } },
};

START_TEST (what_breaks_the_rules_of_a_freeze_is_found_and_nothing_else)
{
  const struct expected *found = stretches[_i].found;
  size_t count = 0;

  while (count < sizeof stretches[_i].found / sizeof *found && found[count].detail)
    count++;
  assert_findings (log_of_events (stretches[_i].events), TEAR_NONE, found, count);
}
END_TEST

START_TEST (a_completed_zero_may_not_be_pending)
{
  struct findings findings = check_torn (log_of_events ("z3+2~ d0 m:freeze"), TEAR_NONE);

  ck_assert_uint_eq (findings.count, 1);
  findings_free (&findings);
}
END_TEST

/* A completed, unflushed write at SECTOR when a file system is frozen. */
static struct findings
check_lazy (const char *info, uint32_t sector, bool completed)
{
  struct log_maker *maker = make_log_with_info (1, 128 * MIB_SECTORS, info);
  uint32_t issue = add_write (maker, 0, sector, "a", 0);

  if (completed)
    add_completion (maker, issue, 0);
  add_mark (maker, "freeze");
  if (!completed)
    add_completion (maker, issue, 0);
  add_mark (maker, "thaw");
  return check_torn (maker, TEAR_NONE);
}

static const struct {
  const char *info;
  uint32_t sector;
  bool completed;
  size_t findings;
} lazy_copies[] = {
  { "filesystem=xfs", 0, true, 0 },
  { "filesystem=xfs", 8, true, 1 },
  { "filesystem=xfs", 0, false, 1 },
  { "filesystem=btrfs", 64 * MIB_SECTORS, true, 0 },
  { "filesystem=btrfs", 64 * MIB_SECTORS, false, 1 },
  { "filesystem=btrfs", 64 * MIB_SECTORS + 1, true, 1 },
  { "filesystem=btrfs", 128, true, 1 },
  { "filesystem=ext4", 0, true, 1 },
  { "filesystem=ext4", 64 * MIB_SECTORS, true, 1 },
  { "watch=xfs", 0, true, 1 },
};

START_TEST (copies_that_a_file_system_writes_lazily_may_be_pending)
{
  struct findings findings = check_lazy (lazy_copies[_i].info, lazy_copies[_i].sector, lazy_copies[_i].completed);
  ck_assert_uint_eq (findings.count, lazy_copies[_i].findings);
  findings_free (&findings);
}
END_TEST

UNIT_TEST_MAIN ("freeze", what_is_flushed_before_the_freeze_may_be_frozen, a_write_between_the_marks_is_found,
                the_states_of_torn_writes_are_counted,
                LOOP_OVER (what_breaks_the_rules_of_a_freeze_is_found_and_nothing_else, stretches),
                a_completed_zero_may_not_be_pending,
                LOOP_OVER (copies_that_a_file_system_writes_lazily_may_be_pending, lazy_copies))
