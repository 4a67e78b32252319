/* SPDX-License-Identifier: BSD-3-Clause */
/* One record of a log, and whether it is valid by itself (log/format.h). */
#ifndef POWERCUT_LOG_RECORD_H
#define POWERCUT_LOG_RECORD_H

#include "log/reader.h"

/* STORED with its numbers in host order. */
extern struct log_record log_record_to_host (const struct log_record *stored);

/* The record at OFFSET of LOG, which has it, with its numbers in host order. */
extern struct log_record log_record_at (const struct write_log *log, uint64_t offset);

/* ERROR, of a completion that has one, in words. */
extern const char *log_error_text (uint32_t error);

/* RECORD, with its numbers in host order, and its DATA as it stands at OFFSET of a file. */
extern struct log_record log_record_to_file (const struct log_record *record, const void *data, uint64_t offset);

/* Read the record at OFFSET of LOG, whose header is read, into *record, in host order.  Returns what is wrong with it,
 * after words that name the record, or NULL.
 */
extern const char *log_record_read (const struct write_log *log, uint64_t offset, struct log_record *record);

#endif
