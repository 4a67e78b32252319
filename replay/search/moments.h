/* SPDX-License-Identifier: BSD-3-Clause */
/* What the marks of a log say, up to some position: which moment of the update it is. */
#ifndef POWERCUT_REPLAY_SEARCH_MOMENTS_H
#define POWERCUT_REPLAY_SEARCH_MOMENTS_H

#include <stdbool.h>

#include "checker/moment.h"
#include "log/reader.h"

/* The marks of a log, as they are passed. */
struct passed {
  const struct write_log *log;
  uint32_t steps;               /* that there are in all */
  bool workload;                /* the log has one */
  uint32_t next_mark;           /* the first that is not passed */
  struct moment moment;
};

/* No mark of LOG is passed. */
extern struct passed passed_begin (const struct write_log *log);

/* Pass all marks up to POSITION that were not yet. */
extern struct moment passed_until (struct passed *passed, uint32_t position);

/* Pass MARK, the next one; false if it changes nothing that is expected. */
extern bool passed_mark (struct passed *passed, const struct log_mark *mark);

/* What is expected of a crash at POSITION depends on this. */
extern struct moment model_moment (const struct write_log *log, uint32_t position);

/* What is expected at MOMENT, in words: `old or new`, `new`, `operation 5 has returned` or nothing. */
#define MOMENT_EXPECTS_SIZE PROGRESS_SAID_SIZE
extern void moment_expects (const struct write_log *log, const struct moment *moment, char text[MOMENT_EXPECTS_SIZE]);

#endif
