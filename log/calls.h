/* SPDX-License-Identifier: BSD-3-Clause */
/* Marks about the system calls of an update, in a log that was recorded with the rest of the system at work:
 *
 *     LOG_CALL_MARK NUMBER TEXT        the call has returned, and what the rest of the system then does comes after it
 *     LOG_CALLS_LEFT_MARK NUMBER       from this call on not each has a mark, and is followed by that
 *
 * Calls are numbered from 1 in each step; TEXT is the call as strace(1) prints it, or the operation of a workload.
 */
#ifndef POWERCUT_LOG_CALLS_H
#define POWERCUT_LOG_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "log/reader.h"

#define LOG_CALL_MARK "powercut:call"
#define LOG_CALLS_LEFT_MARK "powercut:calls-left"

/* What the rest of the system did while LOG was recorded, and from which call on not after each, to free: not safe to
 * print, and empty if it did nothing.  NULL with errno ENOMEM.
 */
extern char *log_calls_describe (const struct write_log *log);

/* The TEXT, not NUL-terminated, if MARK is of a call: *length bytes; else NULL. */
extern const char *log_call_text (const struct log_mark *mark, size_t *length);

#endif
