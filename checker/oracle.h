/* SPDX-License-Identifier: BSD-3-Clause */
/* What an outcome means at the moment of a crash: it is held against the trees before and after each step of the update
 * or, where the update is a workload, against what its operations have promised (checker/persistence/persistence.h).
 */
#ifndef POWERCUT_CHECKER_ORACLE_H
#define POWERCUT_CHECKER_ORACLE_H

#include <pthread.h>
#include <stdbool.h>

#include "checker/moment.h"
#include "checker/observations.h"
#include "checker/outcome.h"
#include "checker/watched-pages.h"

/* The observations before the first step, and after each; none: contents are not judged. */
struct trees {
  char **texts;
  size_t count;
};

struct oracle {
  const struct trees *trees;
  struct persistence *persistence;      /* NULL: there is no workload */
  const struct pages *pages;    /* to class in each observation, or NULL */

  pthread_mutex_t lock;         /* of all that follows */
  struct observations observations;
  char **leftovers;             /* distinct paths, sorted */
  size_t leftover_count;
};

/* TREES, and PERSISTENCE and PAGES, which may be NULL, must outlive the oracle. */
extern void oracle_init (struct oracle *oracle, const struct trees *trees, struct persistence *persistence,
                         const struct pages *pages);
extern void oracle_free (struct oracle *oracle);

/* The text of the observation with this DIGEST, or NULL if it is a new one.  It stays valid until oracle_free. */
extern const char *oracle_find (struct oracle *oracle, const char *digest);

/* The classes of the pages (pages_classify) in the observation with this DIGEST, which is known; as long valid. */
extern const uint8_t *oracle_classes (struct oracle *oracle, const char *digest);

/* Keep TREE (taken over, also when this fails), which an agent says has this DIGEST.  Returns the text as oracle_find
 * does, or NULL after a message.
 */
extern const char *oracle_add (struct oracle *oracle, const char *digest, char *tree);

/* Hold OUTCOME, whose observation is known, against what is expected at MOMENT.  Returns 0 with *verdict, whose detail
 * is to free in any case, or -1 after a message.
 */
extern int oracle_judge (struct oracle *oracle, const struct outcome *outcome, const struct moment *moment,
                         struct verdict *verdict);

/* Whether contents are judged at MOMENT as to atomicity, and as to durability. */
extern bool oracle_judges_atomic (const struct oracle *oracle, const struct moment *moment);
extern bool oracle_judges_durable (const struct oracle *oracle, const struct moment *moment);

#endif
