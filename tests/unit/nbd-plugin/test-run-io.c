/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run does with a crash state, without a server. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "nbd-plugin/crashstate-control.h"
#include "nbd-plugin/run-io.h"
#include "tests/unit/make-log.h"

#define SECTORS 24              /* three blocks */
#define MEMORY (1 << 20)

static struct write_log *log_file;
static struct crash_state *state;
static struct run_io *run;

/* Sectors 0 to 3 are `abcd`, durable; `x` over sector 1 is undecided. */
static void
make_run (void)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_done_write (maker, 0, 0, "abcd");
  add_flush (maker, 0);
  uint32_t point = add_write (maker, 0, 1, "x", 0);
  log_file = finish_log (maker);
  const struct choice undecided = choice_whole (1, CHOICE_UNDECIDED);
  state = crash_state_new (log_file);
  run = run_io_new (MEMORY);
  ck_assert (state && run);
  ck_assert_int_eq (crash_state_select (state, &(struct selection) {
                      .point = point, .choices = &undecided, .count = 1,
                      .rule = { { TEAR_NONE, LOG_SECTOR }, PREFER_ABSENT, 0 } }), 0);
}

static void
end_run (void)
{
  run_io_free (run);
  crash_state_free (state);
  write_log_close (log_file);
}

static void
assert_read (uint32_t sector, const char *letters)
{
  const uint32_t count = (uint32_t) strlen (letters);
  char bytes[SECTORS * LOG_SECTOR], found[SECTORS + 1] = "";

  ck_assert_int_eq (run_io_read (run, state, 0, bytes, count * LOG_SECTOR, (uint64_t) sector * LOG_SECTOR), 0);
  for (uint32_t i = 0; i < count; i++)
    found[i] = sector_letter (bytes + i * LOG_SECTOR);
  ck_assert_str_eq (found, letters);
}

static int
change (enum log_kind kind, const void *data, uint32_t count, uint64_t offset)
{
  return run_io_write (run, &(struct log_operation) { kind, 0, 0, offset, count }, data);
}

static void
write_letter (uint32_t sector, char letter)
{
  char bytes[LOG_SECTOR];

  fill_sector (letter, bytes);
  ck_assert_int_eq (change (LOG_WRITE, bytes, sizeof bytes, (uint64_t) sector * LOG_SECTOR), 0);
}

/* The head of the report; its lists must be DECISIONS and SEEN, texts as `1` and `0:3 2:81` (block:sectors). */
static struct control_report
assert_report (const char *decisions, const char *seen)
{
  size_t size;
  CLEANUP_FREE char *bytes = run_io_report (run, state, &size);
  const struct control_report head = control_decode_head (bytes);
  struct choice made[8];
  struct control_seen found[8];
  char text[256] = "", *to = text;

  ck_assert_uint_le (head.decision_count, 8);
  ck_assert_uint_le (head.seen_count, 8);
  control_decode_lists (bytes, &head, made, found);
  for (uint32_t i = 0; i < head.decision_count; i++)
    to += sprintf (to, "%s%u", i ? " " : "", made[i].write);
  ck_assert_str_eq (text, decisions);
  *(to = text) = '\0';
  for (uint64_t i = 0; i < head.seen_count; i++)
    to += sprintf (to, "%s%u:%x", i ? " " : "", (unsigned) found[i].block, found[i].sectors);
  ck_assert_str_eq (text, seen);
  return head;
}

START_TEST (what_is_read_is_reported_once)
{
  assert_read (0, "a");
  assert_report ("", "0:1");
  assert_read (0, "abcd");
  assert_read (0, "abcd....................");
  const struct control_report head = assert_report ("1", "0:1 0:e 0:f0 1:ff 2:ff");
  ck_assert_uint_eq (head.reads, 3);
  ck_assert_uint_eq (head.read_bytes, (1 + 4 + SECTORS) * LOG_SECTOR);
  ck_assert_uint_eq (head.writes, 0);
}
END_TEST

START_TEST (what_the_run_wrote_hides_the_state_and_is_not_seen)
{
  write_letter (1, 'n');
  ck_assert_int_eq (change (LOG_ZERO, NULL, 2 * LOG_SECTOR, 7 * LOG_SECTOR), 0);
  assert_read (0, "ancd...");
  assert_read (6, "...");
  const struct control_report head = assert_report ("", "0:7d");
  ck_assert_uint_eq (head.writes, 2);
  ck_assert_uint_eq (head.written_bytes, 3 * LOG_SECTOR);
}
END_TEST

START_TEST (the_behaviour_is_what_was_read_in_any_order)
{
  assert_read (0, "a");
  assert_read (2, "cd");
  const uint64_t one = assert_report ("", "0:1 0:c").behaviour;
  run_io_begin (run);
  ck_assert_uint_eq (assert_report ("", "").behaviour, 0);
  assert_read (2, "cd");
  assert_read (0, "a");
  ck_assert_uint_eq (assert_report ("", "0:c 0:1").behaviour, one);
  run_io_begin (run);
  assert_read (2, "cd");
  ck_assert_uint_ne (assert_report ("", "0:c").behaviour, one);
}
END_TEST

START_TEST (another_run_finds_nothing_of_the_one_before)
{
  write_letter (0, 'n');
  assert_read (0, "n");
  run_io_begin (run);
  assert_read (0, "a");
  const struct control_report head = assert_report ("", "0:1");
  ck_assert_uint_eq (head.writes, 0);
  ck_assert_uint_eq (head.reads, 1);
}
END_TEST

/* What was written, as `BLOCK:SECTORS`, both hexadecimal. */
static void
assert_written (const char *expected)
{
  size_t size, count, whole;
  CLEANUP_FREE char *bytes = run_io_written (run, &size);
  struct control_seen written[SECTORS];
  char found[256] = "";

  ck_assert_int_eq (control_decode_written_head (bytes, &count, &whole), 0);
  ck_assert_uint_le (count, SECTORS);
  control_decode_written (bytes, count, written);
  for (size_t i = 0; i < count; i++)
    sprintf (strchr (found, '\0'), "%s%jx:%x", i ? " " : "", (uintmax_t) written[i].block, written[i].sectors);
  ck_assert_str_eq (found, expected);
}

START_TEST (what_was_written_is_listed_and_what_was_only_read_is_not)
{
  char bytes[3 * LOG_SECTOR] = "x";

  assert_read (0, "abcd");
  assert_written ("");
  ck_assert_int_eq (change (LOG_WRITE, bytes, 3 * LOG_SECTOR, 14 * LOG_SECTOR), 0);
  ck_assert_int_eq (change (LOG_TRIM, NULL, LOG_SECTOR, 2 * LOG_SECTOR), 0);
  assert_written ("0:4 1:c0 2:1");
  run_io_begin (run);
  assert_written ("");
}
END_TEST

/* What is on the tape of the run, as `w3+1` for a write of one sector at sector 3, `z`, `t`, and `f` for a flush. */
static void
assert_tape (const char *expected)
{
  size_t size, tape_size, whole, at = 0;
  CLEANUP_FREE char *bytes = run_io_tape (run, &size);
  struct log_record record;
  char text[256] = "", *to = text;
  const char *data;

  ck_assert_int_eq (control_decode_tape_head (bytes, &tape_size, &whole), 0);
  const struct log_tape tape = { .bytes = bytes + sizeof (struct control_tape), .size = tape_size };
  while (log_tape_next (&tape, &at, &record, &data)) {
    to += sprintf (to, "%s%c", to > text ? " " : "", " wztf"[record.kind]);
    if (record.kind != LOG_FLUSH)
      to += sprintf (to, "%u+%u", (unsigned) record.offset / LOG_SECTOR, record.length / LOG_SECTOR);
    if (record.kind == LOG_WRITE)
      to += sprintf (to, "=%c", sector_letter (data));
  }
  ck_assert_str_eq (text, expected);
  ck_assert_uint_eq (at, tape_size);
}

START_TEST (the_tape_has_all_that_was_written_in_its_order)
{
  assert_tape ("");
  write_letter (1, 'n');
  run_io_flush (run, 0);
  ck_assert_int_eq (change (LOG_ZERO, NULL, 2 * LOG_SECTOR, 7 * LOG_SECTOR), 0);
  assert_read (0, "an");
  write_letter (1, 'm');
  ck_assert_int_eq (change (LOG_TRIM, NULL, LOG_SECTOR, 2 * LOG_SECTOR), 0);
  assert_tape ("w1+1=n f z7+2 w1+1=m t2+1");
  run_io_begin (run);
  assert_tape ("");
}
END_TEST

static void
assert_no_tape (void)
{
  size_t size, tape_size, whole;
  CLEANUP_FREE char *bytes = run_io_tape (run, &size);

  ck_assert_int_eq (control_decode_tape_head (bytes, &tape_size, &whole), -1);
  ck_assert_int_eq (errno, EFBIG);
  bytes[0] ^= 1;                /* of the magic */
  ck_assert_int_eq (control_decode_tape_head (bytes, &tape_size, &whole), -1);
  ck_assert_int_eq (errno, EINVAL);
}

START_TEST (what_is_written_has_a_limit)
{
  char block[BLOCK_SIZE] = "x";
  uint64_t written = 0;

  while (written <= MEMORY && change (LOG_WRITE, block, BLOCK_SIZE, written) == 0)
    written += BLOCK_SIZE;
  ck_assert_int_eq (errno, ENOSPC);
  ck_assert_uint_gt (written, MEMORY / 2);
  ck_assert_uint_le (written, MEMORY);
  assert_no_tape ();            /* a part of the last write may be there */
  run_io_begin (run);
  ck_assert_int_eq (change (LOG_WRITE, block, BLOCK_SIZE, written), 0);
}
END_TEST

START_TEST (a_tape_that_is_too_long_to_be_sent_says_so)
{
  const uint32_t many = 1 << 20;
  CLEANUP_FREE char *zeros = calloc (many, 1);

  run_io_free (run);
  run = run_io_new (UINT64_C (1) << 30);
  for (unsigned i = 0; i <= CONTROL_TAPE_MAX / many; i++)
    ck_assert_int_eq (change (LOG_WRITE, zeros, many, 0), 0);
  assert_no_tape ();
  run_io_begin (run);
  write_letter (1, 'n');
  assert_tape ("w1+1=n");
}
END_TEST

UNIT_TEST_MAIN_WITH ("run-io", make_run, end_run, what_is_read_is_reported_once,
                     what_the_run_wrote_hides_the_state_and_is_not_seen, the_behaviour_is_what_was_read_in_any_order,
                     another_run_finds_nothing_of_the_one_before, what_is_written_has_a_limit,
                     what_was_written_is_listed_and_what_was_only_read_is_not,
                     the_tape_has_all_that_was_written_in_its_order, a_tape_that_is_too_long_to_be_sent_says_so)
