/* SPDX-License-Identifier: BSD-3-Clause */
/* What one run saw: what became of the mount, the tree that was there, what a checker said and what the kernel
 * complained about. What that means is asked of the oracle (checker/oracle.h).
 */
#ifndef POWERCUT_CHECKER_OUTCOME_H
#define POWERCUT_CHECKER_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/observe/tree.h"
#include "checker/violation.h"

enum outcome_kind {
  OUTCOME_TREE,                 /* mounted, observed, unmounted */
  OUTCOME_UNMOUNTABLE,          /* mount failed */
  OUTCOME_DIED,                 /* the guest ended */
  OUTCOME_HUNG,                 /* no answer in time */
};

/* That in a word: `tree`, `unmountable`, `died`, `hung`. */
extern const char *outcome_kind_name (enum outcome_kind kind);

/* What an external checker said: it exits with 0, with 1, or otherwise. */
enum check_result {
  CHECK_NONE,                   /* there is no checker, or the mount failed */
  CHECK_RIGHT,
  CHECK_WRONG,
  CHECK_HUNG,                   /* it did not end in time */
  CHECK_BROKEN,                 /* it said nothing about the state: it failed or was killed */
  CHECK_CHANGED,                /* it has changed the tree, and should not have */
};

/* That in a word: `right`, `wrong`, `hung`, `broken`, or nothing if there is none. */
extern const char *check_name (enum check_result result);

struct outcome {
  enum outcome_kind kind;
  char digest[TREE_DIGEST_LENGTH + 1];  /* OUTCOME_TREE: of the observation, of nothing if there was none */
  char *detail;                 /* else: why, in one line; to free */
  enum check_result check;
  char *check_detail;           /* last line of the checker's output, or how it ended, if not CHECK_RIGHT; to free */
  char *check_output;           /* the last of what it printed, or NULL; to free */
  char *fsck;                   /* what the file system's checker complains of first, or NULL; to free */
  char *usable;                 /* what did not work when it was used, or NULL; to free */
  char *fault;                  /* first kernel message that is a fault, or NULL; to free */
  /* A kernel fault or a hang that a first run saw and this second one, on a fresh boot, did not. */
  enum violation unrepeated_kind;
  char *unrepeated;             /* its detail; to free */
  bool repeated;                /* a first run saw the same, and this is the second one, on a fresh boot */
  uint64_t behaviour;           /* hash of all that the run read: runs that read the same have the same */
};

/* Whether two runs saw the same kind of thing: the kind of outcome, whether there was a fault, whether the checker
 * hung.
 */
extern bool outcome_alike (const struct outcome *a, const struct outcome *b);

/* Whether two runs saw the same: the same kind of thing, the tree, what the checker said, whether the file system's own
 * complained, and whether it could be used.
 */
extern bool outcome_same (const struct outcome *a, const struct outcome *b);

/* What OUTCOME saw, in a line: `tree DIGEST`, or another outcome and its detail; then what the checker said, what the
 * file system's own complained of, what did not work, and a fault of the kernel.  To free; NULL with errno ENOMEM.
 */
extern char *outcome_describe (const struct outcome *outcome);

/* Returns 0, or -1 with errno ENOMEM. */
extern int outcome_copy (struct outcome *to, const struct outcome *from);
extern void outcome_free (struct outcome *outcome);

#endif
