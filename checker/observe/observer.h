/* SPDX-License-Identifier: BSD-3-Clause */
/* Who walks a tree (checker/observe/tree.h), and what it does with a file and with the attributes of any object. */
#ifndef POWERCUT_CHECKER_OBSERVE_OBSERVER_H
#define POWERCUT_CHECKER_OBSERVE_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <xxhash.h>

#include "checker/observe/content.h"
#include "checker/observe/lines.h"
#include "checker/observe/links.h"
#include "checker/observe/usage.h"

#define PIECE_SIZE (256 << 10)

struct observer {
  FILE *lines;                  /* in the order of the walk: they are sorted at the end */
  XXH3_state_t *hash;
  char *piece;                  /* PIECE_SIZE bytes for whatever is read */
  bool out_of_memory;
  bool locates;                 /* data are located where they can be, and read elsewhere */
  unsigned facts;               /* that are asked for: enum tree_fact */
  struct link_table links;      /* if its fact is asked for */
  struct usage_table usage;     /* likewise */

  const struct sector_request *request; /* NULL: nobody asks for sectors */
  FILE *sectors;                /* the lines about them, in the order of the walk, too */
  uint64_t sectors_left;        /* when all files are asked for: what may still be added */
  long path_bytes;
  bool too_many_sectors;
};

/* The word for the attributes of PLACE, which is open as FD, or, if that is -1, is asked by path. */
extern void observe_xattrs (struct observer *observer, const struct tree_place *place, int fd,
                            char word[CONTENT_WORD_SIZE]);

/* The same, and the facts that are asked for of what has this STATUS, but for its links, extents and quota
 * (checker/observe/tree.h).
 */
#define ATTRIBUTES_SIZE (CONTENT_WORD_SIZE + 200)
extern void observe_attributes (struct observer *observer, const struct tree_place *place, int fd,
                                const struct statx *status, char text[ATTRIBUTES_SIZE]);

/* End the line of PLACE, which has this STATUS, with XATTRS, as observe_attributes gives it.  Of a folder, the first
 * thing in it is FIRST in observer->links.
 */
extern void observe_end (struct observer *observer, const struct tree_place *place, const struct statx *status,
                         const char *xattrs, size_t first);

/* Write the line, or both, of a file. */
extern void observe_file (struct observer *observer, const struct tree_place *place, const struct statx *status);

#endif
