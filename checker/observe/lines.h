/* SPDX-License-Identifier: BSD-3-Clause */
/* What the lines of an observation (checker/observe/tree.h) have in common. */
#ifndef POWERCUT_CHECKER_OBSERVE_LINES_H
#define POWERCUT_CHECKER_OBSERVE_LINES_H

#include <stdio.h>
#include <sys/stat.h>

/* An object: NAME in the open folder FOLDER_FD. */
struct tree_place {
  const struct tree_place *parent;   /* NULL for the root, whose name is `.` */
  const char *name;
  int folder_fd;
  unsigned depth;
};

extern void tree_print_path (FILE *file, const struct tree_place *place);

/* The TYPE of an object of this mode. */
extern char tree_type_letter (unsigned mode);

/* Write a line from its TYPE to its SIZE; from the space before its XATTRS to its end; or all of it for what cannot be
 * looked at.
 */
extern void tree_print_head (FILE *file, const struct statx *status);
extern void tree_print_tail (FILE *file, const char *xattrs, const struct tree_place *place);
extern void tree_print_unknown (FILE *file, const struct tree_place *place, int error);

#endif
