/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that is run again and again with the same words.  To start it anew would take most of the time: the kernel
 * maps it and its libraries, and the dynamic linker links them.  So it is started once and held before the first
 * instruction of its own; each run is a copy of that process (fork), which goes on from there as the program would.
 */
#ifndef POWERCUT_GUEST_AGENT_ORIGINAL_H
#define POWERCUT_GUEST_AGENT_ORIGINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

struct original {
  pid_t pid;                    /* of the process that is held, a child that is traced */
  uint64_t entry;               /* where its own instructions begin */
  long text;                    /* what stands there in the program */
  struct user_regs_struct registers;    /* at that point */
};

/* Start ARGV, whose output goes to OUTPUT, a file opened to append, and hold it.  False: it cannot be held, and is
 * gone.
 */
extern bool original_start (struct original *original, const char *const *argv, int output);

/* Let a copy of it run to its end, with its wait status.  False: none could be made, and the original is gone. */
extern bool original_run (const struct original *original, int *status);

/* End it. */
extern void original_end (const struct original *original);

#endif
