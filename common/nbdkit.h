/* SPDX-License-Identifier: BSD-3-Clause */
/* An nbdkit server of our own on a private Unix socket. */
#ifndef POWERCUT_COMMON_NBDKIT_H
#define POWERCUT_COMMON_NBDKIT_H

#include <sys/types.h>

#include "common/parts.h"

#define NBDKIT_THREADS 16       /* nbdkit's own default */

struct nbdkit {
  pid_t pid;
  char *socket;
  char *errors;                 /* file with what it printed on standard error */
};

/* Start nbdkit with PLUGIN and PARAMETERS (KEY=VALUE, NULL at the end) on a socket in FOLDER named NAME.sock, and wait
 * until it answers.  It has so many THREADS for each connection, and ends with the thread that started it.  Returns 0,
 * or -1 after a message, which is nbdkit's own if it has one (silently after a stop).
 */
extern int nbdkit_start (struct nbdkit *nbdkit, enum part plugin, const char *const *parameters, unsigned threads,
                         const char *folder, const char *name);

/* End it, orderly: the plugin closes its log.  A server that was not started is nothing to do.  What it printed can be
 * asked for until nbdkit_free.
 */
extern void nbdkit_stop (struct nbdkit *nbdkit);
extern void nbdkit_free (struct nbdkit *nbdkit);

/* The first error that the server printed with WORDS in it, to free, or NULL if there is none. */
extern char *nbdkit_error_line (const struct nbdkit *nbdkit, const char *words);

#endif
