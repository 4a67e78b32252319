/* SPDX-License-Identifier: BSD-3-Clause */
/* A log that is packed reads as the one that it holds, a frame at a time; what is cut, damaged or a stranger's is never
 * taken for another.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "common/cleanup.h"
#include "log/packed.h"
#include "tests/unit/log/given.h"

#define KIB 1024
#define WRITE_BYTES (64 * KIB)
#define DEVICE_BYTES (16u << 20)

static const char trees[] = "commit: a text that stays";

/* Write COUNT times random data, a mark in the middle. */
static char *
write_large (unsigned count)
{
  static char data[WRITE_BYTES];
  struct dice dice = { 3 };
  char *path = new_path ();
  struct log_writer *writer = log_writer_create (path, (uint64_t[]) { DEVICE_BYTES }, 1, NULL, 0);

  ck_assert_ptr_nonnull (writer);
  for (unsigned i = 0; i < count; i++) {
    const struct log_operation operation = { LOG_WRITE, 0, 0, i * WRITE_BYTES % DEVICE_BYTES, sizeof data };
    struct log_issue issue;

    fill_random (&dice, data, sizeof data);
    ck_assert_int_eq (log_writer_issue (writer, &operation, data, &issue), 0);
    ck_assert_int_eq (log_writer_complete (writer, issue.position, 0, 0, false), 0);
    if (i == count / 2)
      ck_assert_int_eq (log_writer_mark (writer, trees, sizeof trees - 1), 0);
  }
  ck_assert_int_eq (log_writer_close (writer), 0);
  return path;
}

/* PATH, packed. */
static char *
pack (const char *path)
{
  char *packed = new_path ();

  ck_assert_msg (log_pack (path, packed) == 0, "%s", message);
  return packed;
}

/* The events of LOG are the first ones of WHOLE. */
static void
assert_beginning (const struct write_log *log, const struct write_log *whole)
{
  struct log_cursor cursor, other;
  struct log_event event, expected;

  ck_assert_uint_le (log->event_count, whole->event_count);
  log_cursor_begin (&cursor, log);
  log_cursor_begin (&other, whole);
  while (log_cursor_next (&cursor, &event)) {
    ck_assert (log_cursor_next (&other, &expected));
    ck_assert_mem_eq (&event.record, &expected.record, sizeof event.record);
    ck_assert_mem_eq (event.data, expected.data, event.record.data_size);
  }
}

/* How many bytes of LOG, which is packed, are in memory. */
static size_t
resident_bytes (const struct write_log *log)
{
  const size_t page = (size_t) sysconf (_SC_PAGESIZE), count = (log->file_size + page - 1) / page;
  CLEANUP_FREE unsigned char *pages = malloc (count);
  size_t resident = 0;

  ck_assert_int_eq (mincore ((void *) log->map, log->file_size, pages), 0);
  for (size_t i = 0; i < count; i++)
    resident += pages[i] & 1;
  return resident * page;
}

START_TEST (a_packed_log_is_the_log_that_it_holds)
{
  CLEANUP_FREE char *path = write_large (100), *packed = pack (path);
  struct write_log *whole = open_well (path), *log = open_well (packed);

  ck_assert_ptr_nonnull (log->packed);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->file_size, whole->file_size);
  ck_assert_uint_eq (log->event_count, whole->event_count);
  ck_assert_uint_eq (log->mark_count, 1);
  ck_assert_mem_eq (log->marks[0].text, trees, sizeof trees - 1);
  assert_beginning (log, whole);
  ck_assert_mem_eq (log_bytes (log, 0, log->file_size), whole->map, whole->file_size);
  write_log_close (whole);
  write_log_close (log);
}
END_TEST

START_TEST (what_is_in_memory_is_what_was_needed)
{
  CLEANUP_FREE char *path = write_large (200), *packed = pack (path);
  struct write_log *log = open_well (packed);
  const size_t opened = resident_bytes (log);

  /* the header's, the mark's and the last */
  ck_assert_uint_le (opened, 3u << 20);
  log_bytes (log, log->writes[50].data, LOG_SECTOR);
  ck_assert_uint_gt (resident_bytes (log), opened);
  ck_assert_uint_le (resident_bytes (log), opened + (1u << 20));
  write_log_close (log);
}
END_TEST

/* Make a file of the SIZE BYTES, and open it.  If that succeeds, its log begins as WHOLE; NULL otherwise, and something
 * was said.
 */
static struct write_log *
open_bytes (const char *bytes, size_t size, const struct write_log *whole)
{
  CLEANUP_FREE char *path = new_path ();
  struct write_log *log;

  write_bytes (path, bytes, size);
  forget_messages ();
  log = write_log_open (path);
  ck_assert_int_eq (unlink (path), 0);
  if (log)
    assert_beginning (log, whole);
  else
    ck_assert_uint_eq (message_count, 1);
  return log;
}

START_TEST (a_packed_log_that_is_cut_is_its_whole_frames)
{
  CLEANUP_FREE char *path = write_large (40), *packed = pack (path);
  struct write_log *whole = open_well (path);
  size_t size;
  CLEANUP_FREE char *bytes = read_file (packed, &size);
  const unsigned rounds = unit_rounds (300);
  uint32_t most = 0;

  for (unsigned i = 0; i < rounds; i++) {
    const size_t cut = size * (i + 1) / (rounds + 1);
    struct write_log *log = open_bytes (bytes, cut, whole);

    if (log == NULL)
      continue;
    ck_assert_int_eq (log->end, LOG_END_CUT);
    CLEANUP_FREE char *loss = log_describe_loss (log);
    ck_assert_ptr_nonnull (strstr (loss, "cut off at byte"));
    ck_assert_uint_ge (log->event_count, most);
    most = log->event_count;
    write_log_close (log);
  }
  ck_assert_uint_gt (most, whole->event_count / 3);
  /* without its table it is whole */
  struct write_log *log = open_bytes (bytes, size - 1, whole);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->event_count, whole->event_count);
  write_log_close (log);
  write_log_close (whole);
}
END_TEST

START_TEST (a_flipped_byte_never_makes_another_log)
{
  CLEANUP_FREE char *path = write_large (40), *packed = pack (path);
  struct write_log *whole = open_well (path);
  size_t size;
  CLEANUP_FREE char *bytes = read_file (packed, &size);
  struct dice dice = { 11 };
  unsigned damaged = 0;
  const unsigned rounds = unit_rounds (400);

  for (unsigned i = 0; i < rounds; i++) {
    /* half of them where the frames begin */
    const size_t at = i % 2 ? roll (&dice, (uint32_t) size) : (i / 2) % 40 + (i / 80) * (1u << 20);
    const char bit = (char) (1 << roll (&dice, 8));
    if (at >= size)
      continue;
    bytes[at] ^= bit;
    struct write_log *log = open_bytes (bytes, size, whole);
    bytes[at] ^= bit;
    damaged += log == NULL || log->end == LOG_END_DAMAGED;
    if (log && log->end == LOG_END_CLOSED)
      ck_assert_uint_eq (log->event_count, whole->event_count);
    write_log_close (log);
  }
  ck_assert_uint_gt (damaged, rounds * 3 / 5);
  write_log_close (whole);
}
END_TEST

START_TEST (a_table_that_lies_does_not_matter)
{
  CLEANUP_FREE char *path = write_large (40), *packed = pack (path);
  struct write_log *whole = open_well (path);
  size_t size;
  CLEANUP_FREE char *bytes = read_file (packed, &size);

  /* entries of three frames, the footer before its magic number */
  for (size_t at = size - 3 * 8 - 9; at < size - 4; at++) {
    bytes[at] ^= (char) 0xff;
    struct write_log *log = open_bytes (bytes, size, whole);
    ck_assert_int_eq (log->end, LOG_END_CLOSED);
    ck_assert_uint_eq (log->event_count, whole->event_count);
    write_log_close (log);
  }
  write_log_close (whole);
}
END_TEST

/* Refused with REASON: COUNT frames of SIZE bytes of the letter LETTER. */
static void
assert_frames_refused (unsigned count, size_t size, char letter, const char *reason)
{
  const size_t room = ZSTD_compressBound (size);
  CLEANUP_FREE char *path = new_path (), *bytes = malloc (size), *frame = malloc (room);
  FILE *file = fopen (path, "w");

  memset (bytes, letter, size);
  const size_t packed = ZSTD_compress (frame, room, bytes, size, 1);
  ck_assert (!ZSTD_isError (packed) && file);
  for (unsigned i = 0; i < count; i++)
    ck_assert_uint_eq (fwrite (frame, 1, packed, file), packed);
  ck_assert_int_eq (fclose (file), 0);
  assert_refused (path, reason);
}

START_TEST (what_unpacks_to_too_much_is_refused)
{
  assert_frames_refused (1, LOG_FRAME_MAX + 1, 'x', "no whole frame of at most 16 MiB");
  assert_frames_refused (1000, 1 << 20, 'x', "to more than a thousand times its size");
  assert_frames_refused (20, 1 << 20, 'x', "not a powercut log");
  assert_frames_refused (1, 10, 'x', "too short");
  /* no room is made for frames that hold next to nothing */
  assert_frames_refused (1000, 41, 'x', "not a powercut log");
}
END_TEST

START_TEST (what_is_packed_very_well_is_filled)
{
  CLEANUP_FREE char *path = new_path ();
  const uint64_t size = LOG_UNPACKED_SPARE + (300u << 20);

  write_bytes (path, "", 0);
  ck_assert_int_eq (truncate (path, (off_t) size), 0);
  CLEANUP_FREE char *packed = pack (path);
  ck_assert_int_eq (unlink (path), 0);
  /* its frames and its size are right; it is no log */
  assert_refused (packed, "not a powercut log");
}
END_TEST

UNIT_TEST_MAIN ("packed", a_packed_log_is_the_log_that_it_holds, what_is_in_memory_is_what_was_needed,
                a_packed_log_that_is_cut_is_its_whole_frames, a_flipped_byte_never_makes_another_log,
                a_table_that_lies_does_not_matter, what_unpacks_to_too_much_is_refused,
                what_is_packed_very_well_is_filled)
