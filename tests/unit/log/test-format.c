/* SPDX-License-Identifier: BSD-3-Clause */
/* What the writer writes, the reader reads; and what is not such a log, it does not take for one. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/workdir.h"
#include "log/guard.h"
#include "log/info.h"
#include "tests/unit/log/given.h"

static char block[3 * LOG_SECTOR], large[SIZE_0], long_mark[5000];

/* All kinds and flags, on both devices. */
static struct given script[] = {
  { { LOG_MARK, 0, 0, 0, 0 }, "base", 4, { 0 } },                                               /* 0 */
  { { LOG_WRITE, 0, 0, 0, sizeof block }, block, sizeof block, { 0 } },
  { { LOG_WRITE, LOG_FLAG_FUA, 1, 7 * LOG_SECTOR, LOG_SECTOR }, block, LOG_SECTOR, { 0 } },
  { { LOG_COMPLETION, 0, 1, 2, 0 }, NULL, 0, { 0 } },
  { { LOG_FLUSH, 0, 1, 0, 0 }, NULL, 0, { 0 } },                                                /* 4 */
  { { LOG_ZERO, LOG_FLAG_MAY_TRIM, 0, LOG_SECTOR, 2 * LOG_SECTOR }, NULL, 0, { 0 } },
  { { LOG_COMPLETION, 0, 1, 4, 0 }, NULL, 0, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, "beginning is no begin", 21, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, "begin", 5, { 0 } },                                              /* 8 */
  { { LOG_ZERO, LOG_FLAG_FUA | LOG_FLAG_MAY_TRIM, 1, 0, SIZE_1 }, NULL, 0, { 0 } },
  { { LOG_TRIM, LOG_FLAG_FUA, 0, 60 * LOG_SECTOR, 4 * LOG_SECTOR }, NULL, 0, { 0 } },
  { { LOG_TRIM, 0, 1, 0, LOG_SECTOR }, NULL, 0, { 0 } },
  { { LOG_COMPLETION, 0, 0, 1, ENOSPC }, NULL, 0, { 0 } },                                      /* 12 */
  { { LOG_FLUSH, 0, 0, 0, 0 }, NULL, 0, { 0 } },
  { { LOG_COMPLETION, 0, 0, 13, EIO }, NULL, 0, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, "", 0, { 0 } },
  { { LOG_WRITE, 0, 0, 0, sizeof large }, large, sizeof large, { 0 } },                         /* 16 */
  { { LOG_COMPLETION, 0, 0, 10, 0 }, NULL, 0, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, "commit old new", 14, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, long_mark, sizeof long_mark, { 0 } },
  { { LOG_FLUSH, 0, 0, 0, 0 }, NULL, 0, { 0 } },                                        /* 20: never completes */
  { { LOG_COMPLETION, 0, 1, 9, 0 }, NULL, 0, { 0 } },
};
#define SCRIPT_COUNT (sizeof script / sizeof script[0])

/* Write the first COUNT events of the script, and a mark in the place of large ones if SMALL. */
static char *
write_script (size_t count, bool small)
{
  static const char *const info[] = { "filesystem=ext4", "watch=/a b", "watch=", "watch-not=x", "empty" };
  struct dice dice = { 7 };
  char *path = new_path ();
  struct log_writer *writer = log_writer_create (path, (uint64_t[]) { SIZE_0, SIZE_1 }, 2, info, 5);

  ck_assert_ptr_nonnull (writer);
  fill_random (&dice, block, sizeof block);
  fill_random (&dice, large, sizeof large);
  fill_random (&dice, long_mark, sizeof long_mark);
  for (size_t i = 0; i < count; i++)
    if (small && script[i].data_size > sizeof block)
      ck_assert_int_eq (log_writer_mark (writer, "123", 3), 0);
    else
      ck_assert_int_eq (give (writer, &script[i]), 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  return path;
}

START_TEST (a_log_reads_back_exactly)
{
  CLEANUP_FREE char *path = write_script (SCRIPT_COUNT, false);
  struct write_log *log = open_well (path);
  struct log_cursor cursor;
  struct log_event event;
  uint64_t time = 0;

  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_ptr_null (log->fault);
  ck_assert_ptr_null (log_describe_loss (log));
  ck_assert_uint_eq (log->valid_size, log->file_size);
  ck_assert_uint_eq (log->event_count, SCRIPT_COUNT);
  ck_assert_uint_eq (log->device_count, 2);
  ck_assert_uint_eq (log->device_sizes[0], SIZE_0);
  ck_assert_uint_eq (log->device_sizes[1], SIZE_1);
  ck_assert_str_eq (log->path, path);
  log_cursor_begin (&cursor, log);
  for (uint32_t i = 0; i < SCRIPT_COUNT; i++) {
    ck_assert (log_cursor_next (&cursor, &event));
    ck_assert_uint_eq (event.position, i);
    assert_event_is (&event, &script[i]);
    ck_assert_uint_ge (event.record.time, time);
    time = event.record.time;
    if (script[i].operation.kind <= LOG_FLUSH) {
      ck_assert_uint_eq (script[i].issue.position, i);
      ck_assert_uint_eq (script[i].issue.data_offset,
                         event.file_offset + (script[i].data_size ? sizeof event.record : 0));
    }
  }
  ck_assert (!log_cursor_next (&cursor, &event));
  write_log_close (log);
}
END_TEST

START_TEST (operations_are_joined_with_their_completions)
{
  static const struct {
    uint32_t issue, completion;
    unsigned flags;
  } writes[] = {
    { 1, LOG_NEVER, LOG_FAILED }, { 2, 3, LOG_FLAG_FUA }, { 5, LOG_NEVER, LOG_FLAG_MAY_TRIM },
    { 9, 21, LOG_FLAG_FUA | LOG_FLAG_MAY_TRIM }, { 10, 17, LOG_FLAG_FUA }, { 11, LOG_NEVER, 0 }, { 16, LOG_NEVER, 0 }
  };
  static const struct log_flush flushes[] = {
    { .issue = 4, .completion = 6, .device = 1 }, { .issue = 13, .completion = LOG_NEVER, .device = 0 },
    { .issue = 20, .completion = LOG_NEVER, .device = 0 }
  };
  CLEANUP_FREE char *path = write_script (SCRIPT_COUNT, false);
  struct write_log *log = open_well (path);

  ck_assert_uint_eq (log->write_count, 7);
  for (uint32_t i = 0; i < 7; i++) {
    const struct log_write *write = &log->writes[i];
    const struct given *given = &script[writes[i].issue];

    ck_assert_uint_eq (write->issue, writes[i].issue);
    ck_assert_uint_eq (write->completion, writes[i].completion);
    ck_assert_uint_eq (write->flags & ~LOG_UNORDERED, writes[i].flags);
    ck_assert_uint_eq (write->kind, given->operation.kind);
    ck_assert_uint_eq (write->device, given->operation.device);
    ck_assert_uint_eq (write->offset_bytes, given->operation.offset_bytes);
    ck_assert_uint_eq (write->length_bytes, given->operation.length_bytes);
    if (write->kind == LOG_WRITE)
      ck_assert_mem_eq (log->map + write->data, given->data, write->length_bytes);
    else
      ck_assert_uint_eq (write->data, 0);
  }
  ck_assert_uint_eq (log->flush_count, 3);
  for (uint32_t i = 0; i < 3; i++) {
    ck_assert_uint_eq (log->flushes[i].issue, flushes[i].issue);
    ck_assert_uint_eq (log->flushes[i].completion, flushes[i].completion);
    ck_assert_uint_eq (log->flushes[i].device, flushes[i].device);
  }
  write_log_close (log);
}
END_TEST

START_TEST (marks_are_found_by_name_and_position)
{
  CLEANUP_FREE char *path = write_script (SCRIPT_COUNT, false);
  struct write_log *log = open_well (path);
  const char *rest;
  size_t length;

  ck_assert_uint_eq (log->mark_count, 6);
  ck_assert_uint_eq (log_find_mark (log, "begin", &rest, &length)->position, 8);
  ck_assert_uint_eq (length, 0);
  ck_assert_uint_eq (log_find_mark (log, "commit", &rest, &length)->position, 18);
  ck_assert_uint_eq (length, 7);
  ck_assert_mem_eq (rest, "old new", 7);
  ck_assert_ptr_null (log_find_mark (log, "comm", NULL, NULL));
  ck_assert_ptr_null (log_find_mark (log, "end", NULL, NULL));
  ck_assert_uint_eq (log_writes_until (log, 0), 0);
  ck_assert_uint_eq (log_writes_until (log, 1), 1);
  ck_assert_uint_eq (log_writes_until (log, 9), 4);
  ck_assert_uint_eq (log_writes_until (log, UINT32_MAX), 7);
  write_log_close (log);
}
END_TEST

START_TEST (the_header_keeps_its_texts_and_the_time)
{
  uint64_t before = (uint64_t) time (NULL);
  CLEANUP_FREE char *path = write_script (0, false);
  struct write_log *log = open_well (path);

  ck_assert_str_eq (log_info (log, "filesystem"), "ext4");
  ck_assert_ptr_null (log_info_after (log, "filesystem", log_info (log, "filesystem")));
  ck_assert_str_eq (log_info (log, "watch"), "/a b");
  const char *first = log_info_after (log, "watch", NULL), *second = log_info_after (log, "watch", first);
  ck_assert_str_eq (first, "/a b");
  ck_assert_str_eq (second, "");
  ck_assert_ptr_null (log_info_after (log, "watch", second));
  ck_assert_ptr_null (log_info (log, "file"));
  ck_assert_ptr_null (log_info (log, "empty"));
  ck_assert_uint_ge (log->created / 1000000000, before);
  ck_assert_uint_le (log->created / 1000000000, (uint64_t) time (NULL));
  ck_assert_uint_eq (log->event_count, 0);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  write_log_close (log);
}
END_TEST

START_TEST (overlapping_writes_in_flight_together_are_counted)
{
  struct log_maker *maker = make_log (2, 64);
  uint32_t first = add_write (maker, 0, 0, "aa", 0);
  add_write (maker, 0, 1, "b", 0);      /* overlaps the first */
  add_write (maker, 0, 2, "c", 0);      /* overlaps none */
  add_write (maker, 1, 0, "d", 0);      /* another device */
  add_completion (maker, first, 0);
  add_trim (maker, 0, 0, 3, 0);         /* overlaps two; the first has landed */
  struct write_log *log = finish_log (maker);

  ck_assert_uint_eq (log->unordered_count, 3);
  write_log_close (log);
}
END_TEST

START_TEST (a_write_with_too_many_in_flight_to_be_compared_is_counted)
{
  struct log_maker *maker = make_log (1, 2048);
  uint32_t first = add_write (maker, 0, 0, "a", 0);

  for (unsigned i = 1; i < 1025; i++)
    add_write (maker, 0, i, "b", 0);
  add_write (maker, 0, 0, "c", 0);      /* overlaps the first, which is the one too many */
  add_completion (maker, first, 0);
  add_write (maker, 0, 1030, "d", 0);   /* one more is left out now, as the last was */
  struct write_log *log = finish_log (maker);

  ck_assert_uint_eq (log->unordered_count, 0);
  ck_assert_uint_eq (log->uncompared_count, 2);
  write_log_close (log);
}
END_TEST

START_TEST (operations_that_meet_others_in_flight_are_counted)
{
  struct log_maker *maker = make_log (1, 64);
  uint32_t first = add_write (maker, 0, 0, "a", 0), flush = add_flush (maker, 0);
  add_completion (maker, first, 0);
  add_completion (maker, flush, EIO);
  uint32_t alone = add_write (maker, 0, 8, "a", 0);
  uint32_t second = add_write (maker, 0, 0, "b", 0);
  add_trim (maker, 0, 16, 3, 0);
  add_completion (maker, second, 0);
  add_completion (maker, alone, 0);
  add_flush (maker, 0);         /* meets the trim */
  struct write_log *log = finish_log (maker);

  ck_assert_uint_eq (log->in_flight_count, 4);
  ck_assert_uint_eq (log->in_flight_max, 3);
  write_log_close (log);
}
END_TEST

START_TEST (an_existing_file_is_not_overwritten)
{
  CLEANUP_FREE char *path = new_path ();

  write_bytes (path, "precious", 8);
  ck_assert_ptr_null (log_writer_create (path, (uint64_t[]) { SIZE_0 }, 1, NULL, 0));
  ck_assert_ptr_nonnull (strstr (message, "remove it"));
  assert_refused (path, "not a powercut log");
}
END_TEST

START_TEST (a_file_that_was_made_for_the_log_is_taken)
{
  CLEANUP_FREE char *path = new_path (), *link = new_path ();
  const uint64_t size = SIZE_0;

  write_bytes (path, "", 0);
  ck_assert_int_eq (symlink (path, link), 0);
  ck_assert_ptr_null (log_writer_create (link, &size, 1, NULL, 0));
  struct log_writer *writer = log_writer_create (path, &size, 1, NULL, 0);
  ck_assert_ptr_nonnull (writer);
  ck_assert_int_eq (log_writer_close (writer), 0);
  struct write_log *log = write_log_open (path);
  ck_assert_ptr_nonnull (log);
  write_log_close (log);
}
END_TEST

START_TEST (data_can_be_read_from_the_moment_they_are_issued)
{
  CLEANUP_FREE char *path = new_path (), *all = NULL, *seen = malloc (32 << 20);
  struct log_writer *writer = log_writer_create (path, (uint64_t[]) { SIZE_0 }, 1, NULL, 0);
  static char data[SIZE_0];
  struct dice dice = { 11 };
  uint64_t start = 0, end = 0;
  size_t size;

  ck_assert_ptr_nonnull (writer);
  ck_assert_ptr_nonnull (seen);
  for (unsigned i = 0; i < 600; i++) {
    uint32_t length = (1 + roll (&dice, i % 50 == 7 ? SIZE_0 / LOG_SECTOR : 8)) * LOG_SECTOR;
    struct log_operation operation = { .kind = LOG_WRITE, .length_bytes = length };
    struct log_issue issue;

    fill_random (&dice, data, 64);
    ck_assert_int_eq (log_writer_issue (writer, &operation, data, &issue), 0);
    ck_assert_int_eq (log_writer_read (writer, seen, length, issue.data_offset), 0);
    ck_assert_mem_eq (seen, data, length);
    start = start ? start : issue.data_offset;
    end = issue.data_offset + length;
  }
  /* A range of which one part is in the file and the other is still in the writer's buffer. */
  ck_assert_int_eq (log_writer_read (writer, seen, end - start, start), 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  all = read_file (path, &size);
  ck_assert_int_eq (memcmp (all + start, seen, end - start), 0);
}
END_TEST

/* Where each event of LOG begins, and after them the end of the last one. */
static size_t
list_starts (const struct write_log *log, uint64_t *starts, size_t room)
{
  struct log_cursor cursor;
  struct log_event event;
  size_t count = 0;

  ck_assert_uint_lt (log->event_count, room);
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    starts[count++] = event.file_offset;
  starts[count] = cursor.file_offset;
  return count;
}

START_TEST (a_log_cut_at_any_byte_ends_with_the_last_whole_record)
{
  CLEANUP_FREE char *path = write_script (SCRIPT_COUNT, true), *all = NULL;
  struct write_log *log = open_well (path);
  uint64_t starts[64];
  size_t count = list_starts (log, starts, 64), size;

  write_log_close (log);
  all = read_file (path, &size);
  for (size_t cut = size - 1; cut > 0; cut--) {
    ck_assert_int_eq (truncate (path, (off_t) cut), 0);
    if (cut < starts[0]) {
      assert_refused (path, cut < sizeof (struct log_header) ? "not a powercut log: too short"
                      : "its header is cut off");
      continue;
    }
    while (starts[count] > cut)
      count--;
    log = open_well (path);
    ck_assert_int_eq (log->end, LOG_END_CUT);
    assert_loss (log, count, starts[count], "cut off");
    ck_assert_int_eq (log->fault == NULL, starts[count] == cut);
    ck_assert_mem_eq (log->map, all, starts[count]);
    ck_assert_uint_eq (log->write_count, log_writes_until (log, UINT32_MAX));
    write_log_close (log);
  }
  ck_assert_int_eq (truncate (path, 0), 0);
  assert_refused (path, "not a powercut log: too short");
}
END_TEST

START_TEST (a_changed_byte_is_always_found)
{
  static const unsigned char patterns[] = { 0x01, 0x80, 0xff, 0x24 };
  CLEANUP_FREE char *path = write_script (SCRIPT_COUNT, true), *all = NULL;
  struct write_log *log = open_well (path);
  uint64_t starts[64];
  size_t count = list_starts (log, starts, 64), size, record = 0;

  write_log_close (log);
  all = read_file (path, &size);
  int fd = open (path, O_RDWR | O_CLOEXEC);
  for (size_t at = 0; at < size; at++) {
    while (record < count && starts[record + 1] <= at)
      record++;
    for (unsigned round = 0; round < unit_rounds (sizeof patterns); round++) {
      char changed = (char) (all[at] ^ patterns[(at + round) % sizeof patterns]);

      ck_assert_int_eq (pwrite (fd, &changed, 1, (off_t) at), 1);
      if (at < starts[0])
        assert_refused (path, path);
      else {
        log = open_well (path);
        ck_assert_msg (log->end != LOG_END_CLOSED, "byte %zu may be changed", at);
        ck_assert_int_eq (log->end, record == count ? LOG_END_CUT : LOG_END_DAMAGED);
        ck_assert_ptr_nonnull (log->fault);
        assert_loss (log, record, starts[record], record == count ? "cut off" : "damaged");
        write_log_close (log);
      }
    }
    ck_assert_int_eq (pwrite (fd, &all[at], 1, (off_t) at), 1);
  }
  close (fd);
}
END_TEST

/* In a process of its own: the end of one. */
static void __attribute__ ((noreturn))
read_what_is_gone (const char *path, int errors)
{
  /* Where a leak checker still finds them when the process ends in the middle. */
  static const struct write_log *volatile log;
  static char *volatile directory;

  ck_assert_int_eq (log_guard (NULL, 0, workdir_remove_all), 0);
  ck_assert_int_eq (log_guard_add (path), 0);
  log = write_log_open (path);
  directory = workdir_create ();
  if (log && directory && dprintf (errors, "%s", directory) > 0 && truncate (path, 0) == 0)
    log_info (log, "filesystem");
  _exit (0);
}

START_TEST (a_log_that_becomes_shorter_ends_the_program)
{
  CLEANUP_FREE char *path = write_script (0, false);
  CLEANUP_CLOSE int errors = memfd_create ("errors", MFD_CLOEXEC);
  char directory[4096] = "";
  int status;

  pid_t pid = fork ();
  if (pid == 0)
    read_what_is_gone (path, errors);
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 2);
  ck_assert_int_gt (pread (errors, directory, sizeof directory - 1, 0), 0);
  ck_assert_int_eq (access (directory, F_OK), -1);
}
END_TEST

START_TEST (what_is_no_file_is_refused)
{
  CLEANUP_FREE char *path = new_path ();

  assert_refused (path, "No such file");
  assert_refused ("/", "not a regular file");
}
END_TEST

UNIT_TEST_MAIN ("format", a_log_reads_back_exactly, operations_are_joined_with_their_completions,
                marks_are_found_by_name_and_position, the_header_keeps_its_texts_and_the_time,
                overlapping_writes_in_flight_together_are_counted,
                a_write_with_too_many_in_flight_to_be_compared_is_counted,
                operations_that_meet_others_in_flight_are_counted, an_existing_file_is_not_overwritten,
                a_file_that_was_made_for_the_log_is_taken, data_can_be_read_from_the_moment_they_are_issued,
                a_log_cut_at_any_byte_ends_with_the_last_whole_record, a_changed_byte_is_always_found,
                a_log_that_becomes_shorter_ends_the_program, what_is_no_file_is_refused)
