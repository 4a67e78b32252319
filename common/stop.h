/* SPDX-License-Identifier: BSD-3-Clause */
/* Ctrl-C and its like: a request to stop that every wait in the program can see. */
#ifndef POWERCUT_COMMON_STOP_H
#define POWERCUT_COMMON_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* Catch SIGINT, SIGTERM and SIGHUP (unless ignored) and ignore SIGPIPE.  Returns 0, or -1 after a message. */
extern int stop_install (void);

/* Let SIGNAL_NUMBER ask to stop, too, with a stop that can be taken back.  After stop_install. */
extern void stop_allow (int signal_number);

/* Take back the stop that such a signal asked for.  False if there is none, or if another signal asked for one. */
extern bool stop_take_back (void);

/* A descriptor that becomes readable, and stays so, once a stop was asked for; -1 before stop_install.  Poll it in
 * every wait that may be long.
 */
extern int stop_fd (void);

/* The signal that asked to stop, or 0. */
extern int stop_requested (void);

/* Wait until FD is ready for EVENTS (poll), or has ended.  Returns false if it is not by DEADLINE_MS (common/clock.h),
 * or a stop was asked for.
 */
extern bool stop_wait (int fd, short events, int64_t deadline_ms);

/* The exit status of a program that is done and would end with STATUS: if a stop was asked for it says so, and ends as
 * a program that the signal has ended.
 */
extern int stop_status (int status);

#endif
