/* SPDX-License-Identifier: BSD-3-Clause */
/* What an outcome means at a crash point: it is held against the trees before and after the update. */
#ifndef POWERCUT_ORACLE_H
#define POWERCUT_ORACLE_H

#include <pthread.h>
#include <stdbool.h>

#include "replay/model.h"
#include "replay/observations.h"
#include "replay/runner.h"

struct oracle {
  const char *old_tree, *new_tree;      /* observations before and after; NULL: contents are not judged */

  pthread_mutex_t lock;         /* of all that follows */
  struct observations observations;
  char **leftovers;             /* distinct paths, sorted */
  size_t leftover_count;
};

extern void oracle_init (struct oracle *oracle, const char *old_tree, const char *new_tree);
extern void oracle_free (struct oracle *oracle);

/* The text of the tree that OUTCOME, an OUTCOME_TREE, saw; if it is a new one, from RUNNER, which made the run last.  It stays
 * valid until oracle_free.  NULL after a message.
 */
extern const char *oracle_observation (struct oracle *oracle, struct runner *runner, const struct outcome *outcome);

/* Hold OUTCOME, whose observation is known, against what is expected in PHASE.  Returns 0 with *verdict, or -1 after a message. */
extern int oracle_judge (struct oracle *oracle, const struct outcome *outcome, enum phase phase, struct verdict *verdict);

#endif
