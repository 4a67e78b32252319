/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because choices and state ids are two forms of one thing. */
/* The pieces of torn writes, and the text of choices. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "log/state-id.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

/* What tearing needs of a log with one write of LENGTH sectors at SECTOR. */
#define LOG_OF(sector, length)                                                                          \
  (struct write_log) {                                                                                  \
    .writes = &(struct log_write) {                                                                     \
      .offset_bytes = (uint64_t) (sector) * LOG_SECTOR, .length_bytes = (uint32_t) (length) * LOG_SECTOR \
    }, .write_count = 1                                                                                 \
  }

static void
assert_choice (struct choice choice, uint32_t first, uint32_t last, enum choice_kind kind)
{
  ck_assert_uint_eq (choice.write, 0);
  ck_assert_uint_eq (choice.first, first);
  ck_assert_uint_eq (choice.last, last);
  ck_assert_int_eq (choice.kind, kind);
}

static void
assert_same (struct choice choice, struct choice expected)
{
  assert_choice (choice, expected.first, expected.last, expected.kind);
}

START_TEST (a_write_has_a_piece_for_each_sector_of_the_device)
{
  static const struct {
    enum tear_mode mode;
    uint32_t atomic_bytes, sector, length, pieces;
  } cases[] = {
    { TEAR_NONE, 512, 0, 100, 1 }, { TEAR_NONE, 4096, 7, 9, 1 },
    { TEAR_PREFIX, 512, 3, 1, 1 }, { TEAR_PREFIX, 512, 3, 100, 100 }, { TEAR_ANY, 512, 3, 100, 100 },
    { TEAR_ANY, 4096, 0, 8, 1 }, { TEAR_ANY, 4096, 8, 9, 2 }, { TEAR_ANY, 4096, 7, 1, 1 }, { TEAR_ANY, 4096, 7, 2, 2 },
    { TEAR_ANY, 4096, 5, 15, 3 }, { TEAR_PREFIX, 4096, 5, 15, 3 }, { TEAR_PREFIX, 4096, 1, 7, 1 },
    { TEAR_PREFIX, 65536, 0, 128, 1 }, { TEAR_PREFIX, 65536, 127, 130, 3 }, { TEAR_PREFIX, 65536, 1000, 3, 1 },
    { TEAR_ANY, 512, UINT32_MAX, (1u << 23) - 1, (1u << 23) - 1 }, { TEAR_ANY, 1u << 31, UINT32_MAX, 2, 2 },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct write_log log = LOG_OF (cases[i].sector, cases[i].length);

    ck_assert_uint_eq (tear_pieces (&(struct tear) { cases[i].mode, cases[i].atomic_bytes }, log.writes),
                       cases[i].pieces);
    ck_assert_uint_eq (write_last_sector (log.writes), cases[i].length - 1);
  }
}
END_TEST

START_TEST (a_choice_is_of_the_pieces_that_the_mode_ties_together)
{
  const struct write_log log = LOG_OF (5, 15);  /* pieces of 4 KiB: sectors 0-2, 3-10, 11-14 */
  const struct tear none = { TEAR_NONE, 4096 }, prefix = { TEAR_PREFIX, 4096 }, any = { TEAR_ANY, 4096 };

  for (enum choice_kind kind = CHOICE_PRESENT; kind <= CHOICE_ABSENT; kind++) {
    assert_same (tear_choice (&none, &log, 0, 4, kind), choice_whole (0, kind));
    assert_choice (tear_choice (&any, &log, 0, 2, kind), 0, 2, kind);
    assert_choice (tear_choice (&any, &log, 0, 3, kind), 3, 10, kind);
    assert_choice (tear_choice (&any, &log, 0, 10, kind), 3, 10, kind);
    assert_choice (tear_choice (&any, &log, 0, 11, kind), 11, 14, kind);
  }
  assert_choice (tear_choice (&prefix, &log, 0, 0, CHOICE_PRESENT), 0, 2, CHOICE_PRESENT);
  assert_choice (tear_choice (&prefix, &log, 0, 3, CHOICE_PRESENT), 0, 10, CHOICE_PRESENT);
  assert_choice (tear_choice (&prefix, &log, 0, 12, CHOICE_PRESENT), 0, 14, CHOICE_PRESENT);
  assert_choice (tear_choice (&prefix, &log, 0, 1, CHOICE_ABSENT), 0, 14, CHOICE_ABSENT);
  assert_choice (tear_choice (&prefix, &log, 0, 10, CHOICE_ABSENT), 3, 14, CHOICE_ABSENT);
  assert_choice (tear_choice (&prefix, &log, 0, 14, CHOICE_ABSENT), 11, 14, CHOICE_ABSENT);
}
END_TEST

START_TEST (the_alternative_to_a_part_of_a_choice_is_that_to_the_whole)
{
  const struct write_log log = LOG_OF (5, 15);
  const struct tear prefix = { TEAR_PREFIX, 4096 }, any = { TEAR_ANY, 4096 };

  /* What was decided before is not in a decision. */
  assert_choice (tear_turned (&prefix, &log, (struct choice) { 0, 3, 14, CHOICE_PRESENT }), 11, 14, CHOICE_ABSENT);
  assert_choice (tear_turned (&prefix, &log, (struct choice) { 0, 3, 10, CHOICE_PRESENT }), 3, 14, CHOICE_ABSENT);
  assert_choice (tear_turned (&prefix, &log, (struct choice) { 0, 3, 10, CHOICE_ABSENT }), 0, 10, CHOICE_PRESENT);
  assert_choice (tear_turned (&any, &log, (struct choice) { 0, 5, 6, CHOICE_ABSENT }), 3, 10, CHOICE_PRESENT);
}
END_TEST

#define LENGTH_MAX 300

/* A write, and which of its sectors are there. */
struct torn_write {
  struct tear tear;
  struct log_write write;
  uint32_t start, length;
  bool there[LENGTH_MAX];       /* by sector of the write */
};

/* The number of the piece that SECTOR lies in. */
static uint32_t
piece_of (const struct torn_write *torn, uint32_t sector)
{
  uint32_t unit = torn->tear.atomic_bytes / LOG_SECTOR;

  return (torn->start + sector) / unit - torn->start / unit;
}

static void
make_torn_write (struct dice *dice, struct torn_write *torn)
{
  torn->tear = (struct tear) { roll (dice, TEAR_ANY + 1), 512u << roll (dice, 8) };
  torn->start = roll (dice, 1000);
  torn->length = 1 + roll (dice, roll (dice, 2) ? LENGTH_MAX : 20);
  torn->write = (struct log_write) {
    .offset_bytes = (uint64_t) torn->start * LOG_SECTOR, .length_bytes = torn->length * LOG_SECTOR
  };
}

/* One of the ways in which the write may be there. */
static void
land (struct dice *dice, struct torn_write *torn)
{
  uint32_t leading = roll (dice, piece_of (torn, torn->length - 1) + 2);
  bool is_there = roll (dice, 2);

  for (uint32_t sector = 0; sector < torn->length; sector++) {
    if (torn->tear.mode == TEAR_PREFIX)
      is_there = piece_of (torn, sector) < leading;
    else if (torn->tear.mode == TEAR_ANY && sector > 0 && piece_of (torn, sector) != piece_of (torn, sector - 1))
      is_there = roll (dice, 2);
    torn->there[sector] = is_there;
  }
}

/* Whether the write is there as CHOICE says. */
static bool
agrees (const struct torn_write *torn, struct choice choice)
{
  for (uint32_t sector = choice.first; sector <= choice.last && sector < torn->length; sector++)
    if (torn->there[sector] != (choice.kind == CHOICE_PRESENT))
      return false;
  return true;
}

START_TEST (a_choice_and_its_alternative_share_out_what_may_be)
{
  struct dice dice = { 1 };

  for (unsigned round = 0; round < unit_rounds (3000); round++) {
    struct torn_write torn;
    const struct write_log log = { .writes = &torn.write, .write_count = 1 };

    make_torn_write (&dice, &torn);
    ck_assert_uint_eq (tear_pieces (&torn.tear, &torn.write),
                       torn.tear.mode == TEAR_NONE ? 1 : piece_of (&torn, torn.length - 1) + 1);
    for (unsigned ask = 0; ask < 20; ask++) {
      uint32_t sector = roll (&dice, torn.length);
      struct choice there = tear_choice (&torn.tear, &log, 0, sector, CHOICE_PRESENT);
      struct choice gone = tear_choice (&torn.tear, &log, 0, sector, CHOICE_ABSENT);

      /* Just that is decided which follows from the sector. */
      land (&dice, &torn);
      ck_assert_int_eq (agrees (&torn, there), torn.there[sector]);
      ck_assert_int_eq (agrees (&torn, gone), !torn.there[sector]);
      assert_same (tear_turned (&torn.tear, &log, there), gone);
      assert_same (tear_turned (&torn.tear, &log, gone), there);
    }
  }
}
END_TEST

START_TEST (a_choice_leaves_nothing_out_that_follows)
{
  struct dice dice = { 2 };

  for (unsigned round = 0; round < unit_rounds (300); round++) {
    struct torn_write torn;
    const struct write_log log = { .writes = &torn.write, .write_count = 1 };
    bool always[2][LENGTH_MAX]; /* by kind: the sectors that were as SECTOR whenever it was of that kind */

    make_torn_write (&dice, &torn);
    memset (always, true, sizeof always);
    uint32_t sector = roll (&dice, torn.length);
    for (unsigned ask = 0; ask < 3000; ask++) {
      land (&dice, &torn);
      for (uint32_t other = 0; other < torn.length; other++)
        if (torn.there[other] != torn.there[sector])
          always[torn.there[sector] ? CHOICE_PRESENT : CHOICE_ABSENT][other] = false;
    }
    for (enum choice_kind kind = CHOICE_PRESENT; kind <= CHOICE_ABSENT; kind++) {
      struct choice choice = tear_choice (&torn.tear, &log, 0, sector, kind);

      for (uint32_t other = 0; other < torn.length; other++)
        ck_assert_int_eq (other >= choice.first && other <= choice.last, always[kind][other]);
    }
  }
}
END_TEST

START_TEST (a_rule_prefers_what_it_says)
{
  const struct decision_rule random = { .preference = PREFER_RANDOM, .seed = 1 };
  const struct decision_rule other = { .preference = PREFER_RANDOM, .seed = 2 };
  unsigned absent = 0, by_seed = 0, by_write = 0, by_sector = 0;

  for (uint32_t i = 0; i < 1000; i++) {
    enum choice_kind kind = rule_prefers (&random, i, i / 2);

    ck_assert_int_eq (rule_prefers (&(struct decision_rule) { .preference = PREFER_PRESENT }, i, i / 2),
                      CHOICE_PRESENT);
    ck_assert_int_eq (rule_prefers (&(struct decision_rule) { .preference = PREFER_ABSENT }, i, i / 2), CHOICE_ABSENT);
    ck_assert_int_eq (rule_prefers (&random, i, i / 2), kind);
    absent += kind == CHOICE_ABSENT;
    by_seed += rule_prefers (&other, i, i / 2) != kind;
    by_write += rule_prefers (&random, i + 1, i / 2) != kind;
    by_sector += rule_prefers (&random, i, i / 2 + 1) != kind;
  }
  ck_assert (absent > 400 && absent < 600);
  ck_assert (by_seed > 400 && by_seed < 600);
  ck_assert (by_write > 400 && by_write < 600);
  ck_assert (by_sector > 400 && by_sector < 600);
}
END_TEST

/* Positions: a mark, write 0 of 10 sectors, a flush, write 1 of one sector, write 2 (a trim of 8 sectors). */
static struct write_log *
make_small_log (void)
{
  struct log_maker *maker = make_log (1, 16);

  add_mark (maker, "begin");
  add_write (maker, 0, 3, "abcdefghij", 0);
  add_flush (maker, 0);
  add_write (maker, 0, 0, "k", 0);
  add_trim (maker, 0, 0, 8, 0);
  return finish_log (maker);
}

START_TEST (a_state_id_is_read_and_written)
{
  static const struct {
    const char *text;
    const char *written;        /* NULL: as it was read */
    uint32_t point;
    size_t count;
    struct choice choices[3];
  } cases[] = {
    { "0", NULL, 0, 0, { { 0 } } },
    { "4:", "4", 4, 0, { { 0 } } },
    { "4:-1", NULL, 4, 1, { { 0, 0, CHOICE_END, CHOICE_ABSENT } } },
    { "3:+1,-3", "3:-3", 3, 2, { { 0, 0, CHOICE_END, CHOICE_PRESENT }, { 1, 0, CHOICE_END, CHOICE_ABSENT } } },
    { "4:-1/3", NULL, 4, 1, { { 0, 3, 3, CHOICE_ABSENT } } },
    { "4:-1/0", NULL, 4, 1, { { 0, 0, 0, CHOICE_ABSENT } } },
    { "4:-1/3-", NULL, 4, 1, { { 0, 3, 9, CHOICE_ABSENT } } },
    { "4:-1/3-7", NULL, 4, 1, { { 0, 3, 7, CHOICE_ABSENT } } },
    { "1:+1/0-8", "1", 1, 1, { { 0, 0, 8, CHOICE_PRESENT } } },
    { "4:-1/3-,+1/5-6,-4/1", "4:-1/3-4,-1/7-,-4/1", 4, 3,
      { { 0, 3, 9, CHOICE_ABSENT }, { 0, 5, 6, CHOICE_PRESENT }, { 2, 1, 1, CHOICE_ABSENT } } },
    { "4:-1/9", "4:-1/9-", 4, 1, { { 0, 9, 9, CHOICE_ABSENT } } },
    { "4:-1/5-5", "4:-1/5", 4, 1, { { 0, 5, 5, CHOICE_ABSENT } } },
    { "4:-1/3-9", "4:-1/3-", 4, 1, { { 0, 3, 9, CHOICE_ABSENT } } },
    { "4:-1/0-", "4:-1", 4, 1, { { 0, 0, 9, CHOICE_ABSENT } } },
    { "4:+3/0", "4", 4, 1, { { 1, 0, 0, CHOICE_PRESENT } } },
    { "4:-4,-1", "4:-1,-4", 4, 2, { { 2, 0, CHOICE_END, CHOICE_ABSENT }, { 0, 0, CHOICE_END, CHOICE_ABSENT } } },
    { "4:-1,+1", "4", 4, 2, { { 0, 0, CHOICE_END, CHOICE_ABSENT }, { 0, 0, CHOICE_END, CHOICE_PRESENT } } },
    { "4:+1,-1/0-4,-1/5-", "4:-1", 4, 3,
      { { 0, 0, CHOICE_END, CHOICE_PRESENT }, { 0, 0, 4, CHOICE_ABSENT }, { 0, 5, 9, CHOICE_ABSENT } } },
  };
  struct write_log *log = make_small_log ();

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct choice *choices;
    uint32_t point;
    size_t count;

    ck_assert_msg (state_id_parse (cases[i].text, log, &point, &choices, &count) == 0, "%s: %s", cases[i].text,
                   message);
    ck_assert_uint_eq (point, cases[i].point);
    ck_assert_uint_eq (count, cases[i].count);
    for (size_t at = 0; at < count; at++) {
      ck_assert_uint_eq (choices[at].write, cases[i].choices[at].write);
      ck_assert_uint_eq (choices[at].first, cases[i].choices[at].first);
      ck_assert_uint_eq (choices[at].last, cases[i].choices[at].last);
      ck_assert_int_eq (choices[at].kind, cases[i].choices[at].kind);
    }
    char *text = state_id_format (log, point, choices, count);
    ck_assert_str_eq (text, cases[i].written ? cases[i].written : cases[i].text);
    free (text);
    free (choices);
  }
  ck_assert_uint_eq (message_count, 0);
  write_log_close (log);
}
END_TEST

START_TEST (what_is_undecided_or_beyond_the_end_is_not_written)
{
  struct write_log *log = make_small_log ();
  const struct choice choices[] = {
    choice_whole (0, CHOICE_UNDECIDED), { 0, 0, 99, CHOICE_PRESENT }, { 2, 0, 3, CHOICE_UNDECIDED },
    { 2, 4, CHOICE_END, CHOICE_ABSENT }
  };
  char *text = state_id_format (log, 4, choices, sizeof choices / sizeof choices[0]);

  ck_assert_str_eq (text, "4:-4/4-");
  free (text);
  text = state_id_format (log, 4, choices, 1);
  ck_assert_str_eq (text, "4");
  free (text);
  write_log_close (log);
}
END_TEST

/* The writes of the log that follows are of 3, 1 and 2 sectors. */
#define STATE_BITS 6

static struct write_log *
make_three_writes (void)
{
  struct log_maker *maker = make_log (1, 16);

  add_mark (maker, "begin");
  add_write (maker, 0, 3, "abc", 0);
  add_write (maker, 0, 0, "k", 0);
  add_write (maker, 0, 4, "xy", 0);
  return finish_log (maker);
}

/* Which sectors CHOICES leave missing, a bit each: each choice is taken for what it says, one after the other. */
static unsigned
missing_sectors (const struct choice *choices, size_t count)
{
  static const unsigned first_bit[] = { 0, 3, 4, STATE_BITS };
  unsigned missing = 0;

  for (size_t i = 0; i < count; i++)
    for (unsigned bit = first_bit[choices[i].write]; bit < first_bit[choices[i].write + 1]; bit++) {
      unsigned sector = bit - first_bit[choices[i].write];

      if (sector >= choices[i].first && sector <= choices[i].last)
        missing = choices[i].kind == CHOICE_ABSENT ? missing | 1u << bit : missing & ~(1u << bit);
    }
  return missing;
}

/* A spelling of some state: choices of any kind in any order. */
static size_t
spell (struct dice *dice, struct choice choices[8])
{
  static const uint32_t sectors[] = { 3, 1, 2 };
  size_t count = roll (dice, 8);

  for (size_t i = 0; i < count; i++) {
    uint32_t write = roll (dice, 3), first = roll (dice, sectors[write]);
    uint32_t last = first + roll (dice, sectors[write] - first);

    choices[i] = (struct choice) { write, first, roll (dice, 4) ? last : CHOICE_END,
                                   (enum choice_kind) roll (dice, 2) };
  }
  return count;
}

/* Whatever the spelling, one state has one id, different states have different ones, and the id is that of the state.
 */
START_TEST (a_state_has_one_id_and_an_id_one_state)
{
  struct write_log *log = make_three_writes ();
  char *ids[1 << STATE_BITS] = { NULL };
  struct dice dice = { 11 };
  unsigned seen = 0;

  for (int i = 0; i < 20000; i++) {
    struct choice choices[8], *parsed;
    size_t count = spell (&dice, choices), parsed_count;
    unsigned state = missing_sectors (choices, count);
    char *id = state_id_format (log, 3, choices, count);
    uint32_t point;

    if (ids[state]) {
      ck_assert_str_eq (id, ids[state]);
      free (id);
      continue;
    }
    for (unsigned other = 0; other < 1u << STATE_BITS; other++)
      ck_assert (ids[other] == NULL || strcmp (ids[other], id) != 0);
    ck_assert_int_eq (state_id_parse (id, log, &point, &parsed, &parsed_count), 0);
    ck_assert_uint_eq (point, 3);
    ck_assert_uint_eq (missing_sectors (parsed, parsed_count), state);
    free (parsed);
    ids[state] = id;
    seen++;
  }
  ck_assert_uint_eq (seen, 1u << STATE_BITS);
  for (unsigned state = 0; state < 1u << STATE_BITS; state++)
    free (ids[state]);
  write_log_close (log);
}
END_TEST

/* Of the small log's writes, at 1, 3 and 4, the last overlaps both others, and none has ended: ids, canonical ones. */
static const struct {
  const char *id, *canonical;
} ordered[] = {
  { "4:1>4", "4:1>4" }, { "4:4>1", "4" }, { "4:3>4,1>4", "4:1>4,3>4" }, { "4:1>4,-3", "4:-3,1>4" },
  { "4:4>3,1>4", "4:1>4" },
};

START_TEST (an_id_says_which_write_lies_over_a_later_one)
{
  struct write_log *log = make_small_log ();
  struct choice *choices;
  uint32_t point;
  size_t count;

  ck_assert_int_eq (state_id_parse (ordered[_i].id, log, &point, &choices, &count), 0);
  char *text = state_id_format (log, point, choices, count);
  ck_assert_str_eq (text, ordered[_i].canonical);
  free (text);
  free (choices);
  write_log_close (log);
}
END_TEST

/* Texts, and what their message must name beside the text. */
static const struct {
  const char *text;
  const char *named;
} malformed[] = {
  { "", "POINT:CHOICES" }, { ":", "POINT:CHOICES" }, { "a", "POINT:CHOICES" }, { "-1", "POINT:CHOICES" },
  { "4 ", "POINT:CHOICES" }, { "4-1", "POINT:CHOICES" }, { "4294967296", "POINT:CHOICES" },
  { "5", "positions 0 to 4" }, { "5:-1", "positions 0 to 4" }, { "4294967295", "positions 0 to 4" },
  { "4:1", "'1'" }, { "4:-", "'-'" }, { "4:,", "''" }, { "4:-1,", "''" }, { "4:-1:", "'-1:'" }, { "4:-/3", "'-'" },
  { "4:+-1", "'+-1'" }, { "4:-4294967297", "'-4294967297'" }, { "4:-1-3", "'-1-3'" },
  { "4:-0", "position 0" }, { "4:-2", "position 2" }, { "4:-5", "position 5" },
  { "4:-4294967295", "position 4294967295" },
  { "3:-4", "position 4" }, { "3:-4/1", "position 4" },
  { "4:-1/", "write at 1 has sectors 0 to 9" }, { "4:-1/a", "0 to 9" }, { "4:-1/10", "0 to 9" },
  { "4:-1/5-3", "0 to 9" },
  { "4:-1/3-7-9", "0 to 9" }, { "4:-1/3-10", "0 to 9" }, { "4:-1/3-a", "0 to 9" }, { "4:-1/-3", "0 to 9" },
  { "4:-1/-", "0 to 9" }, { "4:-1//3", "0 to 9" }, { "4:-1/3/4", "0 to 9" }, { "4:-1/3 ", "0 to 9" },
  { "4:1>3", "do not overlap" }, { "4:4>4", "do not overlap" }, { "4:1>4,4>1", "like that" }, { "3:1>4", "position 4" },
  { "4:1>", "''" }, { "4:>4", "''" }, { "4:1>4/1", "'4/1'" },
  { "4:-1/4294967296", "0 to 9" }, { "4:+1,-3/1", "write at 3 has sectors 0 to 0" },
};
#define MALFORMED_COUNT ((int) (sizeof malformed / sizeof malformed[0]))

START_TEST (what_is_no_state_id_gives_one_message)
{
  struct write_log *log = make_small_log ();
  struct choice *choices;
  char beginning[64];
  uint32_t point;
  size_t count;

  message_count = 0;
  ck_assert_int_eq (state_id_parse (malformed[_i].text, log, &point, &choices, &count), -1);
  ck_assert_uint_eq (message_count, 1);
  snprintf (beginning, sizeof beginning, "state %s: ", malformed[_i].text);
  ck_assert_msg (strncmp (message, beginning, strlen (beginning)) == 0, "%s", message);
  ck_assert_msg (strstr (message + strlen (beginning), malformed[_i].named) != NULL, "%s", message);
  ck_assert_ptr_null (strchr (message, '\n'));
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("choice", a_write_has_a_piece_for_each_sector_of_the_device,
                a_choice_is_of_the_pieces_that_the_mode_ties_together,
                the_alternative_to_a_part_of_a_choice_is_that_to_the_whole,
                a_choice_and_its_alternative_share_out_what_may_be, a_choice_leaves_nothing_out_that_follows,
                a_rule_prefers_what_it_says, a_state_id_is_read_and_written, a_state_has_one_id_and_an_id_one_state,
                what_is_undecided_or_beyond_the_end_is_not_written,
                LOOP_OVER (an_id_says_which_write_lies_over_a_later_one, ordered),
                unit_loop (what_is_no_state_id_gives_one_message, MALFORMED_COUNT))
