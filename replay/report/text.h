/* SPDX-License-Identifier: BSD-3-Clause */
/* What a replay found, added up, and as text for people. */
#ifndef POWERCUT_REPLAY_REPORT_TEXT_H
#define POWERCUT_REPLAY_REPORT_TEXT_H

#include <stdio.h>

#include "replay/report/page-table.h"
#include "replay/results.h"

/* What an unchanged report says. */
#define REPORT_UNCHANGED \
  "the update changed nothing on the recorded file system, which is COMMAND's working directory in the guest"

/* What a replay found, added up.  Numbers of operations are those issued in the explored part of the log. */
struct report {
  const struct results *results;
  uint32_t writes, flushes, fua, trims, zeroes;
  mpz_t states, covered;
  bool exhaustive;              /* every state of every crash point is covered */
  bool judged, judged_new;      /* some run was held against the old and new trees; some after `commit` */
  bool violated;                /* some finding was seen again on a fresh boot, or nobody could try */
  bool unchanged;               /* there was no update, and none was meant as far as can be told */
  bool atomic, durable;         /* by such findings */
  bool checked;                 /* no such finding is the checker's, or of a state in which it could not be asked */
  struct page_table pages;      /* if the replay has pages */
};

/* Add up.  Returns 0, or -1 after a message.  Free with report_free. */
extern int report_make (struct report *report, const struct results *results);
extern void report_free (struct report *report);

extern void report_print (const struct report *report, FILE *file);

/* What was recorded, as `9 writes, 1 flush, ...`, and which writes had no order, as text to free, or NULL. */
extern char *report_recorded (const struct report *report);
extern char *report_unordered (const struct report *report);

#endif
