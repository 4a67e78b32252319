/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs that are made of another, for a while. */
#ifndef POWERCUT_LOG_DERIVED_H
#define POWERCUT_LOG_DERIVED_H

#include "log/reader.h"

/* The log in FILE, which was made of LOG, as one that calls itself LOG, and the trims of which are trusted as there; or
 * NULL after a message.  Free with write_log_close.
 */
extern struct write_log *log_open_derived (const struct write_log *log, const char *file);

#endif
