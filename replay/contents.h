/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the old and of the new tree hold, byte by byte, of which the log has digests alone: it is read from
 * the state at the mark `begin` and from the one at the end, where a run says that it is.  What does not have the
 * tree's digest there is not known.
 */
#ifndef POWERCUT_REPLAY_CONTENTS_H
#define POWERCUT_REPLAY_CONTENTS_H

#include <pthread.h>

#include "checker/observe/tree-text.h"
#include "checker/oracle.h"
#include "replay/located.h"

struct contents {
  pthread_mutex_t lock;
  bool learnt;                  /* all that can be known is */
  struct known_tree {
    struct tree tree;
    struct known_file {
      char *path;
      char *bytes;              /* whole sectors */
    } *files;
    size_t count;
  } trees[2];                   /* old and new */
};

/* Begin with TREES, old and new.  Returns 0, or -1 after a message.  Free in any case; the lock is the caller's to
 * initialise and destroy.
 */
extern int contents_begin (struct contents *contents, const struct trees *trees);
extern void contents_free (struct contents *contents);

/* The file PATH as TREE has it, or NULL. */
extern const struct tree_object *contents_object (const struct known_tree *tree, const char *path);

/* The bytes of PATH there, or NULL if they are not known. */
extern const char *contents_bytes (const struct known_tree *tree, const char *path);

/* Learn of TREE the files that a run has located, by reading them in STATE, which is the one that the run saw.  Returns
 * 0, or -1 after a message.
 */
extern int contents_learn (struct known_tree *tree, const struct located *located, struct crash_state *state);

#endif
