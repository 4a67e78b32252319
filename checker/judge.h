/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree oracle: an observation (checker/observe/tree.h) held against the trees before and after the update. */
#ifndef POWERCUT_CHECKER_JUDGE_H
#define POWERCUT_CHECKER_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

/* What a crash at some point may leave. */
enum expectation {
  EXPECT_OLD_OR_NEW,            /* between begin and commit */
  EXPECT_NEW,                   /* after commit */
};

struct judgement {
  bool is_old;                  /* every path of either tree is as in the old one */
  bool is_new;                  /* ... as in the new one */
  bool atomic;                  /* old or new: all paths together */
  bool durable;                 /* not EXPECT_NEW, or new */
  char *detail;                 /* NULL if atomic and durable; else one line: which path is wrong and how (what
                                   it is; what it was in the old and the new tree), and how many more paths are wrong */
  char **leftovers;             /* paths that are in neither tree, as in the observation, NULL at the end; never NULL */
};

/* Judge the observation SEEN, all three texts as tree_observe gives them.  A path in neither tree is a leftover and no
 * fault.  The order of lines may not be relied upon: texts come from logs.  Returns 0 and fills *judgement, to be freed
 * with judgement_free, or -1 after a message (a malformed text, with its line number) and nothing to free.
 */
extern int judge (const char *seen, const char *old, const char *new, enum expectation expectation,
                  struct judgement *judgement);
extern void judgement_free (struct judgement *judgement);

/* A path of the three trees; the texts say what it is there, NULL where it is missing. */
struct judged_path {
  const char *path;             /* as in the observation */
  const char *seen, *old, *new;
  bool is_old, is_new;          /* what was seen is as in the old tree, as in the new one */
};

typedef int judge_each (void *opaque, const struct judged_path *path);

/* Call EACH with every path that is not the same in all three trees, in order, until it returns -1, out of memory.
 * *same_count becomes the number of the others.  Returns 0, or -1 after a message.
 */
extern int judge_paths (const char *seen, const char *old, const char *new, judge_each *each, void *opaque,
                        size_t *same_count);

#endif
