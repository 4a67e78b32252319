/* SPDX-License-Identifier: BSD-3-Clause */
/* `--json-lines`: every answer as a JSON object in a line of its own, as soon as it is known. */
#ifndef POWERCUT_REPLAY_REPORT_RUN_LINES_H
#define POWERCUT_REPLAY_REPORT_RUN_LINES_H

#include <gmp.h>

#include "checker/outcome.h"

struct run_lines;

struct run_line {
  const char *state;            /* id */
  uint32_t point;               /* position of the crash point */
  const char *after;            /* the last mark before it */
  const struct outcome *outcome;
  const char *kind;             /* what is wrong with it, or NULL */
  const char *detail;           /* ... and how */
  bool remembered;              /* no run was made for it */
};

/* Begin the file PATH, `-` for standard output.  NULL after a message. */
extern struct run_lines *run_lines_open (const char *path);

/* Write a line, of STATES states; it is with the reader when this returns.  Returns 0, or -1 after a message. */
extern int run_lines_add (struct run_lines *lines, const struct run_line *line, const mpz_t states);
extern void run_lines_close (struct run_lines *lines);

#endif
