/* SPDX-License-Identifier: BSD-3-Clause */
/* The other end of a pool (batch/pool.h): a process that makes one run after another and keeps its guests meanwhile.
 *
 * It is `powercut pool-worker FD FILESYSTEMS NUMBER WORKERS`, a command for nobody but pools.  Each request on the
 * socket FD is a line of words (escape_words), `run` or `replay` and its arguments; the answer to it is a line with the
 * exit status.  What the run says goes to standard output and standard error before that.  At the end of the socket the
 * worker exits.
 */
#ifndef POWERCUT_BATCH_WORKER_H
#define POWERCUT_BATCH_WORKER_H

#include "record/record.h"
#include "replay/guest-cache.h"

#define WORKER_COMMAND "pool-worker"

/* What is kept from one run to the next. */
struct keeper {
  struct recorder *recorder;
  struct kept *kept;
};

/* The command `run` or `replay`, ARGV[0] being its name.  Returns the exit status. */
typedef int worker_run (int argc, char **argv, struct keeper *keeper);

/* Be a worker.  Returns the exit status. */
extern int worker_command (int argc, char **argv, worker_run *run);

#endif
