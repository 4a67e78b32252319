/* SPDX-License-Identifier: BSD-3-Clause */
/* What a log is after a crash, and after what recovery did then: a log as well, at each point of which the power may
 * fail again.
 */
#ifndef POWERCUT_LOG_AFTERMATH_H
#define POWERCUT_LOG_AFTERMATH_H

#include "log/reader.h"
#include "log/tape.h"

/* The crash. */
struct log_crash {
  const struct write_log *log;
  uint32_t position;
  const uint32_t *pending;      /* numbers of the writes that were pending then, ascending */
  uint32_t pending_count;
};

/* Write to PATH, made anew, the log of CRASH up to its position, so that each event keeps its own; then the operations
 * of TAPE, each with its completion.  The position of the first of them is put into *first.  No flush among them makes
 * durable what was pending at the crash: that was there already, or never will be.  To say so these writes end with
 * LOG_ERROR_CUT, as late as ever: those that were in flight end before *first.  After all that come the mark `end` and
 * those whose first word is KEPT, as in a log that is cut (log/cut.h).  Returns 0, or -1 after a message.
 */
extern int log_continue (const struct log_crash *crash, const struct log_tape *tape, const char *kept, const char *path,
                         uint32_t *first);

#endif
