/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program says that checks a file system and changes nothing. */
#ifndef POWERCUT_FILESYSTEM_FSCK_H
#define POWERCUT_FILESYSTEM_FSCK_H

#include "filesystem/filesystem.h"

/* Whether a check that exits with STATUS says that the file system is wrong; if not, and it is not 0, that it could not
 * check it.
 */
extern bool fsck_objects (int status);

/* The first line of OUTPUT, which FSCK printed, that is neither empty nor said of right file systems, too: where it
 * begins, without spaces there or at its end; it has *length bytes.  An empty one if there is none.
 */
extern const char *fsck_complaint (const struct filesystem_fsck *fsck, const char *output, size_t *length);

#endif
