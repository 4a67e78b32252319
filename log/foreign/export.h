/* SPDX-License-Identifier: BSD-3-Clause */
/* A write log becomes one of the Linux device-mapper target log-writes (log/foreign/dm-log-writes.h).
 *
 * Entries come in the order of completion, so that what any reader has applied after any number of them is a crash
 * state of the write log:
 *   - A flush comes when it is completed.  What was completed while it was in flight, and which it therefore does not
 *   cover,
 *     comes behind it; but FUA writes come at once.
 *   - An operation brings along, before it, the older ones (by issue) that it overlaps and that did not come yet, since
 *   the
 *     newer data are those of the newer issue.
 *   - A trim is a DISCARD, a zero a write of zeros.  A mark is a mark, cut to DM_LOG_TEXT_MAX bytes; powercut's own,
 *   which hold
 *     whole trees, are left out.
 *   - What failed or was never completed is left out: it may or may not be there, and the format has no word for that.
 */
#ifndef POWERCUT_LOG_FOREIGN_EXPORT_H
#define POWERCUT_LOG_FOREIGN_EXPORT_H

#include "log/reader.h"

struct export_result {
  uint64_t entries;
  uint64_t unfinished;          /* operations that were left out */
  uint64_t cut_marks;
};

/* Write LOG, which has one device, as a log of dm-log-writes to PATH; what is there is replaced.  Returns 0, or -1 with
 * errno.
 */
extern int export_dm_log (const struct write_log *log, const char *path, struct export_result *result);

#endif
