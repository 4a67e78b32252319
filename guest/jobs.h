/* SPDX-License-Identifier: BSD-3-Clause */
/* How many guests this machine can run side by side, and where. */
#ifndef POWERCUT_GUEST_JOBS_H
#define POWERCUT_GUEST_JOBS_H

#include <stdint.h>

/* Guests of MEMORY_BYTES each, one for each processor unless the machine's memory is too small for that; at least one.
 */
extern uint64_t jobs_default (uint64_t memory_bytes);

/* Can there be JOBS guests of MEMORY_BYTES each?  Returns 0, or -1 after a message: so many of them would only be in
 * one another's way, or have more memory than the machine.
 */
extern int jobs_check (uint64_t jobs, uint64_t memory_bytes);

/* Job NUMBER of JOBS, counted from 0, is this thread: it and what it starts keep to one of the processors that it may
 * use, each job to the next one.  A guest that is a program, its server and its keeper wake one another for every block
 * and every fault; on another processor that is an interrupt, and most of the time of a run.  Not for a machine: QEMU's
 * threads turn round waiting for one another.  With fewer jobs than processors nothing is done: other processes of ours
 * would choose the same ones.  Nor if the system does not let us.
 */
extern void jobs_settle (uint64_t number, uint64_t jobs);

#endif
