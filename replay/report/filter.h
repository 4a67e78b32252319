/* SPDX-License-Identifier: BSD-3-Clause */
/* Which events of a log are listed. */
#ifndef POWERCUT_REPLAY_REPORT_FILTER_H
#define POWERCUT_REPLAY_REPORT_FILTER_H

#include <stdbool.h>

#include "common/options.h"
#include "log/reader.h"

/* What may be listed, one bit each. */
enum listed {
  LISTED_WRITE = 1,
  LISTED_ZERO = 2,
  LISTED_TRIM = 4,
  LISTED_FLUSH = 8,
  LISTED_FUA = 16,              /* writes, zeros and trims with FUA */
  LISTED_DONE = 32,             /* completions */
  LISTED_MARK = 64,
  LISTED_POINT = 128,           /* crash points */
  LISTED_ALL = 255,
};

/* As its options give it, and then as filter_check makes it. */
struct filter {
  uint64_t from, to;            /* positions, both included */
  uint64_t device;              /* operations of this device alone, or FILTER_ANY */
  const char *kind;             /* names with commas between them, or NULL */
  unsigned listed;              /* of kind; what is listed without it is set before */
};

#define FILTER_ANY UINT64_MAX
#define FILTER_ALL { .to = FILTER_ANY, .device = FILTER_ANY, .listed = LISTED_ALL }

/* Rows of a table of options. */
#define FILTER_OPTIONS(FILTER)                                                                                    \
  OPT_NUMBER ("from", &(FILTER)->from, "POSITION", "list no event before this one", 0),                           \
  OPT_NUMBER ("to", &(FILTER)->to, "POSITION", "list no event after this one", 0),                                \
  OPT_NUMBER ("device", &(FILTER)->device, "N", "list the operations of one device", 0),                          \
  OPT_TEXT ("kind", &(FILTER)->kind, "KIND,...", "list write, zero, trim, flush, fua, done, mark, point alone")

/* Whether one of the options was given. */
extern bool filter_given (const struct filter *filter);

/* Check what was given, and turn the kinds into bits.  Returns 0, or -1 after a message. */
extern int filter_check (struct filter *filter);

/* Whether LOG has the device.  Returns 0, or -1 after a message. */
extern int filter_check_device (const struct filter *filter, const struct write_log *log);

/* Whether EVENT is listed. */
extern bool filter_lists (const struct filter *filter, const struct log_event *event);

/* Whether a crash point at POSITION is listed. */
extern bool filter_lists_point (const struct filter *filter, uint32_t position);

#endif
