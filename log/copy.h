/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing a log that has much of another one, as it stands there. */
#ifndef POWERCUT_LOG_COPY_H
#define POWERCUT_LOG_COPY_H

#include <stdio.h>

#include "log/reader.h"

/* The copy in the making. */
struct log_copy {
  FILE *file;
  uint64_t offset;              /* where the next record goes */
  uint64_t time;                /* of the last event that is kept, which is that of what is added */
};

/* Each appends something, and returns whether it could; errno is set if not. */

/* The header of LOG, with these COUNT texts INFO. */
extern bool log_copy_header (struct log_copy *copy, const struct write_log *log, const char *const *info, size_t count);

/* RECORD (numbers in host order, but for its checksum) with its data. */
extern bool log_copy_record (struct log_copy *copy, const struct log_record *record, const void *data);
extern bool log_copy_mark (struct log_copy *copy, const char *text, uint32_t length);

/* What stands for the events that are left out, which CURSOR is at the first of: the mark `end`, so that nothing later
 * is explored, and the marks whose first word is KEPT.
 */
extern bool log_copy_rest (struct log_copy *copy, struct log_cursor *cursor, const char *kept);

#endif
