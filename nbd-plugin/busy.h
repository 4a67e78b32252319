/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a client on this machine may be about to send something, however little of the processors it gets. */
#ifndef POWERCUT_NBD_PLUGIN_BUSY_H
#define POWERCUT_NBD_PLUGIN_BUSY_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether a thread of the process PID, or of one that it or its children have started, runs or waits for a processor.
 * A machine whose guest waits for an answer sleeps, as do all of its threads.  This process does not count.  False if
 * there is no such process.
 */
extern bool busy_process (pid_t pid);

/* Whether something came over a socket of this process that it has not read yet. */
extern bool busy_sockets (void);

#endif
