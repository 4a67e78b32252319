/* SPDX-License-Identifier: BSD-3-Clause */
/* What a thread that is traced has in memory, and what its descriptors and paths are. */
#ifndef POWERCUT_GUEST_AGENT_TRACEE_H
#define POWERCUT_GUEST_AGENT_TRACEE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/agent/system-calls.h"

#define TRACEE_PATH_SIZE (sizeof "/proc/2147483647/fd/-2147483648/" + PATH_MAX)

/* Read SIZE bytes at ADDRESS of the memory of THREAD.  Returns whether all are there. */
extern bool tracee_read (int thread, uint64_t address, void *data, size_t size);

/* Read the text at ADDRESS: up to its NUL, and at most SIZE - 1 bytes, after which TEXT has a NUL.  Returns its length,
 * or -1 if it cannot be read.
 */
extern ssize_t tracee_read_text (int thread, uint64_t address, char *text, size_t size);

/* The flags and the mode that CALL, an openat2, has in its argument NUMBER; 0 if they cannot be read. */
extern void tracee_read_how (const struct call *call, unsigned number, uint64_t *flags, uint64_t *mode);

/* The path in the file system of a socket with the address at ADDRESS, of SIZE bytes.  Returns whether it has one. */
extern bool tracee_read_socket (int thread, uint64_t address, uint64_t size, char path[PATH_MAX]);

/* By which path this process finds what THREAD finds by PATH from the directory DIRECTORY, a descriptor or AT_FDCWD. */
extern void tracee_path (int thread, int directory, const char *path, char found[TRACEE_PATH_SIZE]);

/* A file system that is looked at. */
struct place {
  dev_t device;
  uint64_t mount;               /* 0: the kernel, one before 5.8, does not say */
};

/* What PATH is on.  Returns 0, or -1 with errno. */
extern int place_of (const char *path, struct place *place);

/* Whether a success of CALL with RESULT may have changed what is on PLACE, or has synced it.  If in doubt, it may. */
extern bool call_concerns (const struct call *call, int64_t result, const struct place *place);

#endif
