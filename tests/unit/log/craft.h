/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs made by hand, whose checksums are right whatever their fields say. */
#ifndef POWERCUT_TESTS_UNIT_LOG_CRAFT_H
#define POWERCUT_TESTS_UNIT_LOG_CRAFT_H

#include "log/format.h"
#include "tests/unit/log/given.h"

/* A log made by hand. */
struct craft {
  char bytes[16384];
  size_t size;
};

/* Begin with HEADER, whose device count says how many SIZES there are, and the text INFO unless it is NULL. */
extern void craft_header_of (struct craft *craft, const struct log_header *header, const uint64_t *sizes,
                             const char *info);
/* Begin with the header of two devices of SIZE_0 and SIZE_1, which is 56 bytes long. */
extern void craft_header (struct craft *craft);

/* Append RECORD, in host order, with the DATA_SIZE bytes that really follow. */
extern void craft_record (struct craft *craft, const struct log_record *record, const void *data, size_t data_size);

/* What write_log_open makes of it. */
extern struct write_log *open_craft (const struct craft *craft);

/* Eight valid events for the records of a test to stand after; each operation but the last has completed. */
extern void craft_events (struct craft *craft);
#define VALID_EVENTS 8

#endif
