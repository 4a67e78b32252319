/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether quotas are right: what users, groups and projects have according to them (quotactl(2)) is what the objects of
 * the whole tree add up to.  The number 0 is left out, to which a file system counts things of its own, too.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_USAGE_H
#define POWERCUT_CHECKER_OBSERVE_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum usage_kind { USAGE_USER, USAGE_GROUP, USAGE_PROJECT, USAGE_KIND_COUNT };  /* as USRQUOTA and so on */

/* What an owner has. */
struct usage {
  uint32_t id;
  uint64_t objects, bytes;
};

struct usage_table {
  struct usage_row {
    uint64_t inode, bytes;
    uint32_t ids[USAGE_KIND_COUNT];
  } *rows;                      /* to free */
  size_t count;
};

/* Note an object that has this STATUS and belongs to PROJECT.  Returns 0, or -1 with errno ENOMEM. */
extern int usage_note (struct usage_table *table, const struct statx *status, uint32_t project);

/* The first owner, of KIND, of whom the COUNT entries of QUOTA, sorted by id, do not say what TABLE, whose rows may
 * change their order, has: *is and *says.  Returns 1, 0 if there is none, or -1 with errno ENOMEM.
 */
extern int usage_compare (struct usage_table *table, enum usage_kind kind, const struct usage *quota, size_t count,
                          struct usage *is, struct usage *says);

/* The fact `quota` (checker/observe/tree.h) of the file system that has ROOT_FD, `;quota=` and the value, to free; or
 * NULL, with errno 0 if all that is counted is right.
 */
extern char *usage_fact (struct usage_table *table, int root_fd);

#endif
