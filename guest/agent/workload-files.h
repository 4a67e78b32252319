/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a workload keeps open, and how they are found.  Each function returns 0 or a descriptor, or -1 with
 * errno.
 */
#ifndef POWERCUT_GUEST_AGENT_WORKLOAD_FILES_H
#define POWERCUT_GUEST_AGENT_WORKLOAD_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* A file with or without a name; open until it is closed or the workload ends. */
struct open_file {
  const char *name;             /* the workload's, without `@` */
  bool tmpfile;                 /* a path that is this name alone means it, too */
  int fd;
};

struct open_files {
  struct open_file *list;
  size_t count;
};

/* Room for what a path becomes. */
struct real_path {
  char link[sizeof "/proc/self/fd/2147483647"];
};

/* The path by which the system finds PATH: of an open file that of its descriptor. */
extern const char *real_path (const struct open_files *files, const char *path, struct real_path *room);

/* A descriptor of PATH, to close: that of an open file, unless FLAGS ask for another way of writing. */
extern int open_file (const struct open_files *files, const char *path, int flags);

/* Open PATH, or an O_TMPFILE file in the working directory, as NAME; close it; give it, which has none, the name PATH.
 */
extern int open_file_by_path (struct open_files *files, const char *name, const char *path);
extern int open_file_without_name (struct open_files *files, const char *name);
extern int open_file_close (struct open_files *files, const char *name);
extern int open_file_link (const struct open_files *files, const char *name, const char *path);

#endif
