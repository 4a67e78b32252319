/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a log that one crash point needs, as a log of its own. */
#ifndef POWERCUT_CUT_H
#define POWERCUT_CUT_H

#include "log/reader.h"

/* Write to PATH, made anew, the events of LOG up to POSITION, byte by byte, so that each keeps its position, and what is durable
 * or pending at POSITION or before stays so.  Behind them come the mark `end`, so that nothing later is explored, and all marks
 * from there on whose first word is KEPT.  Returns 0, or -1 after a message.
 */
extern int log_cut (const struct write_log *log, uint32_t position, const char *kept, const char *path);

#endif
