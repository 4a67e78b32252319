/* SPDX-License-Identifier: BSD-3-Clause */
/* Crash states are held against lay_out, which applies one write after the other to an array. */
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

static void
select_last (struct crash_state *state, const struct write_log *log, const struct choice *choices, size_t count,
             enum choice_kind undecided_default)
{
  ck_assert_int_eq (crash_state_select (state, log->event_count - 1, choices, count, undecided_default), 0);
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

/* The decisions as text: `+1-0` is write 1 there, write 0 not. */
static void
assert_decisions (const struct crash_state *state, const char *expected)
{
  size_t count, length;
  const struct choice *decisions = crash_state_decisions (state, &count);
  char *text;
  FILE *file = open_memstream (&text, &length);

  for (size_t i = 0; i < count; i++)
    fprintf (file, "%c%u", decisions[i].kind == CHOICE_PRESENT ? '+' : decisions[i].kind == CHOICE_ABSENT ? '-' : '?',
             decisions[i].write);
  fclose (file);
  ck_assert_str_eq (text, expected);
  free (text);
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
  { 0, CHOICE_UNDECIDED }, { 1, CHOICE_UNDECIDED }, { 2, CHOICE_UNDECIDED }, { 3, CHOICE_UNDECIDED }
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

  ck_assert_int_eq (crash_state_select (state, 1, NULL, 0, CHOICE_PRESENT), 0);
  assert_content (state, 0, 1, "b");
  ck_assert_int_eq (crash_state_select (state, 0, NULL, 0, CHOICE_PRESENT), 0);
  assert_content (state, 0, 1, "a");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (an_absent_write_shows_what_is_below)
{
  struct write_log *log = log_of ("aaa", "bb", "c", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, (struct choice[]) { { 1, CHOICE_ABSENT } }, 1, CHOICE_PRESENT);
  assert_content (state, 0, 4, "caa.");
  select_last (state, log, (struct choice[]) { { 0, CHOICE_ABSENT }, { 2, CHOICE_ABSENT } }, 2, CHOICE_PRESENT);
  assert_content (state, 0, 4, "bb..");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (of_two_choices_for_a_write_the_last_counts)
{
  struct write_log *log = log_of ("a", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, (struct choice[]) { { 0, CHOICE_PRESENT }, { 0, CHOICE_ABSENT } }, 2, CHOICE_PRESENT);
  assert_content (state, 0, 1, ".");
  select_last (state, log, (struct choice[]) { { 0, CHOICE_ABSENT }, { 0, CHOICE_PRESENT } }, 2, CHOICE_PRESENT);
  assert_content (state, 0, 1, "a");
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (an_undecided_write_is_decided_with_the_default)
{
  struct write_log *log = log_of ("a", "b", NULL);
  struct crash_state *state = new_state (log);

  select_last (state, log, undecided, 2, CHOICE_PRESENT);
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "+1");
  select_last (state, log, undecided, 2, CHOICE_ABSENT);
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

  select_last (state, log, undecided, 2, CHOICE_PRESENT);
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
  const struct choice choices[] = { { 0, CHOICE_UNDECIDED }, { 1, CHOICE_PRESENT }, { 2, CHOICE_UNDECIDED } };

  select_last (state, log, choices, 3, CHOICE_ABSENT);
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
  const struct choice choices[] = { { 1, CHOICE_UNDECIDED }, { 2, CHOICE_UNDECIDED } };

  select_last (state, log, choices, 2, CHOICE_ABSENT);
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
  select_last (state, log, undecided + 1, 2, CHOICE_PRESENT);
  assert_content (state, 0, 1, "a");
  assert_decisions (state, "+2");
  select_last (state, log, undecided + 1, 2, CHOICE_ABSENT);
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

  select_last (state, log, undecided, 3, CHOICE_PRESENT);
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

  select_last (state, log, undecided + 1, 2, CHOICE_PRESENT);
  assert_content (state, 0, 3, ".b.");
  assert_decisions (state, "+1+2");
  select_last (state, log, undecided + 1, 2, CHOICE_ABSENT);
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
  select_last (state, log, undecided, 2, CHOICE_PRESENT);
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
    choices[i] = (struct choice) { i, CHOICE_UNDECIDED };
  select_last (state, log, choices, SECTORS, CHOICE_PRESENT);
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

  select_last (state, log, undecided, 2, CHOICE_ABSENT);
  assert_content (state, 0, 1, ".");
  select_last (state, log, NULL, 0, CHOICE_ABSENT);
  assert_decisions (state, "");
  assert_content (state, 0, 1, "b");
  assert_decisions (state, "");
  select_last (state, log, undecided, 2, CHOICE_PRESENT);
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
    choices[i] = (struct choice) { i, i % 2 ? CHOICE_ABSENT : CHOICE_UNDECIDED };
  }
  struct write_log *log = finish_log (maker);
  struct crash_state *state = new_state (log);

  for (int i = 598; i >= 0; i -= 2)
    snprintf (expected + strlen (expected), sizeof expected - strlen (expected), "-%d", i);
  select_last (state, log, choices, 600, CHOICE_ABSENT);
  assert_content (state, 0, 1, ".");
  assert_decisions (state, expected);
  crash_state_free (state);
  write_log_close (log);
}
END_TEST

START_TEST (what_cannot_be_selected_is_refused)
{
  struct write_log *log = log_of ("a", "b", "c", NULL);
  struct crash_state *state = new_state (log);
  const struct choice issued_later = { 2, CHOICE_ABSENT }, not_there = { 3, CHOICE_ABSENT };
  const struct choice fine_then_bad[] = { { 0, CHOICE_ABSENT }, { 2, CHOICE_ABSENT }, { 1, 3 } };
  const struct {
    uint32_t point;
    const struct choice *choices;
    size_t count;
    enum choice_kind undecided_default;
  } bad[] = {
    { 3, NULL, 0, CHOICE_PRESENT }, { UINT32_MAX, NULL, 0, CHOICE_PRESENT }, { 1, &issued_later, 1, CHOICE_PRESENT },
    { 2, &not_there, 1, CHOICE_PRESENT }, { 2, fine_then_bad, 3, CHOICE_PRESENT }, { 2, NULL, 0, CHOICE_UNDECIDED },
    { 2, NULL, 0, 3 },
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_int_eq (crash_state_select (state, 0, undecided, 1, CHOICE_ABSENT), 0);
    assert_content (state, 0, 1, ".");
    errno = 0;
    ck_assert_int_eq (crash_state_select (state, bad[i].point, bad[i].choices, bad[i].count,
                                          bad[i].undecided_default), -1);
    ck_assert_int_eq (errno, EINVAL);
    assert_content (state, 0, 1, "c");
    assert_decisions (state, "");
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
        choices[i] = (struct choice) { i, there[i] ? CHOICE_PRESENT : CHOICE_ABSENT };
      }
      ck_assert_int_eq (crash_state_select (state, point, choices, issued, CHOICE_PRESENT), 0);
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

/* The choices of a state as the model of the next test sees them. */
struct guess {
  const struct write_log *log;
  uint32_t point;
  uint32_t sectors;
  enum choice_kind kinds[WRITES_MAX];
  uint32_t open[WRITES_MAX];    /* the undecided writes, newest first */
  unsigned open_count;
  enum choice_kind undecided_default;
  struct choice decisions[WRITES_MAX];
  size_t decision_count;
};

/* The letter of a sector if just those open writes are there whose bit is set in SUBSET. */
static char
letter_under (const struct guess *guess, unsigned device, uint32_t sector, unsigned subset)
{
  char letters[SECTORS + 1];
  bool there[WRITES_MAX];

  for (uint32_t i = 0; i < guess->log->write_count; i++)
    there[i] = guess->kinds[i] == CHOICE_PRESENT;
  for (unsigned i = 0; i < guess->open_count; i++)
    there[guess->open[i]] = subset & 1u << i;
  lay_out (guess->log, device, guess->point, there, guess->sectors, letters);
  return letters[sector];
}

/* The newest open write on which the sector depends under some choice of the others, or -1: found by trying all. */
static int
find_dependence (const struct guess *guess, unsigned device, uint32_t sector)
{
  char letters[1 << 8];

  ck_assert_uint_le (guess->open_count, 8);
  for (unsigned subset = 0; subset < 1u << guess->open_count; subset++)
    letters[subset] = letter_under (guess, device, sector, subset);
  for (unsigned i = 0; i < guess->open_count; i++)
    for (unsigned subset = 0; subset < 1u << guess->open_count; subset++)
      if (letters[subset] != letters[subset ^ 1u << i])
        return (int) i;
  return -1;
}

/* Decide what SECTOR depends on, one after the other, and return its letter. */
static char
guess_sector (struct guess *guess, unsigned device, uint32_t sector)
{
  int found;

  while ((found = find_dependence (guess, device, sector)) != -1) {
    uint32_t write = guess->open[found];

    guess->kinds[write] = guess->undecided_default;
    guess->decisions[guess->decision_count++] = (struct choice) { write, guess->undecided_default };
    for (unsigned i = (unsigned) found; i + 1 < guess->open_count; i++)
      guess->open[i] = guess->open[i + 1];
    guess->open_count--;
  }
  return letter_under (guess, device, sector, 0);
}

/* Select a random state with at most 8 undecided writes, in STATE and in *guess. */
static void
select_random (struct dice *dice, struct crash_state *state, struct guess *guess)
{
  uint32_t issued = log_writes_until (guess->log, guess->point);
  struct choice choices[WRITES_MAX];

  guess->undecided_default = roll (dice, 2) ? CHOICE_PRESENT : CHOICE_ABSENT;
  guess->open_count = 0;
  guess->decision_count = 0;
  for (uint32_t i = issued; i-- > 0;) {
    enum choice_kind kind = (enum choice_kind) roll (dice, 3);

    if (kind == CHOICE_UNDECIDED && guess->open_count == 8)
      kind = CHOICE_ABSENT;
    if (kind == CHOICE_UNDECIDED)
      guess->open[guess->open_count++] = i;
    guess->kinds[i] = kind;
    choices[i] = (struct choice) { i, kind };
  }
  for (uint32_t i = issued; i < guess->log->write_count; i++)
    guess->kinds[i] = CHOICE_ABSENT;
  ck_assert_int_eq (crash_state_select (state, guess->point, choices, issued, guess->undecided_default), 0);
}

/* Read some sectors of some block both ways. */
static void
compare_read (struct dice *dice, struct crash_state *state, struct guess *guess, unsigned devices)
{
  unsigned device = roll (dice, devices), sectors = roll (dice, BLOCK_ALL + 1);
  uint32_t block = roll (dice, guess->sectors / BLOCK_SECTORS + 1);
  char bytes[BLOCK_SIZE];
  const struct choice *decisions;
  size_t count;

  crash_state_read_block (state, device, block, sectors, bytes);
  for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
    if (sectors & 1u << i && block * BLOCK_SECTORS + i < guess->sectors)
      ck_assert_int_eq (sector_letter (bytes + i * LOG_SECTOR),
                        guess_sector (guess, device, block * BLOCK_SECTORS + i));
  decisions = crash_state_decisions (state, &count);
  ck_assert_uint_eq (count, guess->decision_count);
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq (decisions[i].write, guess->decisions[i].write);
    ck_assert_int_eq (decisions[i].kind, guess->decisions[i].kind);
  }
}

START_TEST (a_write_is_decided_if_and_only_if_the_bytes_depend_on_it)
{
  struct dice dice = { 2 };

  for (unsigned round = 0; round < 60; round++) {
    const struct log_shape *shape = &shapes[round % 3];
    struct write_log *log = make_random_log (&dice, shape);
    struct crash_state *state = new_state (log);

    for (unsigned ask = 0; ask < 4; ask++) {
      struct guess guess = { .log = log, .point = roll (&dice, log->event_count), .sectors = shape->sectors };

      select_random (&dice, state, &guess);
      for (unsigned read = 0; read < 4; read++)
        compare_read (&dice, state, &guess, shape->devices);
    }
    crash_state_free (state);
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
  tcase_add_test (tcase, an_undecided_write_is_decided_with_the_default);
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
  tcase_add_test (tcase, decided_states_are_as_laid_out);
  tcase_add_test (tcase, a_write_is_decided_if_and_only_if_the_bytes_depend_on_it);
  suite_add_tcase (suite, tcase);
  return run_suite_with_folder (suite);
}
