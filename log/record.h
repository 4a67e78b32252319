/* SPDX-License-Identifier: BSD-3-Clause */
/* One record of a log, and whether it is valid by itself (log/format.h). */
#ifndef POWERCUT_LOG_RECORD_H
#define POWERCUT_LOG_RECORD_H

#include "log/reader.h"

/* STORED with its numbers in host order. */
extern struct log_record log_record_to_host (const struct log_record *stored);

/* Read the record at OFFSET of LOG, whose header is read, into *record, in host order.  Returns what is wrong with it,
 * after words that name the record, or NULL.
 */
extern const char *log_record_read (const struct write_log *log, uint64_t offset, struct log_record *record);

#endif
