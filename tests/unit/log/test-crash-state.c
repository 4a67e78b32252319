/* SPDX-License-Identifier: BSD-3-Clause */
/* What a crash state holds and decides, rule by rule; test-crash-state-model.c holds random ones against a model. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/log/states.h"

#define SECTORS STATE_SECTORS

START_TEST (a_new_state_has_every_write_and_zeros_elsewhere)
{
  struct log_maker *maker = make_log (2, 8);
  add_write (maker, 0, 1, "abc", 0);
  add_write (maker, 0, 2, "d", 0);
  add_trim (maker, 0, 3, 1, 0);
  add_write (maker, 1, 7, "e", 0);
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);

  assert_content (state, 0, 8, ".ad.....");
  assert_content (state, 1, 8, ".......e");
  assert_decisions (state, "");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (only_writes_issued_by_the_point_are_there)
{
  struct write_log *log = log_of ("a", "b", "c", NULL);
  struct crash_state *state = new_state (log);

  for (uint32_t point = 2; point-- > 0;) {
    ck_assert_int_eq (select_point (state, point, NULL, 0, rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT)), 0);
    assert_content (state, 0, 1, point == 1 ? "b" : "a");
  }
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (an_absent_write_shows_what_is_below)
{
  ASSERT_STEPS (log_of ("aaa", "bb", "c", NULL),
                { "-1", PREFER_PRESENT, "caa.", "" },
                { "-0-2", PREFER_PRESENT, "bb..", "" });
}
END_TEST

START_TEST (of_two_choices_for_a_write_the_last_counts)
{
  ASSERT_STEPS (log_of ("a", NULL),
                { "+0-0", PREFER_PRESENT, ".", "" },
                { "-0+0", PREFER_PRESENT, "a", "" });
}
END_TEST

START_TEST (an_undecided_write_is_decided_as_preferred)
{
  ASSERT_STEPS (log_of ("a", "b", NULL),
                { "?0?1", PREFER_PRESENT, "b", "+1" },
                { "?0?1", PREFER_ABSENT, ".", "-1-0" });
}
END_TEST

START_TEST (a_write_that_became_present_hides_the_older)
{
  ASSERT_STEPS (log_of ("aa", "b", NULL),
                { "?0?1", PREFER_PRESENT, "b", "+1" },
                { NULL, PREFER_PRESENT, "b", "+1" },
                { NULL, PREFER_PRESENT, "ba", "+1+0" });
}
END_TEST

START_TEST (a_write_below_a_present_one_is_not_decided)
{
  ASSERT_STEPS (log_of ("a", "b", "c", NULL),
                { "?0+1?2", PREFER_ABSENT, "b", "-2" });
}
END_TEST

START_TEST (a_choice_between_equal_bytes_is_none)
{
  ASSERT_STEPS (log_of ("ab", "ax", "ay", NULL),
                { "?1?2", PREFER_ABSENT, "a", "" },
                { NULL, PREFER_ABSENT, "ab", "-2-1" });
}
END_TEST

START_TEST (an_undecided_write_between_equal_ones_is_a_choice)
{
  /* With the newest there, and with only the oldest, the sector is `a`; with the one in the middle alone it is not. */
  ASSERT_STEPS (log_of ("a", "b", "a", NULL),
                { "?1?2", PREFER_PRESENT, "a", "+2" },
                { "?1?2", PREFER_ABSENT, "a", "-2-1" });
}
END_TEST

START_TEST (undecided_zeros_on_an_empty_device_are_no_choice)
{
  struct log_maker *maker = make_log (1, 8);

  add_zero (maker, 0, 0, 2, LOG_FLAG_MAY_TRIM);
  add_trim (maker, 0, 1, 2, 0);
  add_write (maker, 0, 2, "..", 0);
  ASSERT_STEPS (finish_log (maker),
                { "?0?1?2", PREFER_PRESENT, "........", "" });
}
END_TEST

START_TEST (undecided_zeros_over_data_are_a_choice)
{
  struct log_maker *maker = make_log (1, 8);

  add_write (maker, 0, 0, "abc", 0);
  add_trim (maker, 0, 0, 1, 0);
  add_zero (maker, 0, 2, 1, 0);
  ASSERT_STEPS (finish_log (maker),
                { "?1?2", PREFER_PRESENT, ".b.", "+1+2" },
                { "?1?2", PREFER_ABSENT, "abc", "-1-2" });
}
END_TEST

START_TEST (sectors_that_are_not_asked_for_force_nothing_and_are_not_touched)
{
  struct write_log *log = log_of ("abcdefgh", "ABCDEFGH", NULL);
  struct crash_state *state = new_state (log);
  char bytes[BLOCK_SIZE], untouched[LOG_SECTOR];

  memset (bytes, '#', sizeof bytes);
  memset (untouched, '#', sizeof untouched);
  select_text (state, log, "?0?1", rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT));
  crash_state_read_block (state, 0, 0, 0, bytes);
  assert_decisions (state, "");
  crash_state_read_block (state, 0, 0, 1 << 6, bytes);
  assert_decisions (state, "+1");
  for (unsigned i = 0; i < BLOCK_SECTORS; i++)
    if (i == 6)
      ck_assert_int_eq (sector_letter (bytes + i * LOG_SECTOR), 'G');
    else
      ck_assert_mem_eq (bytes + i * LOG_SECTOR, untouched, LOG_SECTOR);
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_read_asks_for_its_own_sectors_alone)
{
  struct log_maker *maker = make_log (1, SECTORS);
  for (uint32_t sector = 0; sector < SECTORS; sector++)
    add_write (maker, 0, sector, "a", 0);
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);
  struct choice choices[SECTORS];
  char bytes[2 * LOG_SECTOR];

  for (uint32_t i = 0; i < SECTORS; i++)
    choices[i] = choice_whole (i, CHOICE_UNDECIDED);
  ck_assert_int_eq (select_point (state, SECTORS - 1, choices, SECTORS,
                                  rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT)),
                    0);
  crash_state_read (state, 0, bytes, sizeof bytes, 7 * LOG_SECTOR);
  assert_decisions (state, "+7+8");
  crash_state_read (state, 0, bytes, LOG_SECTOR, (SECTORS - 1) * LOG_SECTOR);
  assert_decisions (state, "+7+8+23");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (selecting_forgets_choices_and_decisions)
{
  ASSERT_STEPS (log_of ("a", "b", NULL),
                { "?0?1", PREFER_ABSENT, ".", "-1-0" },
                { "", PREFER_ABSENT, "", "" },
                { NULL, PREFER_ABSENT, "b", "" },
                { "?0?1", PREFER_PRESENT, "b", "+1" });
}
END_TEST

START_TEST (a_block_may_have_hundreds_of_writes)
{
  struct log_maker *maker = make_log (1, 8);
  struct choice choices[600];
  char expected[4096] = "", letters[2] = "";
  for (uint32_t i = 0; i < 600; i++) {
    letters[0] = "abc"[i % 3];
    add_write (maker, 0, 0, letters, 0);
    choices[i] = choice_whole (i, i % 2 ? CHOICE_ABSENT : CHOICE_UNDECIDED);
  }
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);

  for (int i = 598; i >= 0; i -= 2)
    snprintf (expected + strlen (expected), sizeof expected - strlen (expected), "-%d", i);
  ck_assert_int_eq (select_point (state, 599, choices, 600, rule_of (TEAR_NONE, LOG_SECTOR, PREFER_ABSENT)), 0);
  assert_content (state, 0, 1, ".");
  assert_decisions (state, expected);
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (what_cannot_be_selected_is_refused)
{
  struct write_log *log = log_of ("ab", "b", "c", NULL);
  struct crash_state *state = new_state (log);
  const struct choice undecided = choice_whole (0, CHOICE_UNDECIDED);
  const struct decision_rule fine = rule_of (TEAR_ANY, LOG_SECTOR, PREFER_ABSENT);
  const struct {
    struct decision_rule rule;
    uint32_t point;
    size_t count;
    struct choice choices[3];
  } bad[] = {
    { fine, 3, 0, { { 0 } } },
    { fine, UINT32_MAX, 0, { { 0 } } },
    { fine, 1, 1, { choice_whole (2, CHOICE_ABSENT) } },
    { fine, 2, 1, { choice_whole (3, CHOICE_ABSENT) } },
    { fine, 2, 3, { choice_whole (0, CHOICE_ABSENT), choice_whole (2, CHOICE_ABSENT), choice_whole (1, 3) } },
    { fine, 2, 3, { { 0, 1, 1, CHOICE_ABSENT }, choice_whole (2, CHOICE_ABSENT), { 0, 1, 0, CHOICE_ABSENT } } },
    { fine, 2, 1, { { 0, 2, 2, CHOICE_ABSENT } } },
    { fine, 2, 1, { { 0, CHOICE_END, CHOICE_END, CHOICE_ABSENT } } },
    { rule_of (TEAR_ANY + 1, LOG_SECTOR, PREFER_ABSENT), 2, 0, { { 0 } } },
    { rule_of (TEAR_ANY, LOG_SECTOR, PREFER_RANDOM + 1), 2, 0, { { 0 } } },
    { rule_of (TEAR_NONE, 0, PREFER_ABSENT), 2, 0, { { 0 } } },
    { rule_of (TEAR_ANY, LOG_SECTOR / 2, PREFER_ABSENT), 2, 0, { { 0 } } },
    { rule_of (TEAR_ANY, LOG_SECTOR + 1, PREFER_ABSENT), 2, 0, { { 0 } } },
    { rule_of (TEAR_ANY, 3 * LOG_SECTOR, PREFER_ABSENT), 2, 0, { { 0 } } },
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_int_eq (select_point (state, 0, &undecided, 1, fine), 0);
    assert_content (state, 0, 1, ".");
    errno = 0;
    ck_assert_int_eq (select_point (state, bad[i].point, bad[i].choices, bad[i].count, bad[i].rule), -1);
    ck_assert_int_eq (errno, EINVAL);
    assert_content (state, 0, 2, "cb");
    assert_decisions (state, "");
  }
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

/* A log of one device of SECTORS sectors with a write of sectors 5 to 19, so that none of its ends lies at a boundary
 * of 4 KiB: its pieces are sectors 0-2, 3-10 and 11-14 then.
 */
static struct write_log *
log_across_blocks (void)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_write (maker, 0, 5, "abcdefghijklmno", 0);
  return finish_log (maker);
}

START_TEST (a_read_decides_the_part_that_its_sector_stands_for)
{
  static const struct {
    enum tear_mode mode;
    uint32_t atomic_bytes;
    enum preference preference;
    uint32_t reads[4];          /* sectors of the write */
    const char *decisions;
  } cases[] = {
    { TEAR_NONE, 512, PREFER_PRESENT, { 2, 0, 14, 9 }, "+0" },
    { TEAR_NONE, 4096, PREFER_ABSENT, { 9, 3, 0, 14 }, "-0" },
    { TEAR_PREFIX, 512, PREFER_PRESENT, { 2, 1, 4, 14 }, "+0/0-2+0/3-4+0/5-14" },
    { TEAR_PREFIX, 512, PREFER_ABSENT, { 4, 14, 2, 0 }, "-0/4-14-0/2-3-0/0-1" },
    { TEAR_PREFIX, 4096, PREFER_PRESENT, { 1, 2, 4, 14 }, "+0/0-2+0/3-10+0/11-14" },
    { TEAR_PREFIX, 4096, PREFER_ABSENT, { 12, 10, 14, 1 }, "-0/11-14-0/3-10-0/0-2" },
    { TEAR_PREFIX, 65536, PREFER_ABSENT, { 14, 0, 3, 4 }, "-0/0-14" },
    { TEAR_ANY, 512, PREFER_PRESENT, { 1, 1, 14, 0 }, "+0/1-1+0/14-14+0/0-0" },
    { TEAR_ANY, 1024, PREFER_ABSENT, { 0, 1, 2, 14 }, "-0/0-0-0/1-2-0/13-14" },
    { TEAR_ANY, 4096, PREFER_ABSENT, { 2, 3, 10, 11 }, "-0/0-2-0/3-10-0/11-14" },
  };
  struct write_log *log = log_across_blocks ();
  struct crash_state *state = new_state (log);

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    select_text (state, log, "?0", rule_of (cases[i].mode, cases[i].atomic_bytes, cases[i].preference));
    for (unsigned read = 0; read < 4; read++)
      assert_sector (state, 5 + cases[i].reads[read],
                     cases[i].preference == PREFER_PRESENT ? (char) ('a' + cases[i].reads[read]) : '.');
    assert_decisions (state, cases[i].decisions);
  }
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_decision_is_never_more_than_what_was_undecided)
{
  static const struct {
    enum tear_mode mode;
    uint32_t atomic_bytes;
    enum preference preference;
    const char *decisions;
  } cases[] = {
    { TEAR_NONE, 512, PREFER_PRESENT, "+0/6-9+0/2-3" },
    { TEAR_PREFIX, 512, PREFER_PRESENT, "+0/6-7+0/2-3" },
    { TEAR_PREFIX, 512, PREFER_ABSENT, "-0/7-9-0/3-3" },
    { TEAR_PREFIX, 4096, PREFER_PRESENT, "+0/6-9+0/2-3" },
    { TEAR_PREFIX, 4096, PREFER_ABSENT, "-0/6-9-0/3-3" },
    { TEAR_ANY, 512, PREFER_PRESENT, "+0/7-7+0/3-3" },
    { TEAR_ANY, 2048, PREFER_ABSENT, "-0/7-9-0/3-3" },
    { TEAR_ANY, 4096, PREFER_ABSENT, "-0/6-9-0/3-3" },
  };
  struct write_log *log = log_across_blocks ();
  struct crash_state *state = new_state (log);

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    select_text (state, log, "?0+0/0-1+0/4-5-0/10-4294967295",
                 rule_of (cases[i].mode, cases[i].atomic_bytes, cases[i].preference));
    assert_sector (state, 5 + 1, 'b');
    assert_sector (state, 5 + 4, 'e');
    assert_sector (state, 5 + 11, '.');
    assert_decisions (state, "");
    assert_sector (state, 5 + 7, cases[i].preference == PREFER_PRESENT ? 'h' : '.');
    assert_sector (state, 5 + 3, cases[i].preference == PREFER_PRESENT ? 'd' : '.');
    assert_decisions (state, cases[i].decisions);
  }
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (of_choices_that_overlap_the_last_counts)
{
  ASSERT_STEPS (log_of ("abcdefgh", NULL),
                { "-0/2-6+0/3-4-0/4-5", PREFER_PRESENT, "ab.d...h", "" },
                { "-0/2-2+0/0-7", PREFER_PRESENT, "abcdefgh", "" },
                { "-0+0/6-99+0/0-0", PREFER_PRESENT, "a.....gh", "" },
                { "+0/1-1-0+0/7-4294967295", PREFER_PRESENT, ".......h", "" },
                { "", PREFER_PRESENT, "abcdefgh", "" });
}
END_TEST

START_TEST (a_torn_choice_between_equal_bytes_is_none)
{
  struct write_log *log = log_of ("abcd", "abxd", NULL);
  struct crash_state *state = new_state (log);
  static const char *const decisions[] = { [TEAR_NONE] = "-1", [TEAR_PREFIX] = "-1/2-3", [TEAR_ANY] = "-1/2-2" };

  for (enum tear_mode mode = TEAR_NONE; mode <= TEAR_ANY; mode++) {
    select_text (state, log, "?1", rule_of (mode, LOG_SECTOR, PREFER_ABSENT));
    assert_content (state, 0, 2, "ab");
    assert_sector (state, 3, 'd');
    assert_decisions (state, "");
    assert_content (state, 0, 8, "abcd....");
    assert_decisions (state, decisions[mode]);
  }
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_torn_write_hides_only_where_it_is_there)
{
  struct write_log *log = log_of ("abcd", "ABCD", NULL);
  struct crash_state *state = new_state (log);

  select_text (state, log, "?0-1/1-1?1/3-3", rule_of (TEAR_ANY, LOG_SECTOR, PREFER_PRESENT));
  assert_content (state, 0, 8, "AbCD....");
  assert_decisions (state, "+0/1-1+1/3-3");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

/* The first device of SECTORS sectors as letters, read in the order of its sectors times STEP. */
static void
read_in_steps (struct crash_state *state, uint32_t step, char *letters)
{
  char bytes[LOG_SECTOR];

  for (uint32_t i = 0; i < SECTORS; i++) {
    uint32_t sector = i * step % SECTORS;

    crash_state_read (state, 0, bytes, sizeof bytes, sector * LOG_SECTOR);
    letters[sector] = sector_letter (bytes);
  }
  letters[SECTORS] = '\0';
}

START_TEST (what_is_random_depends_on_the_seed_and_not_on_the_order_of_reads)
{
  static const struct tear tears[] = { { TEAR_ANY, 512 }, { TEAR_ANY, 4096 } };
  struct log_maker *maker = make_log (1, SECTORS);
  add_write (maker, 0, 0, "abcdefghijklmnopqrstuvwx", 0);
  add_write (maker, 0, 3, "ABCDEFGHIJKLMNOPQRSTU", 0);
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);

  for (unsigned i = 0; i < sizeof tears / sizeof tears[0]; i++) {
    char first[SECTORS + 1] = "", letters[SECTORS + 1];
    unsigned different = 0, kinds = 0;
    size_t count;

    for (uint64_t seed = 0; seed < 64; seed++) {
      const struct decision_rule rule = { tears[i], PREFER_RANDOM, seed };

      select_text (state, log, "?0?1", rule);
      read_in_steps (state, 1, letters);
      const struct choice *decisions = crash_state_decisions (state, &count);
      for (size_t at = 0; at < count; at++)
        kinds |= 1u << decisions[at].kind;
      different += seed > 0 && strcmp (letters, first) != 0;
      if (seed == 0)
        strcpy (first, letters);
      for (uint32_t step = 1; step < SECTORS; step += 6) {
        char again[SECTORS + 1];

        select_text (state, log, "?0?1", rule);
        read_in_steps (state, step, again);
        ck_assert_msg (strcmp (again, letters) == 0, "%u bytes, seed %u, step %u: %s, not %s", tears[i].atomic_bytes,
                       (unsigned) seed, step, again, letters);
      }
    }
    ck_assert_uint_eq (kinds, 1u << CHOICE_PRESENT | 1u << CHOICE_ABSENT);
    ck_assert_uint_gt (different, 32);
  }
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("crash-state", a_new_state_has_every_write_and_zeros_elsewhere,
                only_writes_issued_by_the_point_are_there, an_absent_write_shows_what_is_below,
                of_two_choices_for_a_write_the_last_counts, an_undecided_write_is_decided_as_preferred,
                a_write_that_became_present_hides_the_older, a_write_below_a_present_one_is_not_decided,
                a_choice_between_equal_bytes_is_none, an_undecided_write_between_equal_ones_is_a_choice,
                undecided_zeros_on_an_empty_device_are_no_choice, undecided_zeros_over_data_are_a_choice,
                sectors_that_are_not_asked_for_force_nothing_and_are_not_touched,
                a_read_asks_for_its_own_sectors_alone, selecting_forgets_choices_and_decisions,
                a_block_may_have_hundreds_of_writes, what_cannot_be_selected_is_refused,
                a_read_decides_the_part_that_its_sector_stands_for, a_decision_is_never_more_than_what_was_undecided,
                of_choices_that_overlap_the_last_counts, a_torn_choice_between_equal_bytes_is_none,
                a_torn_write_hides_only_where_it_is_there,
                what_is_random_depends_on_the_seed_and_not_on_the_order_of_reads)
