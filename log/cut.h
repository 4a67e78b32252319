/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a log that one crash point needs, as a log of its own. */
#ifndef POWERCUT_LOG_CUT_H
#define POWERCUT_LOG_CUT_H

#include "log/reader.h"

/* A checker in place of the one that a log names and carries. */
struct log_checker {
  const char *command;
  const char *files;            /* path of the archive of its programs (log/files.h) */
};

/* Write to PATH, made anew, the events of LOG up to POSITION, so that each keeps its position, and what is durable or
 * pending at POSITION or before stays so.  Behind them come the mark `end`, so that nothing later is explored, and all
 * marks from there on whose first word is KEPT.  With CHECKER not NULL, that is the checker: its files come last, and
 * those of the log's own are left out, but for the marks in their place.  Returns 0, or -1 after a message.
 */
extern int log_cut (const struct write_log *log, uint32_t position, const char *kept, const struct log_checker *checker,
                    const char *path);

#endif
