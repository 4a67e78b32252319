/* SPDX-License-Identifier: BSD-3-Clause */
/* A run is played by the list of what it reads.  That searches may rest on sets is tested in test-search.c.
 * Long because every test plays runs against the one set, and no other does.
 */
#include <config.h>

#include <string.h>

#include "replay/search/read-sets.h"
#include "tests/unit/make-log.h"

#define SECTORS 24

/* Single sectors that a run read, in order, and its number. */
#define READS(...) (const uint32_t[]) { __VA_ARGS__ }, sizeof (uint32_t[]) { __VA_ARGS__ } / sizeof (uint32_t)
#define SECOND_DEVICE 1000      /* what is added to a sector there */

/* Choices, and their number. */
#define CHOICES(...) \
  (const struct choice[]) { __VA_ARGS__ }, sizeof (struct choice[]) { __VA_ARGS__ } / sizeof (struct choice)

static struct write_log *history;
static struct crash_points points;
static struct read_sets *sets;
static struct crash_state *state;

static void
begin (struct log_maker *maker)
{
  history = finish_log (maker);
  ck_assert_int_eq (model_crash_points (history, false, &points), 0);
  sets = read_sets_new (history, &points);
  state = crash_state_new (history);
  ck_assert_ptr_nonnull (sets);
  ck_assert_ptr_nonnull (state);
}

static void
end (void)
{
  read_sets_free (sets);
  crash_state_free (state);
  crash_points_free (&points);
  write_log_close (history);
}

static struct choice
there (uint32_t write)
{
  return choice_whole (write, CHOICE_PRESENT);
}

static struct choice
absent (uint32_t write)
{
  return choice_whole (write, CHOICE_ABSENT);
}

static struct choice
undecided (uint32_t write)
{
  return choice_whole (write, CHOICE_UNDECIDED);
}

/* What is not chosen is there. */
static void
become (size_t point, const struct choice *choices, size_t count, enum tear_mode mode, enum preference preference)
{
  const struct selection selection = {
    .point = points.points[point].position, .choices = choices, .count = count,
    .rule = { .tear = { mode, LOG_SECTOR }, .preference = preference }
  };

  ck_assert_uint_lt (point, points.count);
  ck_assert_int_eq (crash_state_select (state, &selection), 0);
}

static struct outcome
outcome_of (const char *digest)
{
  struct outcome outcome = { .kind = OUTCOME_TREE };

  strcpy (outcome.digest, digest);
  return outcome;
}

static enum read_set_result
add (const uint32_t *sectors, size_t count, const char *digest)
{
  const struct outcome outcome = outcome_of (digest);
  struct control_seen seen[SECTORS];
  char block[BLOCK_SIZE];

  ck_assert_uint_le (count, SECTORS);
  for (size_t i = 0; i < count; i++) {
    uint32_t sector = sectors[i] % SECOND_DEVICE;

    seen[i] = (struct control_seen) {
      .block = sector / BLOCK_SECTORS, .device = sectors[i] / SECOND_DEVICE, .sectors = 1u << sector % BLOCK_SECTORS
    };
    crash_state_read_block (state, seen[i].device, seen[i].block, seen[i].sectors, block);
  }
  return read_sets_add (sets, state, 0, seen, count, &outcome, NULL);
}

static void
keep (const uint32_t *sectors, size_t count, const char *digest)
{
  ck_assert_int_eq (add (sectors, count, digest), READ_SET_KEPT);
}

/* What is remembered of the state is DIGEST, or NULL. */
static void
assert_remembered (const char *digest)
{
  const struct outcome *outcome = read_sets_find (sets, state, 0, NULL);

  ck_assert_int_eq (outcome != NULL, digest != NULL);
  if (digest)
    ck_assert_str_eq (outcome->digest, digest);
}

static void
assert_decided (const struct choice *expected, size_t count)
{
  size_t found;
  const struct choice *decisions = crash_state_decisions (state, &found);

  ck_assert_uint_eq (found, count);
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq (decisions[i].write, expected[i].write);
    ck_assert_int_eq (decisions[i].kind, expected[i].kind);
    ck_assert_uint_eq (decisions[i].first, expected[i].first);
    ck_assert_uint_eq (decisions[i].last, expected[i].last);
  }
}

static void
add_done_flush (struct log_maker *maker, unsigned device)
{
  add_completion (maker, add_flush (maker, device), 0);
}

/* Before `begin` sector 0 has been `a`, and 1 and 2 are `b`; write 3 is pending at the first crash point, 4 at the
 * second, 5 at the last.
 */
static void
begin_usual (void)
{
  struct log_maker *maker = make_log (2, SECTORS);

  add_done_write (maker, 0, 0, "a");
  add_done_write (maker, 0, 1, "b");
  add_done_write (maker, 0, 2, "b");
  add_done_flush (maker, 0);
  add_mark (maker, "begin");
  add_done_write (maker, 0, 0, "c");
  add_done_flush (maker, 0);
  add_done_write (maker, 0, 1, "d");
  add_done_flush (maker, 0);
  add_done_write (maker, 0, 9, "e");
  begin (maker);
  ck_assert_uint_eq (points.count, 3);
}

START_TEST (nothing_is_remembered_at_first)
{
  begin_usual ();
  become (0, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  end ();
}
END_TEST

START_TEST (equal_contents_are_found_at_another_crash_point)
{
  begin_usual ();
  become (0, CHOICES (there (3)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0, 1), "c-b");
  become (1, CHOICES (absent (4)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("c-b");
  become (2, CHOICES (absent (4)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("c-b");
  end ();
}
END_TEST

START_TEST (other_contents_are_not_found)
{
  begin_usual ();
  become (0, CHOICES (there (3)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0, 1), "c-b");
  become (0, CHOICES (absent (3)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  become (1, CHOICES (there (4)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  keep (READS (0, 1), "c-d");
  become (2, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("c-d");
  end ();
}
END_TEST

START_TEST (equal_contents_of_other_writes_are_found)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 0, "a");
  add_done_write (maker, 0, 0, "b");
  add_done_write (maker, 0, 0, "a");
  begin (maker);
  become (0, CHOICES (absent (1), absent (2)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0), "a");
  become (0, CHOICES (absent (0)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("a");
  become (0, CHOICES (absent (2)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  end ();
}
END_TEST

/* Writes 1 and 2 are there in every state; taking one away, which is not legal, shows that it is not asked for. */
START_TEST (what_is_the_same_in_every_state_is_not_asked_for)
{
  begin_usual ();
  become (0, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  keep (READS (2, 0), "c");
  become (0, CHOICES (absent (2)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("c");
  become (0, CHOICES (absent (3)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  end ();
}
END_TEST

START_TEST (what_is_durable_hides_what_varies_below_it)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_completion (maker, add_write (maker, 0, 0, "a", 0), 5);   /* it fails */
  add_done_write (maker, 0, 0, "b");
  add_done_flush (maker, 0);
  add_mark (maker, "begin");
  add_write (maker, 0, 1, "c", 0);
  begin (maker);
  become (0, CHOICES (undecided (0), undecided (2)), TEAR_NONE, PREFER_ABSENT);
  keep (READS (0), "b");
  become (0, CHOICES (absent (1), undecided (2)), TEAR_NONE, PREFER_ABSENT);
  assert_remembered ("b");
  end ();
}
END_TEST

START_TEST (what_is_pending_at_the_first_crash_point_is_asked_for)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 0, "a");
  add_mark (maker, "begin");
  add_done_flush (maker, 0);
  begin (maker);
  ck_assert_uint_eq (points.count, 2);
  become (0, CHOICES (there (0)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0), "a");
  become (0, CHOICES (absent (0)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  become (1, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("a");
  end ();
}
END_TEST

START_TEST (a_run_that_read_nothing_that_varies_stands_for_all)
{
  begin_usual ();
  become (0, CHOICES (absent (3)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (2, 15, SECOND_DEVICE), "all");
  become (0, CHOICES (undecided (3)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("all");
  assert_decided (NULL, 0);
  become (2, CHOICES (undecided (5)), TEAR_NONE, PREFER_ABSENT);
  assert_remembered ("all");
  assert_decided (NULL, 0);
  end ();
}
END_TEST

/* Pending writes 0 to 3 of one sector each on sectors 0, 1, 2 and 8. */
static void
begin_with_pending (void)
{
  struct log_maker *maker = make_log (2, SECTORS);

  add_write (maker, 0, 0, "a", 0);
  add_write (maker, 0, 1, "b", 0);
  add_write (maker, 0, 2, "c", 0);
  add_write (maker, 0, 8, "d", 0);
  begin (maker);
}

#define ALL_UNDECIDED CHOICES (undecided (0), undecided (1), undecided (2), undecided (3))

START_TEST (a_find_decides_what_a_run_would_and_no_more)
{
  begin_with_pending ();
  become (0, ALL_UNDECIDED, TEAR_NONE, PREFER_PRESENT);
  keep (READS (8, 1), "+d+b");
  assert_decided (CHOICES (there (3), there (1)));
  become (0, ALL_UNDECIDED, TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("+d+b");
  assert_decided (CHOICES (there (3), there (1)));
  become (0, CHOICES (undecided (0), undecided (1), undecided (2), there (3)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("+d+b");
  assert_decided (CHOICES (there (1)));
  become (0, ALL_UNDECIDED, TEAR_NONE, PREFER_ABSENT);
  assert_remembered (NULL);
  end ();
}
END_TEST

START_TEST (what_comes_next_depends_on_what_was_read)
{
  begin_with_pending ();
  become (0, CHOICES (there (0), there (1)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0, 1), "+a+b");
  become (0, CHOICES (absent (0), absent (2)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0, 2), "-a-c");
  become (0, CHOICES (undecided (0), undecided (1), absent (2)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("+a+b");
  assert_decided (CHOICES (there (0), there (1)));
  become (0, CHOICES (absent (0), undecided (1), undecided (2)), TEAR_NONE, PREFER_ABSENT);
  assert_remembered ("-a-c");
  assert_decided (CHOICES (absent (2)));
  become (0, CHOICES (absent (0), there (1), there (2)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  end ();
}
END_TEST

/* Which of two orders is tried first must not matter: both are kept first once. */
START_TEST (runs_that_read_in_another_order_are_found)
{
  for (int turned = 0; turned < 2; turned++) {
    begin_with_pending ();
    for (int i = 0; i < 2; i++)
      if (i == turned) {
        become (0, ALL_UNDECIDED, TEAR_NONE, PREFER_PRESENT);
        keep (READS (0, 1), "+a+b");
      }
      else {
        become (0, CHOICES (there (0), absent (1)), TEAR_NONE, PREFER_PRESENT);
        keep (READS (1, 0), "-b+a");
      }
    become (0, ALL_UNDECIDED, TEAR_NONE, PREFER_PRESENT);
    assert_remembered ("+a+b");
    assert_decided (CHOICES (there (0), there (1)));
    become (0, CHOICES (undecided (0), absent (1)), TEAR_NONE, PREFER_PRESENT);
    assert_remembered ("-b+a");
    assert_decided (CHOICES (there (0)));
    become (0, CHOICES (absent (0), undecided (1)), TEAR_NONE, PREFER_PRESENT);
    assert_remembered (NULL);
    end ();
  }
}
END_TEST

START_TEST (a_branch_that_fails_leaves_no_decision)
{
  for (int turned = 0; turned < 2; turned++) {
    begin_with_pending ();
    for (int i = 0; i < 2; i++)
      if (i == turned) {
        become (0, CHOICES (there (0)), TEAR_NONE, PREFER_PRESENT);
        keep (READS (0), "+a");
      }
      else {
        become (0, CHOICES (there (1), there (2), absent (3)), TEAR_NONE, PREFER_PRESENT);
        keep (READS (1, 2, 8), "+b+c-d");
      }
    become (0, ALL_UNDECIDED, TEAR_NONE, PREFER_PRESENT);
    assert_remembered ("+a");
    assert_decided (CHOICES (there (0)));
    end ();
  }
}
END_TEST

START_TEST (a_branch_that_fails_leaves_no_piece_decided)
{
  struct log_maker *maker = make_log (1, SECTORS);
  char block[BLOCK_SIZE];

  add_write (maker, 0, 0, "abcdef", 0);
  add_write (maker, 0, 8, "a", 0);
  begin (maker);
  become (0, CHOICES (there (1)), TEAR_PREFIX, PREFER_PRESENT);
  keep (READS (8), "+8");
  become (0, CHOICES ({ 0, 0, 3, CHOICE_PRESENT }, { 0, 4, 5, CHOICE_ABSENT }), TEAR_PREFIX, PREFER_PRESENT);
  keep (READS (1, 3, 5), "abcd..");
  become (0, CHOICES (undecided (0), undecided (1)), TEAR_PREFIX, PREFER_PRESENT);
  assert_remembered ("+8");
  assert_decided (CHOICES ({ 1, 0, 0, CHOICE_PRESENT }));
  crash_state_read_block (state, 0, 0, 1u << 2, block);
  assert_decided (CHOICES ({ 1, 0, 0, CHOICE_PRESENT }, { 0, 0, 2, CHOICE_PRESENT }));
  end ();
}
END_TEST

START_TEST (the_same_reads_with_another_outcome_contradict)
{
  begin_with_pending ();
  become (0, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  keep (READS (0, 1), "one");
  keep (READS (0, 1), "one");
  ck_assert_int_eq (add (READS (0, 1), "two"), READ_SET_CONTRADICTED);
  assert_remembered ("one");
  become (0, CHOICES (absent (0)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (0, 1), "two");
  end ();
}
END_TEST

START_TEST (what_was_not_read_of_a_block_does_not_matter)
{
  begin_with_pending ();
  become (0, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  keep (READS (1), "b");
  become (0, CHOICES (absent (0), undecided (1), absent (2)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("b");
  assert_decided (CHOICES (there (1)));
  end ();
}
END_TEST

START_TEST (blocks_of_two_devices_are_not_confused)
{
  struct log_maker *maker = make_log (2, SECTORS);

  add_write (maker, 0, 0, "a", 0);
  add_write (maker, 1, 0, "a", 0);
  begin (maker);
  become (0, CHOICES (absent (0)), TEAR_NONE, PREFER_PRESENT);
  keep (READS (SECOND_DEVICE), "second");
  become (0, CHOICES (absent (1)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  keep (READS (0), "first");
  assert_remembered ("first");
  become (0, CHOICES (absent (0), absent (1)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered (NULL);
  end ();
}
END_TEST

/* A checker may have been told other marks. */
START_TEST (what_a_run_was_given_besides_the_device_counts)
{
  const struct outcome first = outcome_of ("first"), second = outcome_of ("second");

  begin_with_pending ();
  become (0, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  ck_assert_int_eq (read_sets_add (sets, state, 1, NULL, 0, &first, NULL), READ_SET_KEPT);
  ck_assert_ptr_null (read_sets_find (sets, state, 2, NULL));
  ck_assert_int_eq (read_sets_add (sets, state, 2, NULL, 0, &second, NULL), READ_SET_KEPT);
  ck_assert_str_eq (read_sets_find (sets, state, 1, NULL)->digest, "first");
  ck_assert_str_eq (read_sets_find (sets, state, 2, NULL)->digest, "second");
  end ();
}
END_TEST

START_TEST (what_a_run_saw_is_kept_whole)
{
  char detail[] = "mount: no", fault[] = "BUG", unrepeated[] = "hung";
  const struct outcome outcome = {
    .kind = OUTCOME_UNMOUNTABLE, .detail = detail, .fault = fault, .unrepeated_kind = VIOLATION_HANG,
    .unrepeated = unrepeated, .repeated = true, .behaviour = 7
  };
  const struct outcome *found;

  begin_with_pending ();
  become (0, NULL, 0, TEAR_NONE, PREFER_PRESENT);
  ck_assert_int_eq (read_sets_add (sets, state, 0, NULL, 0, &outcome, NULL), READ_SET_KEPT);
  detail[0] = fault[0] = unrepeated[0] = '\0';
  found = read_sets_find (sets, state, 0, NULL);
  ck_assert_ptr_nonnull (found);
  ck_assert_int_eq (found->kind, OUTCOME_UNMOUNTABLE);
  ck_assert_str_eq (found->detail, "mount: no");
  ck_assert_str_eq (found->fault, "BUG");
  ck_assert_str_eq (found->unrepeated, "hung");
  ck_assert (found->repeated);
  ck_assert_uint_eq (found->behaviour, 7);
  end ();
}
END_TEST

/* As a log without events has. */
START_TEST (without_crash_points_nothing_varies)
{
  begin_with_pending ();
  crash_points_free (&points);
  read_sets_free (sets);
  sets = read_sets_new (history, &points);
  ck_assert_ptr_nonnull (sets);
  keep (READS (0), "all");
  assert_remembered ("all");
  end ();
}
END_TEST

/* All blocks vary, since the zeros are pending; two runs read them from both ends.  What is as deep must not recurse.
 */
START_TEST (a_hundred_thousand_reads_are_remembered)
{
  const unsigned many = unit_rounds (100000);
  struct log_maker *maker = make_log (1, many * BLOCK_SECTORS);
  struct control_seen *seen = calloc (many, sizeof *seen);
  const struct outcome all = outcome_of ("all"), turned = outcome_of ("turned");

  ck_assert_ptr_nonnull (seen);
  add_write (maker, 0, 0, "a", 0);
  add_zero (maker, 0, BLOCK_SECTORS, (many - 1) * BLOCK_SECTORS, 0);
  begin (maker);
  for (uint32_t i = 0; i < many; i++)
    seen[i] = (struct control_seen) { .block = i, .sectors = BLOCK_ALL };
  become (0, CHOICES (there (0)), TEAR_NONE, PREFER_PRESENT);
  ck_assert_int_eq (read_sets_add (sets, state, 0, seen, many, &all, NULL), READ_SET_KEPT);
  for (uint32_t i = 0; i < many; i++)
    seen[i].block = many - 1 - i;
  become (0, CHOICES (absent (0)), TEAR_NONE, PREFER_PRESENT);
  ck_assert_int_eq (read_sets_add (sets, state, 0, seen, many, &turned, NULL), READ_SET_KEPT);
  assert_remembered ("turned");
  become (0, CHOICES (undecided (0)), TEAR_NONE, PREFER_PRESENT);
  assert_remembered ("all");
  free (seen);
  end ();
}
END_TEST

UNIT_TEST_MAIN ("sets", nothing_is_remembered_at_first, equal_contents_are_found_at_another_crash_point,
                other_contents_are_not_found, equal_contents_of_other_writes_are_found,
                what_is_the_same_in_every_state_is_not_asked_for, what_is_durable_hides_what_varies_below_it,
                what_is_pending_at_the_first_crash_point_is_asked_for,
                a_run_that_read_nothing_that_varies_stands_for_all, a_find_decides_what_a_run_would_and_no_more,
                what_comes_next_depends_on_what_was_read, runs_that_read_in_another_order_are_found,
                a_branch_that_fails_leaves_no_decision, a_branch_that_fails_leaves_no_piece_decided,
                the_same_reads_with_another_outcome_contradict, what_was_not_read_of_a_block_does_not_matter,
                blocks_of_two_devices_are_not_confused, what_a_run_was_given_besides_the_device_counts,
                what_a_run_saw_is_kept_whole, without_crash_points_nothing_varies,
                a_hundred_thousand_reads_are_remembered)
