/* SPDX-License-Identifier: BSD-3-Clause */
/* How far a workload has come: what its marks say, `op N`, or `op N beside M ...` in a block of processes. */
#ifndef POWERCUT_CHECKER_WORKLOAD_PROGRESS_H
#define POWERCUT_CHECKER_WORKLOAD_PROGRESS_H

#include <stdint.h>

#include "checker/workload/language.h"

/* The numbers of persistence operations that have returned, the highest first: the last one and, if it is in a block,
 * the last of each other process of it; 0: there are no more (of the first: only `begin` was written).  There is one of
 * these for each crash point, so they are small.
 */
struct workload_progress {
  uint16_t returned[WORKLOAD_PROCESSES_MAX];
};
#define PROGRESS_ALL UINT16_MAX /* in place of a number: all have returned */
_Static_assert (WORKLOAD_OPERATIONS_MAX < PROGRESS_ALL, "no operation has a number that is too large");

#define PROGRESS_TEXT_SIZE (sizeof "beside " + sizeof "65535 " * WORKLOAD_PROCESSES_MAX)

/* What a mark says after its `op `, and that as a text.  What is no such number is 0. */
extern struct workload_progress progress_parse (const char *text);
extern void progress_print (struct workload_progress progress, char text[PROGRESS_TEXT_SIZE]);

/* The same for a person, the lowest number first: `operations 2 and 5 have returned`; empty if none has. */
#define PROGRESS_SAID_SIZE (sizeof "operations and have returned" + sizeof "65535, " * WORKLOAD_PROCESSES_MAX)
extern void progress_say (struct workload_progress progress, char text[PROGRESS_SAID_SIZE]);

/* Below, at or above 0 as ONE is before OTHER, the same or after it, if both are of one run. */
extern int progress_compare (struct workload_progress one, struct workload_progress other);

#endif
