/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a log (log/format.h): everything is checked once, when it is opened. */
#ifndef POWERCUT_LOG_READER_H
#define POWERCUT_LOG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/format.h"
#include "log/index.h"
#include "log/orders.h"
#include "log/packed.h"

#define LOG_NEVER UINT32_MAX    /* the position of a completion that is not in the log, or that was a failure */

/* A write, zero or trim.  Writes are numbered from 0 in issue order. */
struct log_write {
  uint64_t data;                /* file offset of the data of a LOG_WRITE; 0 for a zero or trim */
  uint64_t offset_bytes;
  uint32_t length_bytes;
  uint32_t issue;               /* position */
  uint32_t completion;          /* position of the completion without error, or LOG_NEVER */
  uint16_t device;
  uint8_t kind;                 /* enum log_kind */
  uint8_t flags;                /* enum log_flag, and LOG_FAILED to LOG_UNORDERED */
};
_Static_assert (sizeof (struct log_write) == 32, "a write takes 32 bytes of memory");

#define LOG_FAILED 0x80         /* completed with an error */
#define LOG_UNORDERED 0x20      /* it may lie over a later write, or under an earlier one (log/orders.h) */
#define LOG_DOUBTED 0x40        /* a trim that is never sure to be there (log/trims.h): of all that matter, at first */

struct log_flush {
  uint32_t issue;
  uint32_t completion;          /* of the completion without error, or LOG_NEVER */
  uint16_t device;
  bool failed;                  /* completed with an error */
};

struct log_mark {
  uint32_t position;
  uint32_t length;              /* bytes of text */
  const char *text;             /* not NUL-terminated; in the mapped file */
};

enum log_end {
  LOG_END_CLOSED,               /* the recorder was closed and everything is valid */
  LOG_END_CUT,                  /* the recorder was cut off, or the file is: the valid prefix is the recording */
  LOG_END_DAMAGED,              /* the recorder was closed, but a record is not valid */
};

struct write_log {
  char *path;                   /* what it is called */
  char *file;                   /* where it is: the same, unless another stands for it (log/derived.h) */
  const char *map;              /* the whole file, as it is when it is not packed: ask log_bytes */
  struct log_packed *packed;    /* NULL, or its bytes are there once they are asked for */
  uint64_t file_size;           /* likewise, as are all offsets in it */
  uint64_t valid_size;          /* bytes from the start that are valid */
  enum log_end end;
  const char *fault;            /* what is wrong with the record at valid_size, or NULL */

  size_t device_count;
  uint64_t device_sizes[LOG_DEVICES_MAX];
  const char *info;             /* KEY=VALUE texts, each with its NUL */
  size_t info_size;
  uint64_t created;             /* nanoseconds since 1970 */

  uint32_t event_count;         /* positions are 0 to event_count - 1; an `end` record is no event */
  struct log_write *writes;
  uint32_t write_count;
  struct log_flush *flushes;
  uint32_t flush_count;
  struct log_mark *marks;
  uint32_t mark_count;
  uint32_t in_flight_count;     /* operations issued while others were in flight */
  uint32_t in_flight_max;       /* operations in flight at once */
  uint32_t unordered_count;     /* pairs of a write and an older one in flight with it that overlap: in any order */
  uint32_t uncompared_count;        /* writes that were not compared with all that were in flight with them: too many */
  bool trims_trusted;           /* see log/trims.h */
  struct log_orders orders;     /* of those pairs */
  struct log_index index;
};

/* Open a log.  Returns NULL after a message if PATH cannot be read, is not a log, is of another version or has a
 * damaged header.  A log that ends early opens: see end, fault and log_describe_loss.  Free with write_log_close.
 */
extern struct write_log *write_log_open (const char *path);
extern void write_log_close (struct write_log *log);

/* SIZE bytes of the file at OFFSET, which it has; valid until it is closed.  For any thread. */
static inline const char *
log_bytes (const struct write_log *log, uint64_t offset, uint64_t size)
{
  if (log->packed)
    log_packed_need (log->packed, offset, size);
  return log->map + offset;
}

/* One line about what the reader could not use, to free; NULL if all was used. */
extern char *log_describe_loss (const struct write_log *log);

/* Whether A and B have bytes of a device in common. */
extern bool log_writes_overlap (const struct log_write *a, const struct log_write *b);

/* The number of writes whose issue is at POSITION or before. */
extern uint32_t log_writes_until (const struct write_log *log, uint32_t position);

/* Whether the first word of MARK is NAME.  *rest, if not NULL, is the text behind that word and a space, REST_LENGTH
 * bytes long.
 */
extern bool log_mark_is (const struct log_mark *mark, const char *name, const char **rest, size_t *rest_length);

/* Whether MARK is anybody's but powercut's own, which hold whole trees. */
extern bool log_mark_is_public (const struct log_mark *mark);

/* The first mark whose first word is NAME, or NULL; *rest as in log_mark_is. */
extern const struct log_mark *log_find_mark (const struct write_log *log, const char *name, const char **rest,
                                             size_t *rest_length);

/* Walk over all events in order. */
struct log_event {
  uint32_t position;
  uint64_t file_offset;
  struct log_record record;     /* numbers in host order */
  const char *data;
};
struct log_cursor {
  const struct write_log *log;
  uint64_t file_offset;
  uint32_t position;
};
extern void log_cursor_begin (struct log_cursor *cursor, const struct write_log *log);
/* The next event into *event; false at the end. */
extern bool log_cursor_next (struct log_cursor *cursor, struct log_event *event);

#endif
