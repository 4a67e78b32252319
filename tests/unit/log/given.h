/* SPDX-License-Identifier: BSD-3-Clause */
/* What is given to a writer, and what a reader must say of it. */
#ifndef POWERCUT_TESTS_UNIT_LOG_GIVEN_H
#define POWERCUT_TESTS_UNIT_LOG_GIVEN_H

#include "log/writer.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

/* Of the two devices, in bytes. */
#define SIZE_0 (64 * LOG_SECTOR)
#define SIZE_1 (8 * LOG_SECTOR)

/* The log at PATH, which is taken. */
extern struct write_log *open_well (const char *path);
/* That at PATH is not, and the message has REASON. */
extern void assert_refused (const char *path, const char *reason);

/* All that is in a file, and its size; to free. */
extern char *read_file (const char *path, size_t *size);

extern void fill_random (struct dice *dice, void *data, size_t size);

/* An event as it was given to the writer, and what it answered. */
struct given {
  struct log_operation operation;       /* kind LOG_COMPLETION: offset_bytes is the issue, length_bytes the error */
  const void *data;
  uint32_t data_size;
  struct log_issue issue;
};

/* Give it.  Asserts nothing itself: libcheck keeps one file of assertions, and a process that is killed would spoil it.
 */
extern int give (struct log_writer *writer, struct given *given);

extern void assert_event_is (const struct log_event *event, const struct given *given);

/* What a person is told about a log whose first COUNT events, up to the byte VALID, can be used. */
extern void assert_loss (const struct write_log *log, size_t count, uint64_t valid, const char *word);

#endif
