/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing a log (log/format.h), from any number of threads. */
#ifndef POWERCUT_LOG_WRITER_H
#define POWERCUT_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/format.h"

struct log_writer;

/* A whole header, to free; its size in *size.  CREATED is in nanoseconds since 1970, the rest as for log_writer_create.
 * NULL with errno, E2BIG if INFO is longer than LOG_INFO_MAX.
 */
extern void *log_make_header (const uint64_t *device_sizes, size_t device_count, const char *const *info,
                              size_t info_count, uint64_t created, size_t *size);

/* Make a log at PATH, which must not exist, or be an empty file.  DEVICE_SIZES are in bytes.  INFO are INFO_COUNT texts
 * KEY=VALUE.  Returns NULL after a message.
 */
extern struct log_writer *log_writer_create (const char *path, const uint64_t *device_sizes, size_t device_count,
                                             const char *const *info, size_t info_count);

struct log_operation {
  enum log_kind kind;           /* LOG_WRITE, LOG_ZERO, LOG_TRIM or LOG_FLUSH */
  uint8_t flags;
  uint16_t device;
  uint64_t offset_bytes;
  uint32_t length_bytes;
};

struct log_issue {
  uint32_t position;            /* of the issue event: give it to log_writer_complete */
  uint64_t data_offset;         /* where in the file the data stand (for a write), or the record (for the others) */
};

/* Append the issue of an operation, with its data if it is a write.  On return the data can be read at data_offset with
 * log_writer_read.  Issues get their positions in the order of data_offset.  Returns 0, or -1 with errno (ENOSPC, EFBIG
 * when the log has 2^32 - 1 events, EIO after an earlier write error) and the operation is not in the log; no message.
 */
extern int log_writer_issue (struct log_writer *writer, const struct log_operation *operation, const void *data,
                             struct log_issue *issue);

/* Append the completion of the issue at POSITION, ERROR 0 or an errno.  With PROMISE, for a flush or FUA, everything up
 * to it is in the file on return.  Returns 0, or -1 with errno: the log ends before it.
 */
extern int log_writer_complete (struct log_writer *writer, uint32_t position, uint16_t device, int error, bool promise);

/* Append a mark.  Returns 0, or -1 with errno. */
extern int log_writer_mark (struct log_writer *writer, const char *text, size_t length);

/* Read COUNT bytes of the file at OFFSET.  Returns 0, or -1 with errno. */
extern int log_writer_read (struct log_writer *writer, void *buffer, size_t count, uint64_t offset);

/* Append the end record.  The log is complete, but what is issued from now on can still be read until the log is
 * closed, and is not in it then.  Returns 0, or -1 after a message.
 */
extern int log_writer_end (struct log_writer *writer);

/* Append what is left and, unless log_writer_end has, the end record, and close.  Returns 0, or -1 after a message (the
 * log's valid prefix stays).
 */
extern int log_writer_close (struct log_writer *writer);

#endif
