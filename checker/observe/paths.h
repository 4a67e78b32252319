/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding what is to be observed, through no link and no mount point. */
#ifndef POWERCUT_CHECKER_OBSERVE_PATHS_H
#define POWERCUT_CHECKER_OBSERVE_PATHS_H

#include <stdbool.h>
#include <sys/stat.h>

/* The status of NAME, which is not followed, in the open folder FOLDER_FD.  Returns 0, or -1 with errno. */
extern int look_at (int folder_fd, const char *name, struct statx *status);

/* Open NAME there to be read, without leaving a trace in the access time where that can be had.  A descriptor, or -1
 * with errno.
 */
extern int open_quietly (int folder_fd, const char *name, int flags);

/* Whether something is mounted there. */
extern bool is_mount_point (const struct statx *status);

/* Write PATH into NORMAL (of at least its size) without empty and `.` components; `.` itself if nothing is
 * left.  False if it is absolute or has a `..`.
 */
extern bool normalise_path (const char *path, char *normal);

/* Open the folder PATH below ROOT_FD only to name things in it, through no link and no mount point.  Returns a
 * descriptor, or -1 with errno.
 */
extern int open_parent (int root_fd, const char *path);

#endif
