/* SPDX-License-Identifier: BSD-3-Clause */
/* A log as text, one line an event, for comparison:
 *
 *     disk0 write OFFSET LENGTH [fua]
 *     disk0 zero OFFSET LENGTH [fua] [may-trim]
 *     disk0 trim OFFSET LENGTH [fua]
 *     disk0 flush
 *     done POSITION [ERRNO]
 *     mark TEXT
 *
 * The number of a line, from 0, is the event's position.
 */
#ifndef POWERCUT_TESTS_PLUGIN_LOG_TEXT_H
#define POWERCUT_TESTS_PLUGIN_LOG_TEXT_H

#include <stdio.h>

#include "log/reader.h"

extern void log_text_write (const struct write_log *log, FILE *to);

#endif
