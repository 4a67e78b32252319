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

static void
add_done_flush (struct log_maker *maker)
{
  add_completion (maker, add_flush (maker, 0), 0);
}

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

static struct findings
check (struct log_maker *maker)
{
  return check_torn (maker, TEAR_NONE);
}

static void
assert_finding (const struct findings *findings, size_t index, uint32_t position, unsigned long states, const char *after,
                const char *detail)
{
  char *state;

  ck_assert_uint_lt (index, findings->count);
  const struct finding *finding = &findings->list[index];
  ck_assert_int_ne (asprintf (&state, "%u", position), -1);
  ck_assert_int_eq (finding->kind, VIOLATION_FREEZE);
  ck_assert_str_eq (finding->state, state);
  ck_assert_str_eq (finding->after, after);
  ck_assert_str_eq (finding->detail, detail);
  ck_assert_int_eq (mpz_cmp_ui (finding->states, states), 0);
  ck_assert_int_eq (finding->confirmation, FINDING_REPEATED);
  ck_assert (finding->atomic && finding->durable);
  free (state);
}

static void
assert_clean (struct log_maker *maker)
{
  struct findings findings = check (maker);

  ck_assert_uint_eq (findings.count, 0);
  findings_free (&findings);
}

START_TEST (what_is_flushed_before_the_freeze_may_be_frozen)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_mark (maker, "begin");
  add_done_write (maker, 0, 0, "ab");
  add_done_flush (maker);
  add_completion (maker, add_write (maker, 0, 2, "c", LOG_FUA), 0);
  add_mark (maker, "freeze");
  add_mark (maker, "of the user");
  add_done_flush (maker);
  add_mark (maker, "thaw");
  add_done_write (maker, 0, 4, "d");
  add_mark (maker, "end");
  assert_clean (maker);
}
END_TEST

START_TEST (a_log_that_was_never_frozen_is_not_judged)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 0, "a");
  add_mark (maker, "freezer");
  add_mark (maker, "thaw");
  add_done_write (maker, 0, 0, "b");
  assert_clean (maker);
}
END_TEST

START_TEST (a_write_between_the_marks_is_found)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_mark (maker, "begin");
  add_done_write (maker, 0, 0, "a");
  add_done_flush (maker);
  add_mark (maker, "freeze");
  add_mark (maker, "of the user");
  uint32_t issue = add_write (maker, 0, 4, "bc", 0);
  add_completion (maker, issue, 0);
  add_completion (maker, add_trim (maker, 0, 8, 2, 0), 0);
  add_mark (maker, "thaw");
  struct findings findings = check (maker);
  ck_assert_uint_eq (findings.count, 1);
  assert_finding (&findings, 0, issue, 2, "of the user",
                  "issued while the file system was frozen at 5: 2, the first a write of 1024 bytes at 2048 of disk0, at position 7");
  findings_free (&findings);
}
END_TEST

START_TEST (a_zero_and_a_trim_between_the_marks_are_found)
{
  for (int trim = 0; trim < 2; trim++) {
    struct log_maker *maker = make_log (1, SECTORS);

    add_mark (maker, "freeze");
    uint32_t issue = trim ? add_trim (maker, 0, 1, 1, LOG_FUA) : add_zero (maker, 0, 1, 1, LOG_FUA);
    add_completion (maker, issue, 0);
    add_mark (maker, "thaw");
    struct findings findings = check (maker);
    ck_assert_uint_eq (findings.count, 1);
    assert_finding (&findings, 0, issue, 2, "freeze",
                    trim
                    ? "issued while the file system was frozen at 0: 1, the first a trim of 512 bytes at 512 of disk0, at position 1"
                    : "issued while the file system was frozen at 0: 1, the first a zero of 512 bytes at 512 of disk0, at position 1");
    findings_free (&findings);
  }
}
END_TEST

START_TEST (what_nobody_flushed_before_the_freeze_is_found)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 0, "a");
  add_done_flush (maker);
  uint32_t first = add_write (maker, 0, 1, "b", 0);
  add_completion (maker, first, 0);
  add_done_write (maker, 0, 2, "cd");
  uint32_t freeze = add_mark (maker, "freeze");
  add_mark (maker, "thaw");
  struct findings findings = check (maker);
  ck_assert_uint_eq (findings.count, 1);
  ck_assert_uint_eq (first, 4);
  assert_finding (&findings, 0, freeze, 4, "freeze",
                  "pending when the file system was frozen at 8: 2, the first a write of 512 bytes at 512 of disk0, at position 4");
  findings_free (&findings);
}
END_TEST

START_TEST (the_states_of_torn_writes_are_counted)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 2, "abc");
  uint32_t freeze = add_mark (maker, "freeze");
  struct findings findings = check_torn (maker, TEAR_PREFIX);
  ck_assert_uint_eq (findings.count, 1);
  assert_finding (&findings, 0, freeze, 4, "freeze",
                  "pending when the file system was frozen at 2: 1, the first a write of 1536 bytes at 1024 of disk0, at position 0");
  findings_free (&findings);
}
END_TEST

START_TEST (what_is_flushed_too_late_was_pending)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 0, "a");
  uint32_t flush = add_flush (maker, 0);
  uint32_t freeze = add_mark (maker, "freeze");
  add_completion (maker, flush, 0);
  add_mark (maker, "thaw");
  struct findings findings = check (maker);
  ck_assert_uint_eq (findings.count, 1);
  assert_finding (&findings, 0, freeze, 2, "freeze",
                  "pending when the file system was frozen at 3: 1, the first a write of 512 bytes at 0 of disk0, at position 0");
  findings_free (&findings);
}
END_TEST

START_TEST (each_stretch_is_judged_and_what_is_between_them_is_not)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_mark (maker, "freeze");
  uint32_t inside = add_write (maker, 0, 0, "a", 0);
  add_completion (maker, inside, 0);
  add_mark (maker, "thaw");
  add_done_flush (maker);
  add_done_write (maker, 0, 1, "b");
  add_mark (maker, "thaw");
  uint32_t second = add_mark (maker, "freeze");
  add_mark (maker, "thaw");
  struct findings findings = check (maker);
  ck_assert_uint_eq (findings.count, 2);
  assert_finding (&findings, 0, inside, 2, "freeze",
                  "issued while the file system was frozen at 0: 1, the first a write of 512 bytes at 0 of disk0, at position 1");
  assert_finding (&findings, 1, second, 2, "freeze",
                  "pending when the file system was frozen at 9: 1, the first a write of 512 bytes at 512 of disk0, at position 6");
  findings_free (&findings);
}
END_TEST

START_TEST (two_stretches_that_break_the_same_rule_make_one_finding)
{
  struct log_maker *maker = make_log (1, SECTORS);

  uint32_t first = 0;
  for (int i = 0; i < 2; i++) {
    add_mark (maker, "freeze");
    uint32_t issue = add_write (maker, 0, 3, "a", LOG_FUA);
    first = i == 0 ? issue : first;
    add_completion (maker, issue, 0);
    add_mark (maker, "thaw");
  }
  struct findings findings = check (maker);
  ck_assert_uint_eq (findings.count, 1);
  assert_finding (&findings, 0, first, 4, "freeze",
                  "issued while the file system was frozen at 0: 1, the first a write of 512 bytes at 1536 of disk0, at position 1");
  findings_free (&findings);
}
END_TEST

START_TEST (what_is_never_thawed_is_frozen_to_the_end)
{
  for (int end = 0; end < 2; end++) {
    struct log_maker *maker = make_log (1, SECTORS);

    add_mark (maker, "begin");
    add_mark (maker, "freeze");
    add_mark (maker, "commit");
    if (end)
      add_mark (maker, "end");
    uint32_t issue = add_write (maker, 0, 0, "a", 0);
    add_mark (maker, "thaw");
    struct findings findings = check (maker);
    ck_assert_uint_eq (findings.count, end ? 0 : 1);
    if (!end)
      assert_finding (&findings, 0, issue, 2, "commit",
                      "issued while the file system was frozen at 1: 1, the first a write of 512 bytes at 0 of disk0, at position 3");
    findings_free (&findings);
  }
}
END_TEST

START_TEST (a_log_may_end_with_the_freeze)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_completion (maker, add_write (maker, 0, 0, "a", LOG_FUA), 0);
  add_mark (maker, "freeze");
  assert_clean (maker);
}
END_TEST

START_TEST (a_completed_trim_may_be_pending)
{
  for (int completed = 0; completed < 2; completed++) {
    struct log_maker *maker = make_log (1, SECTORS);
    uint32_t issue = add_trim (maker, 0, 3, 2, 0);

    if (completed)
      add_completion (maker, issue, 0);
    uint32_t freeze = add_mark (maker, "freeze");
    struct findings findings = check (maker);
    ck_assert_uint_eq (findings.count, completed ? 0 : 1);
    if (!completed)
      assert_finding (&findings, 0, freeze, 2, "freeze",
                      "pending when the file system was frozen at 1: 1, the first a trim of 1024 bytes at 1536 of disk0, at position 0");
    findings_free (&findings);
  }
}
END_TEST

START_TEST (a_completed_zero_may_not_be_pending)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_completion (maker, add_zero (maker, 0, 3, 2, LOG_MAY_TRIM), 0);
  add_mark (maker, "freeze");
  struct findings findings = check (maker);
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
  return check (maker);
}

START_TEST (copies_that_a_file_system_writes_lazily_may_be_pending)
{
  static const struct {
    const char *info;
    uint32_t sector;
    bool completed;
    size_t findings;
  } cases[] = {
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

  struct findings findings = check_lazy (cases[_i].info, cases[_i].sector, cases[_i].completed);
  ck_assert_uint_eq (findings.count, cases[_i].findings);
  findings_free (&findings);
}
END_TEST

UNIT_TEST_MAIN ("freeze", what_is_flushed_before_the_freeze_may_be_frozen, a_log_that_was_never_frozen_is_not_judged,
                a_write_between_the_marks_is_found, a_zero_and_a_trim_between_the_marks_are_found,
                what_nobody_flushed_before_the_freeze_is_found, the_states_of_torn_writes_are_counted,
                what_is_flushed_too_late_was_pending, each_stretch_is_judged_and_what_is_between_them_is_not,
                two_stretches_that_break_the_same_rule_make_one_finding, what_is_never_thawed_is_frozen_to_the_end,
                a_log_may_end_with_the_freeze, a_completed_trim_may_be_pending, a_completed_zero_may_not_be_pending,
                unit_loop (copies_that_a_file_system_writes_lazily_may_be_pending, 10))
