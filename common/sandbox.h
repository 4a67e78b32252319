/* SPDX-License-Identifier: BSD-3-Clause */
/* Work on what a stranger made, in a process without rights.
 *
 * The process is a copy of this one that can compute, have a bounded amount of memory for a bounded time, and write a
 * bounded answer to one pipe.  It has no open files and can open none, start nothing, and ask for nothing else of the
 * kernel: the first attempt ends it.  Whatever becomes of it, this process goes on.
 */
#ifndef POWERCUT_COMMON_SANDBOX_H
#define POWERCUT_COMMON_SANDBOX_H

#include <stdint.h>
#include <stdio.h>

#define SANDBOX_ANSWER_MAX 65536        /* bytes */

struct sandbox {
  /* What is done there: write the answer for ARGUMENT to ANSWER.  Memory is a copy: nothing else comes back. */
  void (*work) (void *argument, FILE *answer);
  void *argument;
  uint64_t memory_bytes;        /* on top of what this process has; no limit where a sanitizer needs terabytes */
  unsigned cpu_seconds;
};

/* Let the work be done.  Returns the answer, to free, with a NUL after it; or NULL, and in *why, to free if it is not
 * NULL, how the process ended.  Prints nothing.
 */
extern char *sandbox_run (const struct sandbox *sandbox, char **why);

#endif
