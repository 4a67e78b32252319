/* SPDX-License-Identifier: BSD-3-Clause */
/* Which parts of a file have blocks on its device: the value of the fact `extents` (checker/observe/tree.h).
 *
 *     BLOCK ":" SECTORS ":" ( "-" | RUN *("," RUN) )
 *     RUN = FROM "-" TO
 *
 * BLOCK is what the file system allocates at once, in bytes; SECTORS how many of 512 bytes stat(2) tells; the bytes
 * from FROM up to TO, not including, have blocks, whether or not something was written to them.  Runs are whole blocks,
 * in order, and do not touch.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_ALLOCATION_H
#define POWERCUT_CHECKER_OBSERVE_ALLOCATION_H

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/ranges.h"

#define ALLOCATION_RUNS_MAX 1024        /* of a file; of one that has more nothing is told */

struct allocation {
  uint64_t block_bytes, sectors;
  struct byte_ranges runs;
};

/* Print the fact about the file open as FD, `;extents=` and the value; nothing if its file system cannot tell, or may
 * allocate more than it is asked for (FS_XFLAG_EXTSIZE).
 */
extern void allocation_print (int fd, const struct statx *status, FILE *file);

/* Parse VALUE, which ends with a NUL or `;`.  Returns 0 with *allocation, of which the runs are to free, or -1: it is
 * none, or memory is out, and there is nothing to free.
 */
extern int allocation_parse (const char *value, struct allocation *allocation);

#endif
