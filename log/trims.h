/* SPDX-License-Identifier: BSD-3-Clause */
/* Trims: a device that was told that bytes are no longer needed promises nothing about what is read there. */
#ifndef POWERCUT_LOG_TRIMS_H
#define POWERCUT_LOG_TRIMS_H

#include "log/reader.h"

/* Give LOG_DOUBTED to the trims of LOG below which something was written before: the old bytes may be read there, or
 * zeros, at any time after the issue.  Of the others it makes no difference.  (If all that costs too much to find out,
 * as it may in a log that somebody made to that end, a trim is doubted.)
 */
extern void log_doubt_trims (struct write_log *log);

/* Take LOG_DOUBTED from all trims of LOG: they are writes of zeros, which become durable as such. */
extern void log_trust_trims (struct write_log *log);

#endif
