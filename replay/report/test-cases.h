/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as test cases, for programs that read results of tests: one for each crash point. */
#ifndef POWERCUT_REPLAY_REPORT_TEST_CASES_H
#define POWERCUT_REPLAY_REPORT_TEST_CASES_H

#include <stdio.h>

#include "replay/report/report.h"

enum test_verdict {
  TEST_RIGHT,
  TEST_VIOLATION,
  TEST_UNFINISHED,              /* within the limits, no state that was visited is wrong */
  TEST_ERROR,                   /* nobody knows: the replay was broken off, or what was seen was not seen again */
};

/* What is known of a crash point. */
struct test_case {
  char *name;
  enum test_verdict result;
  const char *kind;             /* of a violation, as in struct finding, or of an error */
  char *message;                /* why it is not right, in one line; NULL if it is */
  char *details;                /* more lines about it, each with its newline, or NULL */
  double seconds;
};

struct test_cases {
  struct test_case *list;
  size_t count;
};

/* The crash points in order, then what was found in the log alone, then what is wrong with the replay itself, if
 * anything is.  All texts are printable ASCII.  Returns 0, or -1 with errno ENOMEM.  Free with test_cases_free.
 */
extern int test_cases_make (struct test_cases *cases, const struct report *report);
extern void test_cases_free (struct test_cases *cases);

/* What became of crash point number POINT.  Returns 0, or -1 with errno ENOMEM. */
extern int report_point_result (const struct report *report, size_t point, enum test_verdict *result);

/* Whether ENTRY, wrong and seen at crash point number POINT, counts: 0 if a fresh boot did not show it again, else 1;
 * -1 with errno ENOMEM.
 */
extern int report_counts (const struct report *report, size_t point, const struct tally_entry *entry);

/* The shell commands that show the state ID again, a line each, to free; NULL with errno ENOMEM. */
extern char *report_commands (const struct report *report, const char *id);

#endif
