/* SPDX-License-Identifier: BSD-3-Clause */
/* How the device answered while it was recorded: key `device` and mark `powercut:device` of powercut-log(5). */
#ifndef POWERCUT_LOG_DEVICE_H
#define POWERCUT_LOG_DEVICE_H

#include "log/reader.h"

#define LOG_MARK_DEVICE "powercut:device"
#define LOG_DEVICE_FAST "fast"

/* What the header says of the device; LOG_DEVICE_FAST if nothing. */
extern const char *log_device (const struct write_log *log);

/* The mark from which on a device that held requests answered at once, since it had held for as long as it might; or
 * NULL.
 */
extern const struct log_mark *log_device_gave_up (const struct write_log *log);

/* How it answered and what came of that, in words, to free: not safe to print, and empty if there is nothing to say.
 * NULL with errno ENOMEM.
 */
extern char *log_device_describe (const struct write_log *log);

#endif
