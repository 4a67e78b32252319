/* SPDX-License-Identifier: BSD-3-Clause */
/* The checksums of log/format.h. */
#ifndef POWERCUT_LOG_CHECKSUM_H
#define POWERCUT_LOG_CHECKSUM_H

#include <stddef.h>

#include "log/format.h"

/* The hash of a record's data. */
extern uint64_t log_data_hash (const void *data, size_t size);

/* The checksum of RECORD, whose data have the hash DATA_HASH, at OFFSET in the file, as a number.  In two steps, so
 * that a writer can hash the data before it knows the offset.
 */
extern uint64_t log_record_checksum (const struct log_record *record, uint64_t data_hash, uint64_t offset);

/* The checksum of a whole header of SIZE bytes at HEADER; its own field counts as zero.  HEADER is not changed. */
extern uint64_t log_header_checksum (const void *header, size_t size);

#endif
