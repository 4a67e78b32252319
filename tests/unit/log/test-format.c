/* SPDX-License-Identifier: BSD-3-Clause */
/* What the writer writes, the reader reads; and what is not such a log, it does not take for one. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/workdir.h"
#include "log/checksum.h"
#include "log/guard.h"
#include "log/info.h"
#include "log/writer.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

#define SIZE_0 (64 * LOG_SECTOR)
#define SIZE_1 (8 * LOG_SECTOR)


static struct write_log *
open_well (const char *path)
{
  message[0] = '\0';
  struct write_log *log = write_log_open (path);
  ck_assert_msg (log, "%s", message);
  return log;
}

static void
assert_refused (const char *path, const char *reason)
{
  message[0] = '\0';
  ck_assert_ptr_null (write_log_open (path));
  ck_assert_msg (strstr (message, reason) != NULL, "'%s' does not say '%s'", message, reason);
}

static void
put_file (const char *path, const void *bytes, size_t size)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, bytes, size), (ssize_t) size);
  close (fd);
}

static char *
get_file (const char *path, size_t *size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  off_t end = lseek (fd, 0, SEEK_END);
  char *bytes = malloc ((size_t) end);

  ck_assert_ptr_nonnull (bytes);
  *size = (size_t) end;
  ck_assert_int_eq (pread (fd, bytes, *size, 0), end);
  close (fd);
  return bytes;
}

static void
fill_random (struct dice *dice, void *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    ((char *) data)[i] = (char) roll (dice, 256);
}

/* A list of events as they were given to the writer, and what it answered. */
struct given {
  struct log_operation operation;       /* kind LOG_COMPLETION: offset_bytes is the issue, length_bytes the error */
  const void *data;
  uint32_t data_size;
  struct log_issue issue;
};

/* Asserts nothing itself: libcheck keeps one file of assertions, and a process that is killed would spoil it. */
static int
give (struct log_writer *writer, struct given *given)
{
  const struct log_operation *operation = &given->operation;

  if (operation->kind == LOG_COMPLETION)
    return log_writer_complete (writer, (uint32_t) operation->offset_bytes, operation->device,
                                (int) operation->length_bytes, true);
  if (operation->kind == LOG_MARK)
    return log_writer_mark (writer, given->data, given->data_size);
  return log_writer_issue (writer, operation, given->data, &given->issue);
}

static void
assert_event_is (const struct log_event *event, const struct given *given)
{
  const struct log_operation *operation = &given->operation;

  ck_assert_uint_eq (event->record.kind, operation->kind);
  ck_assert_uint_eq (event->record.flags, operation->flags);
  ck_assert_uint_eq (event->record.device, operation->device);
  ck_assert_uint_eq (event->record.offset, operation->offset_bytes);
  ck_assert_uint_eq (event->record.length, operation->length_bytes);
  ck_assert_uint_eq (event->record.data_size, given->data_size);
  if (given->data_size > 0)
    ck_assert_mem_eq (event->data, given->data, given->data_size);
}

static char block[3 * LOG_SECTOR], large[SIZE_0], long_mark[5000];

/* All kinds and flags, on both devices. */
static struct given script[] = {
  { { LOG_MARK, 0, 0, 0, 0 }, "base", 4, { 0 } },                                               /* 0 */
  { { LOG_WRITE, 0, 0, 0, sizeof block }, block, sizeof block, { 0 } },
  { { LOG_WRITE, LOG_FUA, 1, 7 * LOG_SECTOR, LOG_SECTOR }, block, LOG_SECTOR, { 0 } },
  { { LOG_COMPLETION, 0, 1, 2, 0 }, NULL, 0, { 0 } },
  { { LOG_FLUSH, 0, 1, 0, 0 }, NULL, 0, { 0 } },                                                /* 4 */
  { { LOG_ZERO, LOG_MAY_TRIM, 0, LOG_SECTOR, 2 * LOG_SECTOR }, NULL, 0, { 0 } },
  { { LOG_COMPLETION, 0, 1, 4, 0 }, NULL, 0, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, "beginning is no begin", 21, { 0 } },
  { { LOG_MARK, 0, 0, 0, 0 }, "begin", 5, { 0 } },                                              /* 8 */
  { { LOG_ZERO, LOG_FUA | LOG_MAY_TRIM, 1, 0, SIZE_1 }, NULL, 0, { 0 } },
  { { LOG_TRIM, LOG_FUA, 0, 60 * LOG_SECTOR, 4 * LOG_SECTOR }, NULL, 0, { 0 } },
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

  ck_assert_int_eq (log->end, LOG_CLOSED);
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
    { 1, LOG_NEVER, LOG_FAILED }, { 2, 3, LOG_FUA }, { 5, LOG_NEVER, LOG_MAY_TRIM }, { 9, 21, LOG_FUA | LOG_MAY_TRIM },
    { 10, 17, LOG_FUA }, { 11, LOG_NEVER, 0 }, { 16, LOG_NEVER, 0 }
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
    ck_assert_uint_eq (write->flags, writes[i].flags);
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
  ck_assert_uint_eq (log_mark_until (log, 17)->position, 15);
  ck_assert_uint_eq (log_mark_until (log, 18)->position, 18);
  ck_assert_uint_eq (log_mark_until (log, 0)->position, 0);
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
  ck_assert_int_eq (log->end, LOG_CLOSED);
  ck_assert_ptr_null (log_mark_until (log, 0));
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

START_TEST (an_existing_file_is_not_overwritten)
{
  CLEANUP_FREE char *path = new_path ();

  put_file (path, "precious", 8);
  ck_assert_ptr_null (log_writer_create (path, (uint64_t[]) { SIZE_0 }, 1, NULL, 0));
  ck_assert_ptr_nonnull (strstr (message, "remove it"));
  assert_refused (path, "not a powercut log");
}
END_TEST

START_TEST (a_file_that_was_made_for_the_log_is_taken)
{
  CLEANUP_FREE char *path = new_path (), *link = new_path ();
  const uint64_t size = SIZE_0;

  put_file (path, "", 0);
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
  all = get_file (path, &size);
  ck_assert_int_eq (memcmp (all + start, seen, end - start), 0);
}
END_TEST

/* Where each event of LOG begins, the end of the last one behind them. */
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

/* What a person is told about a log whose first COUNT events, up to the byte VALID, can be used. */
static void
assert_loss (const struct write_log *log, size_t count, uint64_t valid, const char *word)
{
  CLEANUP_FREE char *loss = log_describe_loss (log), *expected = NULL;

  ck_assert_uint_eq (log->event_count, count);
  ck_assert_uint_eq (log->valid_size, valid);
  ck_assert_ptr_nonnull (loss);
  ck_assert_int_ne (asprintf (&expected, "%s at byte %ju:", word, (uintmax_t) valid), -1);
  ck_assert_msg (strncmp (loss, expected, strlen (expected)) == 0, "'%s' does not begin with '%s'", loss, expected);
  free (expected);
  ck_assert_int_ne (asprintf (&expected, "the %zu events before it are used, %ju bytes are lost", count,
                              (uintmax_t) (log->file_size - valid)), -1);
  ck_assert_msg (strstr (loss, expected) != NULL, "'%s' does not say '%s'", loss, expected);
}

START_TEST (a_log_cut_at_any_byte_ends_with_the_last_whole_record)
{
  CLEANUP_FREE char *path = write_script (SCRIPT_COUNT, true), *all = NULL;
  struct write_log *log = open_well (path);
  uint64_t starts[64];
  size_t count = list_starts (log, starts, 64), size;

  write_log_close (log);
  all = get_file (path, &size);
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
    ck_assert_int_eq (log->end, LOG_CUT);
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
  all = get_file (path, &size);
  int fd = open (path, O_RDWR | O_CLOEXEC);
  for (size_t at = 0; at < size; at++) {
    while (record < count && starts[record + 1] <= at)
      record++;
    for (size_t i = 0; i < sizeof patterns; i++) {
      char changed = (char) (all[at] ^ patterns[i]);

      ck_assert_int_eq (pwrite (fd, &changed, 1, (off_t) at), 1);
      if (at < starts[0])
        assert_refused (path, path);
      else {
        log = open_well (path);
        ck_assert_msg (log->end != LOG_CLOSED, "byte %zu may be changed", at);
        ck_assert_int_eq (log->end, record == count ? LOG_CUT : LOG_DAMAGED);
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

/* A log made by hand. */
struct craft {
  char bytes[16384];
  size_t size;
};

static void
craft_header_of (struct craft *craft, const struct log_header *header, const uint64_t *sizes, const char *info)
{
  struct log_header *head = (struct log_header *) craft->bytes;
  size_t header_size = le32toh (header->header_size), count = le32toh (header->device_count);

  memset (craft, 0, sizeof *craft);
  *head = *header;
  for (size_t i = 0; i < count; i++)
    ((uint64_t *) (head + 1))[i] = htole64 (sizes[i]);
  if (info)
    memcpy (craft->bytes + sizeof *head + 8 * count, info, le32toh (header->info_size));
  craft->size = header_size;
  if (header_size < sizeof *head)
    header_size = sizeof *head;
  head->checksum = htole64 (log_header_checksum (craft->bytes, header_size));
}

static void
craft_header (struct craft *craft)
{
  const struct log_header header = {
    .magic = LOG_MAGIC, .version = htole32 (LOG_VERSION), .header_size = htole32 (56), .device_count = htole32 (2)
  };

  craft_header_of (craft, &header, (uint64_t[]) { SIZE_0, SIZE_1 }, NULL);
}

/* Append RECORD, in host order, with the DATA_SIZE bytes that really follow. */
static void
craft_record (struct craft *craft, const struct log_record *record, const void *data, size_t data_size)
{
  struct log_record *to = (struct log_record *) (craft->bytes + craft->size);

  ck_assert_uint_le (craft->size + log_record_size ((uint32_t) data_size), sizeof craft->bytes);
  *to = (struct log_record) {
    .time = htole64 (record->time), .kind = record->kind, .flags = record->flags, .device = htole16 (record->device),
    .data_size = htole32 (record->data_size), .offset = htole64 (record->offset), .length = htole32 (record->length),
    .reserved = htole32 (record->reserved),
  };
  if (data_size > 0)
    memcpy (to + 1, data, data_size);
  to->checksum = htole64 (log_record_checksum (to, log_data_hash (to + 1, data_size), craft->size));
  craft->size += log_record_size ((uint32_t) data_size);
}

static struct write_log *
open_craft (const struct craft *craft)
{
  CLEANUP_FREE char *path = new_path ();

  put_file (path, craft->bytes, craft->size);
  message[0] = '\0';
  struct write_log *log = write_log_open (path);
  unlink (path);
  return log;
}

#define VALID_EVENTS 8

/* Eight valid events for the records of the next test to stand behind; each operation but the last has completed. */
static void
craft_events (struct craft *craft)
{
  static const char data[LOG_SECTOR] = "data";

  craft_header (craft);
  craft_record (craft, &(struct log_record) { .kind = LOG_WRITE, .data_size = LOG_SECTOR, .length = LOG_SECTOR }, data,
                LOG_SECTOR);
  craft_record (craft, &(struct log_record) { .kind = LOG_COMPLETION }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_FLUSH, .device = 1 }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_COMPLETION, .device = 1, .offset = 2, .length = EIO }, NULL,
                0);
  craft_record (craft, &(struct log_record) { .kind = LOG_TRIM, .length = LOG_SECTOR }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_COMPLETION, .offset = 4, .length = EIO }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_MARK, .data_size = 4 }, "mark", 4);
  craft_record (craft, &(struct log_record) { .kind = LOG_ZERO, .device = 1, .length = LOG_SECTOR }, NULL, 0);
}

#define NO_DEVICE "names a device that the log does not have"
#define NOT_SECTORS "is not made of whole sectors"
#define BEYOND "goes beyond the end of its device"
#define UNUSED_FIELD "has a value in a field that its kind does not use"
#define NOT_ITS_DATA "has a length that is not its data's"
#define NOT_IN_FLIGHT "completes an operation that is not in flight"
#define UNKNOWN_KIND "is of an unknown kind"
#define TOO_LONG "is longer than any request"

static const struct bad_record {
  struct log_record record;
  uint32_t data_size;           /* bytes that really follow */
  const char *fault;
} bad_records[] = {
  { { .kind = LOG_WRITE, .device = 2, .data_size = 512, .length = 512 }, 512, NO_DEVICE },
  { { .kind = LOG_ZERO, .device = 2, .length = 512 }, 0, NO_DEVICE },
  { { .kind = LOG_TRIM, .device = 65535, .length = 512 }, 0, NO_DEVICE },
  { { .kind = LOG_FLUSH, .device = 2 }, 0, NO_DEVICE },

  { { .kind = LOG_WRITE }, 0, NOT_SECTORS },
  { { .kind = LOG_ZERO }, 0, NOT_SECTORS },
  { { .kind = LOG_TRIM }, 0, NOT_SECTORS },
  { { .kind = LOG_WRITE, .data_size = 256, .length = 256 }, 256, NOT_SECTORS },
  { { .kind = LOG_ZERO, .length = 513 }, 0, NOT_SECTORS },
  { { .kind = LOG_WRITE, .data_size = 512, .offset = 256, .length = 512 }, 512, NOT_SECTORS },
  { { .kind = LOG_TRIM, .offset = 1, .length = 512 }, 0, NOT_SECTORS },

  { { .kind = LOG_WRITE, .device = 1, .data_size = 512, .offset = SIZE_1, .length = 512 }, 512, BEYOND },
  { { .kind = LOG_ZERO, .device = 1, .offset = SIZE_1 - 512, .length = 1024 }, 0, BEYOND },
  { { .kind = LOG_TRIM, .device = 1, .offset = SIZE_1 + 512, .length = 512 }, 0, BEYOND },
  { { .kind = LOG_ZERO, .offset = UINT64_MAX - 511, .length = 512 }, 0, BEYOND },
  { { .kind = LOG_ZERO, .length = 0xfffffe00 }, 0, BEYOND },

  { { .kind = LOG_WRITE, .data_size = 512, .length = 1024 }, 512, NOT_ITS_DATA },
  { { .kind = LOG_WRITE, .data_size = 1024, .length = 512 }, 1024, NOT_ITS_DATA },
  { { .kind = LOG_WRITE, .length = 512 }, 0, NOT_ITS_DATA },

  { { .kind = LOG_ZERO, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_TRIM, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .data_size = 8 }, 8, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .device = 1, .data_size = 8, .offset = 7 }, 8, UNUSED_FIELD },
  { { .kind = LOG_END, .data_size = 8 }, 8, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .offset = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .device = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .offset = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .length = 4, .data_size = 4 }, 4, UNUSED_FIELD },
  { { .kind = LOG_END, .device = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .offset = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .length = 1 }, 0, UNUSED_FIELD },

  { { .kind = LOG_WRITE, .flags = LOG_MAY_TRIM, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_WRITE, .flags = LOG_FAILED, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_ZERO, .flags = 4, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_ZERO, .flags = LOG_FAILED, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_TRIM, .flags = LOG_MAY_TRIM, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .flags = LOG_FUA }, 0, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .flags = LOG_FUA, .device = 1, .offset = 7 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .flags = LOG_FUA }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .flags = LOG_FUA }, 0, UNUSED_FIELD },

  { { .kind = LOG_WRITE, .data_size = 512, .length = 512, .reserved = 1 }, 512, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .device = 1, .offset = 7, .reserved = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .reserved = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .reserved = 1 }, 0, UNUSED_FIELD },

  { { .kind = 0 }, 0, UNKNOWN_KIND },
  { { .kind = LOG_END + 1 }, 0, UNKNOWN_KIND },
  { { .kind = 255 }, 0, UNKNOWN_KIND },

  { { .kind = LOG_MARK, .data_size = LOG_DATA_MAX + 1 }, 0, TOO_LONG },
  { { .kind = LOG_WRITE, .data_size = UINT32_MAX, .length = UINT32_MAX }, 0, TOO_LONG },
  { { .kind = LOG_MARK, .data_size = LOG_DATA_MAX }, 0, "is cut off" },
  { { .kind = LOG_MARK, .data_size = 4 }, 8, "has a wrong checksum" },

  { { .kind = LOG_COMPLETION, .offset = VALID_EVENTS }, 0, NOT_IN_FLIGHT },             /* itself */
  { { .kind = LOG_COMPLETION, .offset = VALID_EVENTS + 1 }, 0, NOT_IN_FLIGHT },         /* the future */
  { { .kind = LOG_COMPLETION, .device = 1, .offset = (UINT64_C (1) << 32) + 7 }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .offset = UINT64_MAX }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .offset = 6 }, 0, NOT_IN_FLIGHT },                        /* a mark */
  { { .kind = LOG_COMPLETION, .offset = 1 }, 0, NOT_IN_FLIGHT },                        /* a completion */
  { { .kind = LOG_COMPLETION, .offset = 0 }, 0, NOT_IN_FLIGHT },                        /* twice */
  { { .kind = LOG_COMPLETION, .offset = 4 }, 0, NOT_IN_FLIGHT },                        /* twice, after a failure */
  { { .kind = LOG_COMPLETION, .offset = 4, .length = EIO }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .device = 1, .offset = 2 }, 0, NOT_IN_FLIGHT },           /* a failed flush twice */
  { { .kind = LOG_COMPLETION, .device = 1, .offset = 2, .length = EIO }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .device = 0, .offset = 7 }, 0, NOT_IN_FLIGHT },           /* the wrong device */
  { { .kind = LOG_COMPLETION, .device = 2, .offset = 7 }, 0, NOT_IN_FLIGHT },
};

START_TEST (a_record_with_a_right_checksum_and_wrong_fields_ends_the_log)
{
  static const char data[4096];
  const struct bad_record *bad = &bad_records[_i];

  for (int closed = 0; closed < 2; closed++) {
    struct craft craft;

    craft_events (&craft);
    size_t valid = craft.size;
    craft_record (&craft, &bad->record, data, bad->data_size);
    if (closed)
      craft_record (&craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
    struct write_log *log = open_craft (&craft);
    ck_assert_msg (log != NULL, "%s", message);
    ck_assert_pstr_eq (log->fault, bad->fault);
    ck_assert_int_eq (log->end, closed ? LOG_DAMAGED : LOG_CUT);
    assert_loss (log, VALID_EVENTS, valid, closed ? "damaged" : "cut off");
    write_log_close (log);
  }
}
END_TEST

START_TEST (records_at_every_limit_are_valid)
{
  static const char data[4096];
  static const struct log_record good[] = {
    { .kind = LOG_WRITE, .flags = LOG_FUA, .device = 1, .data_size = SIZE_1, .length = SIZE_1 },
    { .kind = LOG_ZERO, .flags = LOG_FUA | LOG_MAY_TRIM, .offset = SIZE_0 - 512, .length = 512 },
    { .kind = LOG_TRIM, .flags = LOG_FUA, .length = SIZE_0 },
    { .kind = LOG_MARK },
    { .kind = LOG_MARK, .data_size = 7 },
    { .kind = LOG_COMPLETION, .device = 1, .offset = 7, .length = UINT32_MAX },
    { .kind = LOG_END, .time = UINT64_MAX },
  };
  struct craft craft;

  craft_events (&craft);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    craft_record (&craft, &good[i], data, good[i].data_size);
  struct write_log *log = open_craft (&craft);
  ck_assert_msg (log != NULL, "%s", message);
  ck_assert_int_eq (log->end, LOG_CLOSED);
  ck_assert_uint_eq (log->event_count, VALID_EVENTS + 6);
  write_log_close (log);
}
END_TEST

START_TEST (a_moved_record_is_not_valid)
{
  char first[sizeof (struct log_record)], second[sizeof first];
  struct craft craft;

  craft_events (&craft);
  size_t at = craft.size;
  craft_record (&craft, &(struct log_record) { .kind = LOG_FLUSH }, NULL, 0);
  craft_record (&craft, &(struct log_record) { .kind = LOG_FLUSH, .device = 1 }, NULL, 0);
  memcpy (first, craft.bytes + at, sizeof first);
  memcpy (second, craft.bytes + at + sizeof first, sizeof second);
  memcpy (craft.bytes + at, second, sizeof second);
  memcpy (craft.bytes + at + sizeof second, first, sizeof first);
  struct write_log *log = open_craft (&craft);
  assert_loss (log, VALID_EVENTS, at, "cut off");
  ck_assert_str_eq (log->fault, "has a wrong checksum");
  write_log_close (log);
}
END_TEST

START_TEST (padding_that_is_not_zero_is_not_valid)
{
  struct craft craft;

  craft_events (&craft);
  size_t at = craft.size;
  craft_record (&craft, &(struct log_record) { .kind = LOG_MARK, .data_size = 4 }, "mark", 4);
  craft.bytes[craft.size - 1] = 1;
  struct write_log *log = open_craft (&craft);
  assert_loss (log, VALID_EVENTS, at, "cut off");
  write_log_close (log);
}
END_TEST

START_TEST (nothing_may_stand_behind_the_end)
{
  for (int closed = 0; closed < 2; closed++) {
    struct craft craft;

    craft_events (&craft);
    craft_record (&craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
    size_t end = craft.size;
    craft_record (&craft, &(struct log_record) { .kind = LOG_FLUSH }, NULL, 0);
    if (closed)
      craft_record (&craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
    struct write_log *log = open_craft (&craft);
    ck_assert_int_eq (log->end, LOG_DAMAGED);
    assert_loss (log, VALID_EVENTS, end, "damaged");
    ck_assert_ptr_nonnull (log->fault);
    write_log_close (log);
  }
}
END_TEST

/* A header, and what is said when it is refused (NULL: it is not). */
static const struct {
  uint32_t version, header_size, device_count, info_size;
  uint64_t device_size;
  const char *info;
  const char *reason;
} headers[] = {
  { 1, 48, 1, 0, 512, NULL, NULL },
  { 1, 40 + 8 * 64, 64, 0, 512, NULL, NULL },
  { 1, 56, 1, 8, 512, "a=bcdef", NULL },
  { 1, 56, 1, 5, 512, "a=bc", NULL },
  { 1, 48, 1, 0, (uint64_t) INT64_MAX - 511, NULL, NULL },

  { 2, 48, 1, 0, 512, NULL, "a log of version 2" },
  { 0, 48, 1, 0, 512, NULL, "a log of version 0" },
  { 1, 40, 0, 0, 512, NULL, "its header is damaged" },
  { 1, 40 + 8 * 65, 65, 0, 512, NULL, "its header is damaged" },
  { 1, 48, 1, 0, 0, NULL, "its header is damaged" },
  { 1, 48, 1, 0, 513, NULL, "its header is damaged" },
  { 1, 48, 1, 0, UINT64_C (1) << 63, NULL, "its header is damaged" },
  { 1, 56, 1, 8, 512, "a=bcdefg", "its header is damaged" },            /* no NUL */
  { 1, 40, 1, 0, 512, NULL, "its header is damaged" },                  /* too small for the device */
  { 1, 48, 1, 8, 512, NULL, "its header is damaged" },                  /* too small for the text */
  { 1, 56, 1, 0, 512, NULL, "its header is damaged" },                  /* larger than it need be */
  { 1, 52, 1, 0, 512, NULL, "its header is damaged" },                  /* not aligned */
  { 1, 0, 1, 0, 512, NULL, "its header is damaged" },
  { 1, 48, 1, LOG_INFO_MAX + 1, 512, NULL, "its header is damaged" },
  { 1, 48, 1, UINT32_MAX, 512, NULL, "its header is damaged" },
  { 1, 48, UINT32_MAX, 0, 512, NULL, "its header is damaged" },
};

START_TEST (a_header_that_lies_is_refused)
{
  const struct log_header header = {
    .magic = LOG_MAGIC, .version = htole32 (headers[_i].version), .header_size = htole32 (headers[_i].header_size),
    .device_count = htole32 (headers[_i].device_count == UINT32_MAX ? 1 : headers[_i].device_count),
    .info_size = htole32 (headers[_i].info ? headers[_i].info_size : 0)
  };
  uint64_t sizes[LOG_DEVICES_MAX + 1];
  struct craft craft;

  for (size_t i = 0; i <= LOG_DEVICES_MAX; i++)
    sizes[i] = headers[_i].device_size;
  craft_header_of (&craft, &header, sizes, headers[_i].info);
  struct log_header *head = (struct log_header *) craft.bytes;
  size_t size = craft.size < sizeof *head ? sizeof *head : craft.size;
  head->device_count = htole32 (headers[_i].device_count);
  head->info_size = htole32 (headers[_i].info_size);
  head->checksum = htole64 (log_header_checksum (head, size));
  craft.size = size + 64;
  struct write_log *log = open_craft (&craft);
  ck_assert_msg ((log == NULL) == (headers[_i].reason != NULL), "header %d: '%s'", _i, message);
  if (headers[_i].reason)
    ck_assert_msg (strstr (message, headers[_i].reason) != NULL, "'%s' does not say '%s'", message, headers[_i].reason);
  write_log_close (log);
}
END_TEST

START_TEST (a_header_longer_than_the_file_is_refused)
{
  struct craft craft;

  craft_header (&craft);
  ((struct log_header *) craft.bytes)->header_size = htole32 (0xfffffff8);
  ck_assert_ptr_null (open_craft (&craft));
  ck_assert_ptr_nonnull (strstr (message, "its header is cut off"));
}
END_TEST

/* In a process of its own: the end of one. */
static void __attribute__ ((noreturn))
read_what_is_gone (const char *path, int errors)
{
  /* Where a leak checker still finds them when the process ends in the middle. */
  static const struct write_log *volatile log;
  static char *volatile directory;

  log_guard (path, workdir_remove_all);
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

/* The validity of records read a second time from log/format.h, for the fuzzer. */
struct naive {
  const struct craft *craft;
  size_t valid_size;
  uint32_t event_count;
  struct {
    unsigned device;
    bool in_flight;
  } events[512];
};

static bool
naive_fields_are_valid (const struct log_record *r)
{
  static const uint64_t sizes[] = { SIZE_0, SIZE_1 };
  bool ranged = r->kind == LOG_WRITE || r->kind == LOG_ZERO || r->kind == LOG_TRIM;
  unsigned known_flags = (ranged ? LOG_FUA : 0) | (r->kind == LOG_ZERO ? LOG_MAY_TRIM : 0);

  if (r->kind < LOG_WRITE || r->kind > LOG_END || r->flags & ~known_flags || r->reserved != 0)
    return false;
  if (r->kind != LOG_WRITE && r->kind != LOG_MARK && r->data_size != 0)
    return false;
  if (ranged)
    return r->device < 2 && r->length > 0 && r->length % 512 == 0 && r->offset % 512 == 0
      && r->offset < sizes[r->device] && r->length <= sizes[r->device] - r->offset
      && (r->kind != LOG_WRITE || r->data_size == r->length);
  if (r->kind == LOG_FLUSH)
    return r->device < 2 && r->offset == 0 && r->length == 0;
  return r->kind == LOG_COMPLETION || (r->device == 0 && r->offset == 0 && r->length == 0);
}

/* Whether the record at AT is valid as far as it can be said without those before it; *r in host order. */
static bool
naive_record_is_valid (const struct craft *craft, size_t at, struct log_record *r)
{
  if (craft->size - at < sizeof *r)
    return false;
  const struct log_record *stored = (const struct log_record *) (craft->bytes + at);
  *r = (struct log_record) {
    .kind = stored->kind, .flags = stored->flags, .device = le16toh (stored->device),
    .data_size = le32toh (stored->data_size), .offset = le64toh (stored->offset), .length = le32toh (stored->length),
    .reserved = le32toh (stored->reserved),
  };
  if (log_record_size (r->data_size) > craft->size - at)
    return false;
  for (size_t i = sizeof *r + r->data_size; i < log_record_size (r->data_size); i++)
    if (craft->bytes[at + i] != 0)
      return false;
  return log_record_checksum (stored, log_data_hash (stored + 1, r->data_size), at) == le64toh (stored->checksum)
    && naive_fields_are_valid (r);
}

static enum log_end
naive_read (struct naive *naive, const struct craft *craft, size_t header_size)
{
  struct log_record r;
  size_t last = craft->size - sizeof r;
  bool closed = craft->size >= header_size + sizeof r && last % 8 == 0 && naive_record_is_valid (craft, last, &r)
    && r.kind == LOG_END;

  naive->event_count = 0;
  for (naive->valid_size = header_size; naive_record_is_valid (craft, naive->valid_size, &r);) {
    if (r.kind == LOG_COMPLETION && (r.offset >= naive->event_count || !naive->events[r.offset].in_flight
                                     || naive->events[r.offset].device != r.device))
      break;
    if (r.kind == LOG_COMPLETION)
      naive->events[r.offset].in_flight = false;
    naive->valid_size += log_record_size (r.data_size);
    if (r.kind == LOG_END)
      return naive->valid_size == craft->size ? LOG_CLOSED : LOG_DAMAGED;
    naive->events[naive->event_count].device = r.device;
    naive->events[naive->event_count++].in_flight = r.kind <= LOG_FLUSH;
  }
  return closed ? LOG_DAMAGED : LOG_CUT;
}

/* A record that is often valid. */
static struct log_record
random_record (struct dice *dice, uint32_t position)
{
  struct log_record r = { .kind = (uint8_t) (1 + roll (dice, 6)), .device = (uint16_t) roll (dice, 2) };

  switch (r.kind) {
  case LOG_WRITE:
  case LOG_ZERO:
  case LOG_TRIM:
    r.flags = (uint8_t) roll (dice, r.kind == LOG_ZERO ? 4 : 2);
    r.length = (1 + roll (dice, 2)) * LOG_SECTOR;
    r.offset = roll (dice, 7) * LOG_SECTOR;
    r.data_size = r.kind == LOG_WRITE ? r.length : 0;
    break;
  case LOG_COMPLETION:
    r.offset = roll (dice, position + 1);
    r.length = roll (dice, 2) * EIO;
    break;
  case LOG_MARK:
    r.device = 0;
    r.data_size = roll (dice, 24);
    break;
  default:
    break;
  }
  return r;
}

static uint64_t
odd_number (struct dice *dice)
{
  static const uint64_t odd[] = {
    0, 1, 2, 7, 8, 255, 256, 511, 512, 513, 4096, SIZE_0, LOG_DATA_MAX, LOG_DATA_MAX + 1, INT32_MAX, UINT32_MAX - 511,
    UINT32_MAX, UINT64_C (1) << 32, INT64_MAX, UINT64_MAX - 511, UINT64_MAX
  };

  return odd[roll (dice, sizeof odd / sizeof odd[0])];
}

/* Put an odd number into one of the fields. */
static void
spoil_record (struct dice *dice, struct log_record *r)
{
  uint64_t number = odd_number (dice);

  switch (roll (dice, 7)) {
  case 0:
    r->kind = (uint8_t) number;
    break;
  case 1:
    r->flags = (uint8_t) number;
    break;
  case 2:
    r->device = (uint16_t) number;
    break;
  case 3:
    r->data_size = (uint32_t) number;
    break;
  case 4:
    r->offset = number;
    break;
  case 5:
    r->length = (uint32_t) number;
    break;
  default:
    r->reserved = (uint32_t) number;
    break;
  }
}

/* A random log: records with right checksums, some of them spoilt before, some bytes after; and a random end. */
static void
craft_random (struct dice *dice, struct craft *craft)
{
  unsigned count = roll (dice, 14), spoil_one_in = 2 + roll (dice, 40);
  char data[2 * LOG_SECTOR];

  craft_header (craft);
  for (uint32_t position = 0; position < count; position++) {
    struct log_record r = random_record (dice, position);
    size_t data_size = r.data_size;

    if (roll (dice, spoil_one_in) == 0)
      spoil_record (dice, &r);
    fill_random (dice, data, sizeof data);
    craft_record (craft, &r, data, data_size);
  }
  if (roll (dice, 4))
    craft_record (craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
  if (roll (dice, 4) == 0 && craft->size > 56)
    craft->bytes[56 + roll (dice, (uint32_t) craft->size - 56)] ^= (char) (1 + roll (dice, 255));
  if (roll (dice, 4) == 0)
    craft->size -= roll (dice, (uint32_t) craft->size - 55);
}

/* Use everything of a log that was opened, so that a sanitizer or valgrind sees bytes that are not its own. */
static void
walk_everything (const struct write_log *log)
{
  struct log_cursor cursor;
  struct log_event event;
  struct index_walk walk;
  uint64_t sum = 0;
  uint32_t number;

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    sum += log_data_hash (event.data, event.record.data_size);
  for (uint64_t i = 0; i < 8; i++)
    for (index_walk_begin (&walk, &log->index, i % 2, i, log->write_count); index_walk_next (&walk, &number);)
      sum += log->writes[number].length_bytes;
  for (uint32_t i = 0; i < log->mark_count; i++)
    sum += log_data_hash (log->marks[i].text, log->marks[i].length);
  free (log_describe_loss (log));
  ck_assert_uint_ne (sum, 1);
}

START_TEST (random_logs_are_read_as_the_format_says)
{
  struct dice dice = { 12 };
  unsigned ends[3] = { 0 };

  for (unsigned round = 0; round < 4000; round++) {
    struct naive naive;
    struct craft craft;

    craft_random (&dice, &craft);
    enum log_end end = naive_read (&naive, &craft, 56);
    struct write_log *log = open_craft (&craft);
    ck_assert_msg (log != NULL, "round %u: %s", round, message);
    ck_assert_msg (log->end == end && log->valid_size == naive.valid_size && log->event_count == naive.event_count,
                   "round %u: end %d, %u events, %ju bytes in place of %d, %u, %zu (%s)", round, log->end,
                   log->event_count, (uintmax_t) log->valid_size, end, naive.event_count, naive.valid_size,
                   log->fault ? log->fault : "no fault");
    walk_everything (log);
    ends[end]++;
    write_log_close (log);
  }
  for (unsigned i = 0; i < 3; i++)
    ck_assert_uint_gt (ends[i], 100);
}
END_TEST

/* Bytes that are random, and a header that is partly right. */
START_TEST (random_bytes_are_never_followed)
{
  struct dice dice = { 13 };

  for (unsigned round = 0; round < 4000; round++) {
    struct craft craft;

    craft_events (&craft);
    for (unsigned left = 1 + roll (&dice, 4); left > 0; left--)
      craft.bytes[8 + roll (&dice, 48)] = (char) roll (&dice, 256);
    if (roll (&dice, 2)) {
      struct log_header *head = (struct log_header *) craft.bytes;
      size_t header_size = le32toh (head->header_size);

      head->version = htole32 (LOG_VERSION);
      if (header_size >= sizeof *head && header_size <= craft.size)
        head->checksum = htole64 (log_header_checksum (head, header_size));
    }
    craft.size -= roll (&dice, 3) ? 0 : roll (&dice, (uint32_t) craft.size);
    struct write_log *log = open_craft (&craft);
    if (log)
      walk_everything (log);
    write_log_close (log);
  }
}
END_TEST

/* The recorder's stream of events in the tests that kill it: what each one is depends on its position alone. */
struct stream {
  struct log_writer *writer;
  struct dice dice;
  char data[16 * LOG_SECTOR];
};

static struct given
stream_event (struct stream *stream, uint32_t position)
{
  struct given given = { .operation = { .kind = LOG_WRITE } };

  stream->dice.state = position;
  if (position % 16 == 15) {
    given.operation.kind = LOG_FLUSH;
  } else if (position % 4 == 1) {
    given.operation = (struct log_operation) { .kind = LOG_COMPLETION, .offset_bytes = position - 1 };
  } else if (position % 16 == 6) {
    given = (struct given) { .operation = { .kind = LOG_MARK }, .data = "a mark", .data_size = 6 };
  } else {
    given.operation.length_bytes = (1 + roll (&stream->dice, 16)) * LOG_SECTOR;
    given.operation.offset_bytes = roll (&stream->dice, 48) * LOG_SECTOR;
    fill_random (&stream->dice, stream->data, 16);
    given.data = stream->data;
    given.data_size = given.operation.length_bytes;
  }
  return given;
}

/* Write events until the process dies or LIMIT is reached, and tell PIPE the position of every completion and mark once it
 * is logged.  Returns the exit status.
 */
static int
run_recorder (const char *path, uint32_t limit, int pipe)
{
  static struct stream stream;  /* static, as the writer that it holds is never closed and is no leak */

  stream.writer = log_writer_create (path, (uint64_t[]) { SIZE_0 }, 1, NULL, 0);
  if (stream.writer == NULL)
    return EXIT_FAILURE;
  for (uint32_t position = 0; position < limit; position++) {
    struct given given = stream_event (&stream, position);

    bool is_promise = given.operation.kind == LOG_COMPLETION || given.operation.kind == LOG_MARK;
    if (give (stream.writer, &given) == -1
        || (is_promise && write (pipe, &position, sizeof position) != sizeof position))
      return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

/* Check that the log is a prefix of the stream, with the event at PROMISED. */
static void
assert_prefix_of_stream (const char *path, uint32_t promised)
{
  struct stream stream = { .writer = NULL };
  struct write_log *log = open_well (path);
  struct log_cursor cursor;
  struct log_event event;

  ck_assert_int_eq (log->end, LOG_CUT);
  ck_assert_uint_gt (log->event_count, promised);
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    struct given given = stream_event (&stream, event.position);

    assert_event_is (&event, &given);
  }
  assert_loss (log, log->event_count, cursor.file_offset, "cut off");
  write_log_close (log);
}

/* Run a recorder in a process of its own and kill it after it reported so many REPORTS and NAP_US microseconds more. */
static void
kill_recorder (uint32_t limit, unsigned reports, unsigned nap_us)
{
  CLEANUP_FREE char *path = new_path ();
  uint32_t promised = 0;
  int pipes[2], status;

  ck_assert_int_eq (pipe (pipes), 0);
  pid_t pid = fork ();
  ck_assert_int_ge (pid, 0);
  if (pid == 0) {
    close (pipes[0]);
    status = run_recorder (path, limit, pipes[1]);
    free (path);
    _exit (status);
  }
  close (pipes[1]);
  while (reports-- > 0 && read (pipes[0], &promised, sizeof promised) == sizeof promised)
    ;
  usleep (nap_us);
  kill (pid, SIGKILL);
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFSIGNALED (status) || WEXITSTATUS (status) == 0);
  close (pipes[0]);
  assert_prefix_of_stream (path, promised);
  unlink (path);
}

START_TEST (a_recorder_that_is_killed_leaves_a_valid_prefix)
{
  struct dice dice = { 14 };

  for (unsigned round = 0; round < 25; round++)
    kill_recorder (UINT32_MAX, 1 + roll (&dice, 100), roll (&dice, 3000));
}
END_TEST

START_TEST (a_recorder_that_does_not_close_leaves_what_it_had_flushed)
{
  struct dice dice = { 15 };

  for (unsigned round = 0; round < 10; round++) {
    uint32_t limit = 16 + roll (&dice, 400);

    kill_recorder (limit, UINT32_MAX, 0);
  }
}
END_TEST

#define THREADS 4
#define THREAD_OPERATIONS 500

struct thread {
  pthread_t id;
  struct log_writer *writer;
  unsigned number;
  struct log_issue issues[THREAD_OPERATIONS];
  int errors[THREAD_OPERATIONS];        /* of the completion; -1: never completed */
};

/* Operation NUMBER of a thread: it writes to a device of its own. */
static struct given
thread_operation (unsigned thread, unsigned number, char *data)
{
  struct dice dice = { thread * 100000 + number };
  struct given given = { .operation = { .device = (uint16_t) thread }, .data = data };
  uint32_t length = (1 + roll (&dice, roll (&dice, 16) == 0 ? 80 : 8)) * LOG_SECTOR;

  given.operation.kind = roll (&dice, 8) == 0 ? LOG_FLUSH : roll (&dice, 8) == 0 ? LOG_ZERO : LOG_WRITE;
  if (given.operation.kind == LOG_FLUSH)
    return given;
  given.operation.length_bytes = length;
  given.operation.offset_bytes = roll (&dice, 16) * LOG_SECTOR;
  given.operation.flags = roll (&dice, 4) == 0 ? LOG_FUA : 0;
  if (given.operation.kind == LOG_WRITE) {
    memset (data, 'a' + (int) thread, length);
    fill_random (&dice, data, 32);
    given.data_size = length;
  }
  return given;
}

/* Sets issues[i].data_offset to 0 where something went wrong: an assertion in a thread could not be reported. */
static void *
run_thread (void *opaque)
{
  struct thread *thread = opaque;
  CLEANUP_FREE char *data = malloc (96 * LOG_SECTOR), *seen = malloc (96 * LOG_SECTOR);

  for (unsigned i = 0; i < THREAD_OPERATIONS; i++) {
    struct given given = thread_operation (thread->number, i, data);
    struct log_issue *issue = &thread->issues[i];

    if (log_writer_issue (thread->writer, &given.operation, data, issue) == -1)
      break;
    if (given.data_size > 0 && (log_writer_read (thread->writer, seen, given.data_size, issue->data_offset) == -1
                                || memcmp (seen, data, given.data_size) != 0))
      issue->data_offset = 0;
    thread->errors[i] = i % 5 == 4 ? -1 : i % 7 == 3 ? EIO : 0;
    if (thread->errors[i] >= 0
        && log_writer_complete (thread->writer, issue->position, (uint16_t) thread->number, thread->errors[i], false) == -1)
      issue->data_offset = 0;
  }
  return NULL;
}

/* Hold the events of LOG against what a thread wrote. */
static void
assert_thread_logged (const struct log_event *events, uint32_t event_count, const uint32_t *completions,
                      const struct thread *thread)
{
  CLEANUP_FREE char *data = malloc (96 * LOG_SECTOR);

  for (unsigned i = 0; i < THREAD_OPERATIONS; i++) {
    struct given given = thread_operation (thread->number, i, data);
    const struct log_issue *issue = &thread->issues[i];

    ck_assert_uint_ne (issue->data_offset, 0);
    ck_assert_uint_lt (issue->position, event_count);
    ck_assert (i == 0 || issue->position > thread->issues[i - 1].position);
    const struct log_event *event = &events[issue->position];
    assert_event_is (event, &given);
    ck_assert_uint_eq (issue->data_offset, event->file_offset + (given.data_size ? sizeof event->record : 0));
    uint32_t completion = completions[issue->position];
    ck_assert_int_eq (completion == LOG_NEVER, thread->errors[i] == -1);
    if (completion != LOG_NEVER)
      ck_assert_uint_eq (events[completion].record.length, (uint32_t) thread->errors[i]);
  }
}

START_TEST (operations_of_many_threads_are_whole)
{
  CLEANUP_FREE char *path = new_path ();
  static struct thread threads[THREADS];
  static struct log_event events[2 * THREADS * THREAD_OPERATIONS];
  static uint32_t completions[2 * THREADS * THREAD_OPERATIONS];
  const uint64_t sizes[THREADS] = { 1 << 20, 1 << 20, 1 << 20, 1 << 20 };
  struct log_writer *writer = log_writer_create (path, sizes, THREADS, NULL, 0);
  struct log_cursor cursor;
  uint64_t time = 0;

  ck_assert_ptr_nonnull (writer);
  for (unsigned i = 0; i < THREADS; i++) {
    threads[i].writer = writer;
    threads[i].number = i;
    ck_assert_int_eq (pthread_create (&threads[i].id, NULL, run_thread, &threads[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++)
    ck_assert_int_eq (pthread_join (threads[i].id, NULL), 0);
  ck_assert_int_eq (log_writer_close (writer), 0);
  struct write_log *log = open_well (path);
  ck_assert_int_eq (log->end, LOG_CLOSED);
  ck_assert_uint_eq (log->event_count, THREADS * (THREAD_OPERATIONS + THREAD_OPERATIONS * 4 / 5));
  log_cursor_begin (&cursor, log);
  for (uint32_t i = 0; i < log->event_count; i++) {
    completions[i] = LOG_NEVER;
    ck_assert (log_cursor_next (&cursor, &events[i]));
    if (events[i].record.kind == LOG_COMPLETION)
      completions[events[i].record.offset] = i;
    ck_assert_uint_ge (events[i].record.time, time);
    time = events[i].record.time;
  }
  for (unsigned i = 0; i < THREADS; i++)
    assert_thread_logged (events, log->event_count, completions, &threads[i]);
  write_log_close (log);
}
END_TEST

UNIT_TEST_MAIN ("format", a_log_reads_back_exactly, operations_are_joined_with_their_completions,
                marks_are_found_by_name_and_position, the_header_keeps_its_texts_and_the_time,
                overlapping_writes_in_flight_together_are_counted, an_existing_file_is_not_overwritten,
                a_file_that_was_made_for_the_log_is_taken, data_can_be_read_from_the_moment_they_are_issued,
                a_log_cut_at_any_byte_ends_with_the_last_whole_record, a_changed_byte_is_always_found,
                LOOP_OVER (a_record_with_a_right_checksum_and_wrong_fields_ends_the_log, bad_records),
                records_at_every_limit_are_valid, a_moved_record_is_not_valid, padding_that_is_not_zero_is_not_valid,
                nothing_may_stand_behind_the_end, LOOP_OVER (a_header_that_lies_is_refused, headers),
                a_header_longer_than_the_file_is_refused, a_log_that_becomes_shorter_ends_the_program,
                what_is_no_file_is_refused, random_logs_are_read_as_the_format_says, random_bytes_are_never_followed,
                a_recorder_that_is_killed_leaves_a_valid_prefix,
                a_recorder_that_does_not_close_leaves_what_it_had_flushed, operations_of_many_threads_are_whole)
