/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of parts of files that are mostly holes. */
#ifndef POWERCUT_COMMON_SPARSE_H
#define POWERCUT_COMMON_SPARSE_H

#include <stdbool.h>
#include <sys/types.h>

/* Copy LENGTH bytes of the file FROM at FROM_OFFSET to the file TO at TO_OFFSET, where that has a hole, or ends: what
 * is a hole stays one.  Returns 0, with *shared whether the two have the same blocks, if the file system can do that;
 * or -1 with errno, EIO if FROM ends before.
 */
extern int sparse_copy (int from, off_t from_offset, int to, off_t to_offset, off_t length, bool *shared);

#endif
