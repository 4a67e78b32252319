/* SPDX-License-Identifier: BSD-3-Clause */
/* Crash states are held against models that apply one write after the other to an array of sectors: lay_out for whole
 * writes, struct model for torn ones.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log/crash-state.h"
#include "tests/unit/make-log.h"

#define SECTORS 24
#define WRITES_MAX 64

static struct crash_state *
new_state (const struct write_log *log)
{
  struct crash_state *state = crash_state_new (log);

  ck_assert_ptr_nonnull (state);
  return state;
}

static int
select_point (struct crash_state *state, uint32_t point, const struct choice *choices, size_t count,
              struct decision_rule rule)
{
  return crash_state_select (state, &(struct selection) { point, choices, count, rule });
}

static struct decision_rule
rule_of (enum tear_mode mode, uint32_t sector_bytes, enum preference preference)
{
  return (struct decision_rule) { .tear = { mode, sector_bytes }, .preference = preference };
}

/* Choices as one argument and their count. */
#define CHOICES(...)                                                                                    \
  (const struct choice[]) { __VA_ARGS__ }, sizeof (struct choice[]) { __VA_ARGS__ } / sizeof (struct choice)
#define NOTHING NULL, 0

static void
select_torn (struct crash_state *state, const struct write_log *log, const struct choice *choices, size_t count,
             struct decision_rule rule)
{
  ck_assert_int_eq (select_point (state, log->event_count - 1, choices, count, rule), 0);
}

static void
select_last (struct crash_state *state, const struct write_log *log, const struct choice *choices, size_t count,
             enum preference preference)
{
  select_torn (state, log, choices, count, rule_of (TEAR_NONE, LOG_SECTOR, preference));
}

static struct choice
present (uint32_t write)
{
  return choice_whole (write, CHOICE_PRESENT);
}

static struct choice
absent (uint32_t write)
{
  return choice_whole (write, CHOICE_ABSENT);
}

/* The sectors of a device as letters. */
static void
assert_content (struct crash_state *state, unsigned device, uint32_t sectors, const char *expected)
{
  char bytes[SECTORS * LOG_SECTOR], letters[SECTORS + 1];

  ck_assert_uint_le (sectors, SECTORS);
  crash_state_read (state, device, bytes, sectors * LOG_SECTOR, 0);
  for (uint32_t i = 0; i < sectors; i++)
    letters[i] = sector_letter (bytes + i * LOG_SECTOR);
  letters[sectors] = '\0';
  ck_assert_str_eq (letters, expected);
}

/* The decisions as text: `+1-0` is write 1 there, write 0 not; `+1/0-3` is sectors 0 to 3 of write 1. */
static void
assert_decisions (const struct crash_state *state, const char *expected)
{
  size_t count, length;
  const struct choice *decisions = crash_state_decisions (state, &count);
  char *text;
  FILE *file = open_memstream (&text, &length);

  for (size_t i = 0; i < count; i++) {
    fprintf (file, "%c%u", decisions[i].kind == CHOICE_PRESENT ? '+' : decisions[i].kind == CHOICE_ABSENT ? '-' : '?',
             decisions[i].write);
    if (decisions[i].first != 0 || decisions[i].last != CHOICE_END)
      fprintf (file, "/%u-%u", decisions[i].first, decisions[i].last);
  }
  ck_assert_int_eq (fclose (file), 0);
  ck_assert_str_eq (text, expected);
  free (text);
}

/* One sector of the first device. */
static void
assert_sector (struct crash_state *state, uint32_t sector, char expected)
{
  char bytes[LOG_SECTOR];

  crash_state_read (state, 0, bytes, sizeof bytes, sector * LOG_SECTOR);
  ck_assert_int_eq (sector_letter (bytes), expected);
}

/* A log of one device of 8 sectors with writes of the given letters at sector 0, in order; NULL ends them. */
static struct write_log *
log_of (const char *letters, ...)
{
  struct log_maker *maker = make_log (1, 8);
  va_list args;

  va_start (args, letters);
  for (; letters; letters = va_arg (args, const char *))
    add_write (maker, 0, 0, letters, 0);
  va_end (args);
  return finish_log (maker);
}

static const struct choice undecided[] = {
  { 0, 0, CHOICE_END, CHOICE_UNDECIDED }, { 1, 0, CHOICE_END, CHOICE_UNDECIDED }, { 2, 0, CHOICE_END, CHOICE_UNDECIDED },
  { 3, 0, CHOICE_END, CHOICE_UNDECIDED }
};

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

  ck_assert_int_eq (select_point (state, 1, NOTHING, rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT)), 0);
  assert_content (state, 0, 1, "b");
  ck_assert_int_eq (select_point (state, 0, NOTHING, rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT)), 0);
  assert_content (state, 0, 1, "a");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (an_absent_write_shows_what_is_below)
{
  struct write_log *log = log_of ("aaa", "bb", "c", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, CHOICES (absent (1)), PREFER_PRESENT);
  assert_content (state, 0, 4, "caa.");
  select_last (state, log, CHOICES (absent (0), absent (2)), PREFER_PRESENT);
  assert_content (state, 0, 4, "bb..");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (of_two_choices_for_a_write_the_last_counts)
{
  struct write_log *log = log_of ("a", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, CHOICES (present (0), absent (0)), PREFER_PRESENT);
  assert_content (state, 0, 1, ".");
  select_last (state, log, CHOICES (absent (0), present (0)), PREFER_PRESENT);
  assert_content (state, 0, 1, "a");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (an_undecided_write_is_decided_as_preferred)
{
  struct write_log *log = log_of ("a", "b", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, undecided, 2, PREFER_PRESENT);
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "+1");
  select_last (state, log, undecided, 2, PREFER_ABSENT);
  assert_content (state, 0, 1, ".");
  assert_decisions (state, "-1-0");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_write_that_became_present_hides_the_older)
{
  struct write_log *log = log_of ("aa", "b", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, undecided, 2, PREFER_PRESENT);
  assert_content (state, 0, 1, "b");
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "+1");
  assert_content (state, 0, 2, "ba");
  assert_decisions (state, "+1+0");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_write_below_a_present_one_is_not_decided)
{
  struct write_log *log = log_of ("a", "b", "c", NULL);
  struct crash_state *state = new_state (log);
  const struct choice choices[] = { undecided[0], present (1), undecided[2] };

  select_last (state, log, choices, 3, PREFER_ABSENT);
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "-2");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_choice_between_equal_bytes_is_none)
{
  struct write_log *log = log_of ("ab", "ax", "ay", NULL);
  struct crash_state *state = new_state (log);
  const struct choice choices[] = { undecided[1], undecided[2] };

  select_last (state, log, choices, 2, PREFER_ABSENT);
  assert_content (state, 0, 1, "a");
  assert_decisions (state, "");
  assert_content (state, 0, 2, "ab");
  assert_decisions (state, "-2-1");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (an_undecided_write_between_equal_ones_is_a_choice)
{
  struct write_log *log = log_of ("a", "b", "a", NULL);
  struct crash_state *state = new_state (log);

  /* With the newest there, and with only the oldest, the sector is `a`; with the one in the middle alone it is not. */
  select_last (state, log, undecided + 1, 2, PREFER_PRESENT);
  assert_content (state, 0, 1, "a");
  assert_decisions (state, "+2");
  select_last (state, log, undecided + 1, 2, PREFER_ABSENT);
  assert_content (state, 0, 1, "a");
  assert_decisions (state, "-2-1");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (undecided_zeros_on_an_empty_device_are_no_choice)
{
  struct log_maker *maker = make_log (1, 8);
  add_zero (maker, 0, 0, 2, LOG_MAY_TRIM);
  add_trim (maker, 0, 1, 2, 0);
  add_write (maker, 0, 2, "..", 0);
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);

  select_last (state, log, undecided, 3, PREFER_PRESENT);
  assert_content (state, 0, 8, "........");
  assert_decisions (state, "");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (undecided_zeros_over_data_are_a_choice)
{
  struct log_maker *maker = make_log (1, 8);
  add_write (maker, 0, 0, "abc", 0);
  add_trim (maker, 0, 0, 1, 0);
  add_zero (maker, 0, 2, 1, 0);
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);

  select_last (state, log, undecided + 1, 2, PREFER_PRESENT);
  assert_content (state, 0, 3, ".b.");
  assert_decisions (state, "+1+2");
  select_last (state, log, undecided + 1, 2, PREFER_ABSENT);
  assert_content (state, 0, 3, "abc");
  assert_decisions (state, "-1-2");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (sectors_that_are_not_asked_for_force_nothing_and_are_not_touched)
{
  struct write_log *log = log_of ("abcdefgh", "ABCDEFGH", NULL);
  struct crash_state *state = new_state (log);
  char bytes[BLOCK_SIZE], untouched[LOG_SECTOR];

  memset (bytes, '#', sizeof bytes);
  memset (untouched, '#', sizeof untouched);
  select_last (state, log, undecided, 2, PREFER_PRESENT);
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
  select_last (state, log, choices, SECTORS, PREFER_PRESENT);
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
  struct write_log *log = log_of ("a", "b", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, undecided, 2, PREFER_ABSENT);
  assert_content (state, 0, 1, ".");
  select_last (state, log, NOTHING, PREFER_ABSENT);
  assert_decisions (state, "");
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "");
  select_last (state, log, undecided, 2, PREFER_PRESENT);
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "+1");
  crash_state_free (state);
  write_log_close (log);
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
  select_last (state, log, choices, 600, PREFER_ABSENT);
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
  const struct decision_rule fine = rule_of (TEAR_ANY, LOG_SECTOR, PREFER_ABSENT);
  const struct {
    struct decision_rule rule;
    uint32_t point;
    size_t count;
    struct choice choices[3];
  } bad[] = {
    { fine, 3, 0, { { 0 } } },
    { fine, UINT32_MAX, 0, { { 0 } } },
    { fine, 1, 1, { absent (2) } },
    { fine, 2, 1, { absent (3) } },
    { fine, 2, 3, { absent (0), absent (2), choice_whole (1, 3) } },
    { fine, 2, 3, { { 0, 1, 1, CHOICE_ABSENT }, absent (2), { 0, 1, 0, CHOICE_ABSENT } } },
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
    ck_assert_int_eq (select_point (state, 0, undecided, 1, fine), 0);
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

/* A log of one device of SECTORS sectors with a write of sectors 5 to 19, so that none of its ends lies at a boundary of
 * 4 KiB: its pieces are sectors 0-2, 3-10 and 11-14 then.
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
    uint32_t sector_bytes;
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
    select_torn (state, log, undecided, 1, rule_of (cases[i].mode, cases[i].sector_bytes, cases[i].preference));
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
    uint32_t sector_bytes;
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
    select_torn (state, log, CHOICES (undecided[0], { 0, 0, 1, CHOICE_PRESENT }, { 0, 4, 5, CHOICE_PRESENT },
                                      { 0, 10, CHOICE_END, CHOICE_ABSENT }),
                 rule_of (cases[i].mode, cases[i].sector_bytes, cases[i].preference));
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
  struct write_log *log = log_of ("abcdefgh", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, CHOICES ({ 0, 2, 6, CHOICE_ABSENT }, { 0, 3, 4, CHOICE_PRESENT }, { 0, 4, 5, CHOICE_ABSENT }),
               PREFER_PRESENT);
  assert_content (state, 0, 8, "ab.d...h");
  select_last (state, log, CHOICES ({ 0, 2, 2, CHOICE_ABSENT }, { 0, 0, 7, CHOICE_PRESENT }), PREFER_PRESENT);
  assert_content (state, 0, 8, "abcdefgh");
  select_last (state, log, CHOICES (absent (0), { 0, 6, 99, CHOICE_PRESENT }, { 0, 0, 0, CHOICE_PRESENT }),
               PREFER_PRESENT);
  assert_content (state, 0, 8, "a.....gh");
  select_last (state, log, CHOICES ({ 0, 1, 1, CHOICE_PRESENT }, absent (0), { 0, 7, CHOICE_END, CHOICE_PRESENT }),
               PREFER_PRESENT);
  assert_content (state, 0, 8, ".......h");
  assert_decisions (state, "");
  select_last (state, log, NOTHING, PREFER_PRESENT);
  assert_content (state, 0, 8, "abcdefgh");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (a_torn_choice_between_equal_bytes_is_none)
{
  struct write_log *log = log_of ("abcd", "abxd", NULL);
  struct crash_state *state = new_state (log);
  static const char *const decisions[] = { [TEAR_NONE] = "-1", [TEAR_PREFIX] = "-1/2-3", [TEAR_ANY] = "-1/2-2" };

  for (enum tear_mode mode = TEAR_NONE; mode <= TEAR_ANY; mode++) {
    select_torn (state, log, undecided + 1, 1, rule_of (mode, LOG_SECTOR, PREFER_ABSENT));
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

  select_torn (state, log, CHOICES (undecided[0], { 1, 1, 1, CHOICE_ABSENT }, { 1, 3, 3, CHOICE_UNDECIDED }),
               rule_of (TEAR_ANY, LOG_SECTOR, PREFER_PRESENT));
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

      select_torn (state, log, undecided, 2, rule);
      read_in_steps (state, 1, letters);
      const struct choice *decisions = crash_state_decisions (state, &count);
      for (size_t at = 0; at < count; at++)
        kinds |= 1u << decisions[at].kind;
      different += seed > 0 && strcmp (letters, first) != 0;
      if (seed == 0)
        strcpy (first, letters);
      for (uint32_t step = 1; step < SECTORS; step += 6) {
        char again[SECTORS + 1];

        select_torn (state, log, undecided, 2, rule);
        read_in_steps (state, step, again);
        ck_assert_msg (strcmp (again, letters) == 0, "%u bytes, seed %u, step %u: %s, not %s", tears[i].sector_bytes,
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

static const struct log_shape shapes[] = {
  { .devices = 1, .sectors = 8, .length = 8, .letters = 27, .writes = 12 },
  { .devices = 2, .sectors = SECTORS, .length = 12, .letters = 3, .writes = 40 },
  { .devices = 3, .sectors = SECTORS - 3, .length = 20, .letters = 27, .writes = 20 },
};

START_TEST (decided_states_are_as_laid_out)
{
  struct dice dice = { 1 };

  for (unsigned round = 0; round < 150; round++) {
    const struct log_shape *shape = &shapes[round % 3];
    struct write_log *log = make_random_log (&dice, shape);
    struct crash_state *state = new_state (log);

    for (unsigned ask = 0; ask < 20; ask++) {
      uint32_t point = roll (&dice, log->event_count), issued = log_writes_until (log, point);
      struct choice choices[WRITES_MAX];
      bool there[WRITES_MAX];
      char letters[SECTORS + 1];

      for (uint32_t i = 0; i < issued; i++) {
        there[i] = roll (&dice, 2);
        choices[i] = there[i] ? present (i) : absent (i);
      }
      ck_assert_int_eq (select_point (state, point, choices, issued, rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT)), 0);
      for (unsigned device = 0; device < shape->devices; device++) {
        lay_out (log, device, point, there, shape->sectors, letters);
        assert_content (state, device, shape->sectors, letters);
      }
    }
    assert_decisions (state, "");
    crash_state_free (state);
    write_log_close (log);
  }
}
END_TEST

#define CHOICES_MAX (WRITES_MAX * 8)

/* A selection, and what it and the decisions after it make of each sector of the devices in each write. */
struct model {
  const struct write_log *log;
  const struct log_shape *shape;
  struct decision_rule rule;
  uint32_t point, issued;
  struct choice choices[CHOICES_MAX];
  size_t choice_count;
  struct choice decisions[WRITES_MAX * SECTORS];
  size_t decision_count;
  enum choice_kind kinds[WRITES_MAX][SECTORS];  /* by sector of the device; absent where the write does not touch it */
  char letters[WRITES_MAX][SECTORS + 1];        /* by sector of the device: what the write alone leaves there */
};

static uint32_t
start_of (const struct model *model, uint32_t write)
{
  return (uint32_t) (model->log->writes[write].offset_bytes / LOG_SECTOR);
}

static uint32_t
end_of (const struct model *model, uint32_t write)
{
  return start_of (model, write) + model->log->writes[write].length_bytes / LOG_SECTOR;
}

static void
begin_model (struct model *model, const struct write_log *log, const struct log_shape *shape, struct dice *dice)
{
  static const uint32_t sizes[] = { 512, 1024, 4096 };

  model->log = log;
  model->shape = shape;
  model->rule = rule_of (roll (dice, TEAR_ANY + 1), sizes[roll (dice, 3)], roll (dice, PREFER_RANDOM));
  model->point = roll (dice, log->event_count);
  model->issued = log_writes_until (log, model->point);
  model->choice_count = model->decision_count = 0;
  for (uint32_t write = 0; write < model->issued; write++) {
    bool there[WRITES_MAX] = { false };

    there[write] = true;
    lay_out (log, log->writes[write].device, model->point, there, shape->sectors, model->letters[write]);
    for (uint32_t sector = 0; sector < SECTORS; sector++)
      model->kinds[write][sector]
        = sector >= start_of (model, write) && sector < end_of (model, write) ? CHOICE_PRESENT : CHOICE_ABSENT;
  }
}

/* Which of the device's own sectors SECTOR lies in. */
static uint32_t
piece_of (const struct model *model, uint32_t sector)
{
  return sector / (model->rule.tear.sector_bytes / LOG_SECTOR);
}

static void
apply_to_model (struct model *model, struct choice choice)
{
  uint32_t start = start_of (model, choice.write), length = end_of (model, choice.write) - start;

  for (uint32_t i = choice.first; i <= choice.last && i < length; i++)
    model->kinds[choice.write][start + i] = choice.kind;
}

static void
add_choice (struct model *model, struct choice choice)
{
  ck_assert_uint_lt (model->choice_count, CHOICES_MAX);
  model->choices[model->choice_count++] = choice;
  apply_to_model (model, choice);
}

static void
select_model (struct crash_state *state, const struct model *model)
{
  ck_assert_int_eq (select_point (state, model->point, model->choices, model->choice_count, model->rule), 0);
}

/* Choices that the tear mode allows, some of them undecided. */
static void
add_legal_choices (struct dice *dice, struct model *model)
{
  for (uint32_t write = model->issued; write-- > 0;) {
    uint32_t length = end_of (model, write) - start_of (model, write);
    enum choice_kind kind = roll (dice, 3);

    add_choice (model, choice_whole (write, kind));
    for (unsigned left = kind == CHOICE_UNDECIDED ? roll (dice, 3) : 0; left > 0; left--)
      add_choice (model, tear_choice (&model->rule.tear, model->log, write, roll (dice, length), roll (dice, 2)));
  }
}

/* Choices of any parts of any writes, of the first KINDS kinds. */
static void
add_any_choices (struct dice *dice, struct model *model, unsigned kinds)
{
  for (unsigned left = model->issued * 3; left > 0; left--) {
    uint32_t write = roll (dice, model->issued), length = end_of (model, write) - start_of (model, write);
    uint32_t first = roll (dice, length), last = roll (dice, 4) ? first + roll (dice, length) : CHOICE_END;

    add_choice (model, (struct choice) { write, first, last, roll (dice, kinds) });
  }
}

/* The letter of a sector if just those undecided writes have it whose bit is set in SUBSET: bit 0 is the oldest. */
static char
letter_under (const struct model *model, unsigned device, uint32_t sector, unsigned subset)
{
  char letter = '.';

  for (uint32_t write = 0; write < model->issued; write++) {
    enum choice_kind kind = model->kinds[write][sector];

    if (model->log->writes[write].device != device)
      continue;
    if (kind == CHOICE_PRESENT || (kind == CHOICE_UNDECIDED && subset & 1))
      letter = model->letters[write][sector];
    if (kind == CHOICE_UNDECIDED)
      subset >>= 1;
  }
  return letter;
}

START_TEST (torn_states_are_as_in_the_model)
{
  struct dice dice = { 4 };
  struct model model;

  for (unsigned round = 0; round < 90; round++) {
    const struct log_shape *shape = &shapes[round % 3];
    struct write_log *log = make_random_log (&dice, shape);
    struct crash_state *state = new_state (log);

    for (unsigned ask = 0; ask < 10; ask++) {
      begin_model (&model, log, shape, &dice);
      add_any_choices (&dice, &model, 2);
      select_model (state, &model);
      for (unsigned device = 0; device < shape->devices; device++) {
        char letters[SECTORS + 1] = "";

        for (uint32_t sector = 0; sector < shape->sectors; sector++)
          letters[sector] = letter_under (&model, device, sector, 0);
        assert_content (state, device, shape->sectors, letters);
      }
      assert_decisions (state, "");
    }
    crash_state_free (state);
    write_log_close (log);
  }
}
END_TEST

#define NO_WRITE UINT32_MAX

/* The newest undecided write on which the sector depends under some choice of the others: found by trying all. */
static uint32_t
find_dependence (const struct model *model, unsigned device, uint32_t sector)
{
  uint32_t open[WRITES_MAX];
  unsigned count = 0;
  char letters[1 << 12];

  for (uint32_t write = 0; write < model->issued; write++)
    if (model->log->writes[write].device == device && model->kinds[write][sector] == CHOICE_UNDECIDED)
      open[count++] = write;
  ck_assert_uint_le (count, 12);
  for (unsigned subset = 0; subset < 1u << count; subset++)
    letters[subset] = letter_under (model, device, sector, subset);
  for (unsigned i = count; i-- > 0;)
    for (unsigned subset = 0; subset < 1u << count; subset++)
      if (letters[subset] != letters[subset ^ 1u << i])
        return open[i];
  return NO_WRITE;
}

/* Whether sector OTHER of a write is decided with SECTOR. */
static bool
comes_along (const struct model *model, enum choice_kind kind, uint32_t sector, uint32_t other)
{
  switch (model->rule.tear.mode) {
  case TEAR_PREFIX:
    return kind == CHOICE_PRESENT ? piece_of (model, other) <= piece_of (model, sector)
      : piece_of (model, other) >= piece_of (model, sector);
  case TEAR_ANY:
    return piece_of (model, other) == piece_of (model, sector);
  default:
    return true;
  }
}

static void
decide_in_model (struct model *model, uint32_t write, uint32_t sector)
{
  enum choice_kind kind = model->rule.preference == PREFER_PRESENT ? CHOICE_PRESENT : CHOICE_ABSENT;
  uint32_t start = start_of (model, write), length = end_of (model, write) - start;
  struct choice decision = { write, sector - start, sector - start, kind };

  for (uint32_t i = 0; i < length; i++)
    if (model->kinds[write][start + i] == CHOICE_UNDECIDED && comes_along (model, kind, sector, start + i)) {
      decision.first = decision.first < i ? decision.first : i;
      decision.last = decision.last > i ? decision.last : i;
    }
  apply_to_model (model, decision);
  model->decisions[model->decision_count++] = decision;
}

/* Decide what SECTOR depends on, one write after the other, and return its letter. */
static char
read_model (struct model *model, unsigned device, uint32_t sector)
{
  uint32_t write;

  while ((write = find_dependence (model, device, sector)) != NO_WRITE)
    decide_in_model (model, write, sector);
  return letter_under (model, device, sector, 0);
}

/* A few sectors of a block, to read. */
struct glance {
  unsigned device;
  uint32_t block;
  unsigned sectors;
  char letters[BLOCK_SECTORS];  /* what was read there */
};

static struct glance
random_glance (struct dice *dice, const struct log_shape *shape)
{
  unsigned device = roll (dice, shape->devices);
  uint32_t block = roll (dice, (shape->sectors + BLOCK_SECTORS - 1) / BLOCK_SECTORS);
  unsigned sectors = roll (dice, BLOCK_ALL + 1) & roll (dice, BLOCK_ALL + 1);

  return (struct glance) { .device = device, .block = block, .sectors = sectors };
}

/* Whether GLANCE looks at sector I of its block, and the device has it. */
static bool
looks_at (const struct glance *glance, const struct log_shape *shape, uint32_t i)
{
  return glance->sectors & 1u << i && glance->block * BLOCK_SECTORS + i < shape->sectors;
}

static void
take (struct crash_state *state, struct glance *glance)
{
  char bytes[BLOCK_SIZE];

  crash_state_read_block (state, glance->device, glance->block, glance->sectors, bytes);
  for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
    glance->letters[i] = glance->sectors & 1u << i ? sector_letter (bytes + i * LOG_SECTOR) : '-';
}

/* The decisions from FROM on must be the COUNT at EXPECTED. */
static void
compare_decisions (const struct crash_state *state, const struct write_log *log, size_t from,
                   const struct choice *expected, size_t count)
{
  size_t found;
  const struct choice *decisions = crash_state_decisions (state, &found);

  ck_assert_uint_eq (found, from + count);
  for (size_t i = 0; i < count; i++) {
    const struct choice *decision = &decisions[from + i];
    uint32_t end = write_last_sector (&log->writes[expected[i].write]);

    ck_assert_uint_eq (decision->write, expected[i].write);
    ck_assert_int_eq (decision->kind, expected[i].kind);
    ck_assert_uint_eq (decision->first, expected[i].first);
    ck_assert_uint_eq (decision->last < end ? decision->last : end, expected[i].last < end ? expected[i].last : end);
  }
}

START_TEST (a_write_is_decided_if_and_only_if_the_bytes_depend_on_it)
{
  struct dice dice = { 2 };
  struct model model;

  for (unsigned round = 0; round < 120; round++) {
    const struct log_shape *shape = &shapes[round % 3];
    struct write_log *log = make_random_log (&dice, shape);
    struct crash_state *state = new_state (log);

    for (unsigned ask = 0; ask < 8; ask++) {
      begin_model (&model, log, shape, &dice);
      add_legal_choices (&dice, &model);
      select_model (state, &model);
      for (unsigned read = 0; read < 5; read++) {
        struct glance glance = random_glance (&dice, shape);

        take (state, &glance);
        for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
          if (looks_at (&glance, shape, i))
            ck_assert_int_eq (glance.letters[i], read_model (&model, glance.device, glance.block * BLOCK_SECTORS + i));
        compare_decisions (state, log, 0, model.decisions, model.decision_count);
      }
    }
    crash_state_free (state);
    write_log_close (log);
  }
}
END_TEST

/* The state must be one that the tear mode allows, whatever is still undecided. */
static void
check_legality (const struct model *model)
{
  for (uint32_t write = 0; write < model->issued; write++)
    for (uint32_t sector = start_of (model, write) + 1; sector < end_of (model, write); sector++) {
      enum choice_kind before = model->kinds[write][sector - 1], kind = model->kinds[write][sector];

      if (kind == before)
        continue;
      ck_assert_int_ne (model->rule.tear.mode, TEAR_NONE);
      ck_assert_uint_ne (piece_of (model, sector - 1), piece_of (model, sector));
      if (model->rule.tear.mode == TEAR_PREFIX)
        ck_assert (before == CHOICE_PRESENT || kind == CHOICE_ABSENT);
    }
}

/* Decide all that is undecided in a WAY that the tear mode allows: nothing is there, all is, or from 2 on a random one.
 * Returns whether there was anything.
 */
static bool
complete (struct dice *dice, struct model *model, unsigned way)
{
  bool any = false;

  for (uint32_t write = 0; write < model->issued; write++) {
    uint32_t pieces = roll (dice, 1u << SECTORS);       /* a bit for each that is there */

    if (way < 2 || model->rule.tear.mode == TEAR_NONE)
      pieces = (way < 2 ? way : roll (dice, 2)) ? UINT32_MAX : 0;
    else if (model->rule.tear.mode == TEAR_PREFIX)
      pieces = (1u << roll (dice, piece_of (model, SECTORS - 1) + 2)) - 1;
    for (uint32_t sector = 0; sector < SECTORS; sector++)
      if (model->kinds[write][sector] == CHOICE_UNDECIDED) {
        any = true;
        model->kinds[write][sector] = pieces & 1u << piece_of (model, sector) ? CHOICE_PRESENT : CHOICE_ABSENT;
      }
  }
  return any;
}

#define GLANCES 4

/* Returns whether anything was left undecided. */
static bool
check_completions (struct dice *dice, const struct model *model, const struct glance *glances)
{
  bool any = false;

  for (unsigned way = 0; way < 22; way++) {
    struct model completed = *model;

    any = complete (dice, &completed, way);
    check_legality (&completed);
    for (const struct glance *glance = glances; glance < glances + GLANCES; glance++)
      for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
        if (looks_at (glance, model->shape, i))
          ck_assert_int_eq (glance->letters[i],
                            letter_under (&completed, glance->device, glance->block * BLOCK_SECTORS + i, 0));
  }
  return any;
}

START_TEST (what_is_left_undecided_does_not_show_in_what_was_read)
{
  struct dice dice = { 5 };
  struct model model;
  struct glance glances[GLANCES];
  unsigned cases[TEAR_ANY + 1] = { 0 }; /* in which something was decided and something was not */

  for (unsigned round = 0; round < 120; round++) {
    const struct log_shape *shape = &shapes[round % 3];
    struct write_log *log = make_random_log (&dice, shape);
    struct crash_state *state = new_state (log);

    for (unsigned ask = 0; ask < 8; ask++) {
      const struct choice *decisions;
      size_t count;

      begin_model (&model, log, shape, &dice);
      model.rule.preference = roll (&dice, PREFER_RANDOM + 1);
      model.rule.seed = ask;
      add_legal_choices (&dice, &model);
      select_model (state, &model);
      for (unsigned i = 0; i < GLANCES; i++) {
        glances[i] = random_glance (&dice, shape);
        take (state, &glances[i]);
      }
      decisions = crash_state_decisions (state, &count);
      for (size_t i = 0; i < count; i++)
        apply_to_model (&model, decisions[i]);
      check_legality (&model);
      cases[model.rule.tear.mode] += check_completions (&dice, &model, glances) && count > 0;
    }
    crash_state_free (state);
    write_log_close (log);
  }
  for (enum tear_mode mode = TEAR_NONE; mode <= TEAR_ANY; mode++)
    ck_assert_uint_gt (cases[mode], 20);
}
END_TEST

/* Take some glances at both states: they must answer alike, and decide alike behind the first KEPT decisions of STATE. */
static void
compare_states (struct dice *dice, const struct model *model, struct crash_state *state, size_t kept,
                struct crash_state *other)
{
  const struct choice *decisions;
  size_t count;

  for (unsigned i = 0; i < GLANCES; i++) {
    struct glance glance = random_glance (dice, model->shape), same = glance;

    take (state, &glance);
    take (other, &same);
    ck_assert_mem_eq (glance.letters, same.letters, sizeof glance.letters);
  }
  decisions = crash_state_decisions (other, &count);
  compare_decisions (state, model->log, kept, decisions, count);
}

START_TEST (what_is_undone_leaves_no_trace)
{
  struct dice dice = { 6 };
  struct model model;
  struct choice before[WRITES_MAX * SECTORS];

  for (unsigned round = 0; round < 120; round++) {
    const struct log_shape *shape = &shapes[round % 3];
    struct write_log *log = make_random_log (&dice, shape);
    struct crash_state *state = new_state (log), *other = new_state (log);

    begin_model (&model, log, shape, &dice);
    model.rule.preference = roll (&dice, PREFER_RANDOM + 1);
    if (roll (&dice, 2) && model.issued > 0)
      add_any_choices (&dice, &model, 3);
    else
      add_legal_choices (&dice, &model);
    select_model (state, &model);
    select_model (other, &model);
    compare_states (&dice, &model, state, 0, other);
    for (unsigned ask = 0; ask < 8; ask++) {
      struct model kept = model;
      size_t count;
      const struct choice *decisions = crash_state_decisions (state, &count);

      count = roll (&dice, (uint32_t) count + 1);
      for (size_t i = 0; i < count; i++)
        before[i] = decisions[i];
      crash_state_undo (state, count);
      compare_decisions (state, log, 0, before, count);
      for (size_t i = 0; i < count; i++)
        add_choice (&kept, before[i]);
      select_model (other, &kept);
      compare_states (&dice, &model, state, count, other);
    }
    crash_state_free (state);
    crash_state_free (other);
    write_log_close (log);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("crash-state");
  TCase *tcase = tcase_create ("crash-state");

  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, a_new_state_has_every_write_and_zeros_elsewhere);
  tcase_add_test (tcase, only_writes_issued_by_the_point_are_there);
  tcase_add_test (tcase, an_absent_write_shows_what_is_below);
  tcase_add_test (tcase, of_two_choices_for_a_write_the_last_counts);
  tcase_add_test (tcase, an_undecided_write_is_decided_as_preferred);
  tcase_add_test (tcase, a_write_that_became_present_hides_the_older);
  tcase_add_test (tcase, a_write_below_a_present_one_is_not_decided);
  tcase_add_test (tcase, a_choice_between_equal_bytes_is_none);
  tcase_add_test (tcase, an_undecided_write_between_equal_ones_is_a_choice);
  tcase_add_test (tcase, undecided_zeros_on_an_empty_device_are_no_choice);
  tcase_add_test (tcase, undecided_zeros_over_data_are_a_choice);
  tcase_add_test (tcase, sectors_that_are_not_asked_for_force_nothing_and_are_not_touched);
  tcase_add_test (tcase, a_read_asks_for_its_own_sectors_alone);
  tcase_add_test (tcase, selecting_forgets_choices_and_decisions);
  tcase_add_test (tcase, a_block_may_have_hundreds_of_writes);
  tcase_add_test (tcase, what_cannot_be_selected_is_refused);
  tcase_add_test (tcase, a_read_decides_the_part_that_its_sector_stands_for);
  tcase_add_test (tcase, a_decision_is_never_more_than_what_was_undecided);
  tcase_add_test (tcase, of_choices_that_overlap_the_last_counts);
  tcase_add_test (tcase, a_torn_choice_between_equal_bytes_is_none);
  tcase_add_test (tcase, a_torn_write_hides_only_where_it_is_there);
  tcase_add_test (tcase, what_is_random_depends_on_the_seed_and_not_on_the_order_of_reads);
  tcase_add_test (tcase, decided_states_are_as_laid_out);
  tcase_add_test (tcase, torn_states_are_as_in_the_model);
  tcase_add_test (tcase, a_write_is_decided_if_and_only_if_the_bytes_depend_on_it);
  tcase_add_test (tcase, what_is_left_undecided_does_not_show_in_what_was_read);
  tcase_add_test (tcase, what_is_undone_leaves_no_trace);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}
