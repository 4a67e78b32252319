/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/unit/log/given.h"

struct write_log *
open_well (const char *path)
{
  message[0] = '\0';
  struct write_log *log = write_log_open (path);
  ck_assert_msg (log, "%s", message);
  return log;
}

void
assert_refused (const char *path, const char *reason)
{
  message[0] = '\0';
  ck_assert_ptr_null (write_log_open (path));
  ck_assert_msg (strstr (message, reason) != NULL, "'%s' does not say '%s'", message, reason);
}

char *
read_file (const char *path, size_t *size)
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

void
fill_random (struct dice *dice, void *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    ((char *) data)[i] = (char) roll (dice, 256);
}

int
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

void
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

void
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
