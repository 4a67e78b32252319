/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether link counts are right: that of a file is the number of its names, that of a folder 2 and one for each folder
 * in it, or 1 where the file system does not count folders.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_LINKS_H
#define POWERCUT_CHECKER_OBSERVE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* A line of an observation. */
struct link_row {
  size_t line;                  /* its number, from 0 */
  uint64_t device, inode;
  uint32_t links, names;        /* names: how many links there should be */
  unsigned depth;
  bool folder;
};

struct link_table {
  struct link_row *rows;        /* to free */
  size_t count;
  bool incomplete;              /* there may be names that were not seen */
};

/* Note the object of the next line, which has this STATUS and is at DEPTH; of a folder, those in it are the rows from
 * FIRST on.  Returns 0, or -1 with errno ENOMEM.
 */
extern int links_note (struct link_table *table, const struct statx *status, unsigned depth, size_t first);

/* The lines of *text, of *length bytes, are those of TABLE: add a fact (checker/observe/tree.h) to each of which the
 * link count is wrong.  *text is replaced then.  Returns 0, or -1 with errno ENOMEM.
 */
extern int links_tell (struct link_table *table, char **text, size_t *length);

#endif
