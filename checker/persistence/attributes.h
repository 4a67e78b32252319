/* SPDX-License-Identifier: BSD-3-Clause */
/* Which extended attributes, mode, owner, flags, project and time an object may have: each one of the values that it
 * has had since they were promised, independent of the others.
 */
#ifndef POWERCUT_CHECKER_PERSISTENCE_ATTRIBUTES_H
#define POWERCUT_CHECKER_PERSISTENCE_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "checker/workload/inodes.h"

/* An attribute, and the values that it has had, each once; a value that is NULL: it was not there. */
struct attribute {
  char *name;
  struct attribute_value {
    char *bytes;
    size_t length;
  } *values;
  size_t count;
};

/* Numbers, each once. */
struct number_set {
  int64_t *list;
  size_t count;
};

/* Of what may be, what was promised comes first.  A mode or an owner that is -1 is not known, as nothing has set it. */
struct attribute_set {
  struct attribute *list;       /* by name */
  size_t count;
  char (*words)[CONTENT_WORD_SIZE];     /* that an observation may have, once they are worked out */
  size_t word_count;            /* 0: there are too many */
  struct number_set modes, owners, projects, times;
  struct number_set flags;      /* each those that are known, times 2^32, and of these those that are set */
  bool unknown;                 /* nobody knows the attributes */
};

extern void attributes_free (struct attribute_set *attributes);

/* Those that INODE has are promised; it may have those that it has now, too.  Both return 0, or -1 after a message. */
extern int attributes_promise (struct attribute_set *attributes, const struct sim_inode *inode);
extern int attributes_touch (struct attribute_set *attributes, const struct sim_inode *inode);

/* Work out the words.  HASH is the caller's.  Returns as above. */
extern int attributes_finish (struct attribute_set *attributes, XXH3_state_t *hash);

/* Whether an observation may have WORD, MODE, and OWNER (as struct sim_inode has it). */
extern bool attributes_allow_word (const struct attribute_set *attributes, const char *word);
extern bool attributes_allow_mode (const struct attribute_set *attributes, int mode);
extern bool attributes_allow_owner (const struct attribute_set *attributes, int64_t owner);

/* Whether it may have FLAGS; PROJECT; and TIME, the mtime, or -1: not one that utimes has set. */
extern bool attributes_allow_flags (const struct attribute_set *attributes, uint32_t flags);
extern bool attributes_allow_project (const struct attribute_set *attributes, uint32_t project);
extern bool attributes_allow_time (const struct attribute_set *attributes, int64_t time);

#endif
