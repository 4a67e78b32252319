/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "checker/oracle.h"
#include "checker/persistence/persistence.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"

void
oracle_init (struct oracle *oracle, const struct trees *trees, struct persistence *persistence,
             const struct pages *pages)
{
  memset (oracle, 0, sizeof *oracle);
  oracle->trees = trees;
  oracle->persistence = persistence;
  oracle->pages = pages;
  pthread_mutex_init (&oracle->lock, NULL);
}

void
oracle_free (struct oracle *oracle)
{
  observations_free (&oracle->observations);
  for (size_t i = 0; i < oracle->leftover_count; i++)
    free (oracle->leftovers[i]);
  free (oracle->leftovers);
  pthread_mutex_destroy (&oracle->lock);
}

/* A copy of the lines about sectors in TREE, to free, NULL after a message. */
static char *
take_sectors (const char *tree)
{
  char *sectors = strdup (pages_begin (tree));

  if (sectors == NULL)
    out_of_memory ();
  return sectors;
}

/* Keep TREE (taken over) and the classes of its pages; its sectors, which are many, only where a workload is judged by
 * them. Returns the text that is kept, or NULL after a message.
 */
static const char *
keep_observation (struct oracle *oracle, const char *digest, char *tree)
{
  CLEANUP_FREE uint8_t *classes = NULL;
  CLEANUP_FREE char *sectors = NULL;
  const char *text;

  if ((oracle->pages && (classes = pages_classify (oracle->pages, tree)) == NULL)
      || (oracle->persistence && (sectors = take_sectors (tree)) == NULL)) {
    free (tree);
    return NULL;
  }
  size_t length = (size_t) (pages_begin (tree) - tree);
  tree[length] = '\0';
  char *shorter = realloc (tree, length + 1);
  pthread_mutex_lock (&oracle->lock);
  text = observations_add (&oracle->observations, digest, shorter ? shorter : tree);
  struct observation *added = text ? observations_find (&oracle->observations, digest) : NULL;
  if (added && added->classes == NULL && added->sectors == NULL) {
    added->classes = classes;
    added->sectors = sectors;
    classes = NULL;
    sectors = NULL;
  }
  pthread_mutex_unlock (&oracle->lock);
  if (text == NULL)
    out_of_memory ();
  return text;
}

const char *
oracle_find (struct oracle *oracle, const char *digest)
{
  const struct observation *known;
  const char *text;

  pthread_mutex_lock (&oracle->lock);
  known = observations_find (&oracle->observations, digest);
  text = known ? known->text : NULL;
  pthread_mutex_unlock (&oracle->lock);
  return text;
}

const uint8_t *
oracle_classes (struct oracle *oracle, const char *digest)
{
  const uint8_t *classes;

  pthread_mutex_lock (&oracle->lock);
  classes = observations_find (&oracle->observations, digest)->classes;
  pthread_mutex_unlock (&oracle->lock);
  return classes;
}

const char *
oracle_add (struct oracle *oracle, const char *digest, char *tree)
{
  char seen[TREE_DIGEST_LENGTH + 1];

  tree_digest (tree, seen);
  if (strcmp (seen, digest) == 0)
    return keep_observation (oracle, digest, tree);
  error_message ("the guest's agent gave a tree that is not the one it observed");
  free (tree);
  return NULL;
}

static int
compare_texts (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* Enter the paths of LEFTOVERS that are new.  Called with the lock held. */
static int
add_leftovers (struct oracle *oracle, char *const *leftovers)
{
  for (; *leftovers; leftovers++) {
    if (oracle->leftover_count > 0
        && bsearch (leftovers, oracle->leftovers, oracle->leftover_count, sizeof *leftovers, compare_texts))
      continue;
    char *path = strdup (*leftovers), **added = path ? array_add (oracle->leftovers, oracle->leftover_count) : NULL;
    if (added == NULL) {
      free (path);
      return out_of_memory ();
    }
    *added = path;
    qsort (oracle->leftovers, oracle->leftover_count, sizeof *oracle->leftovers, compare_texts);
  }
  return 0;
}

/* Whether contents are judged at MOMENT. */
static bool
judges (const struct oracle *oracle, const struct moment *moment)
{
  return moment->phase != PHASE_UNKNOWN && (oracle->persistence || moment->step < oracle->trees->count);
}

bool
oracle_judges_atomic (const struct oracle *oracle, const struct moment *moment)
{
  return judges (oracle, moment) && oracle->persistence == NULL;
}

/* What the setup or an earlier step has made must be there from `begin` on. */
bool
oracle_judges_durable (const struct oracle *oracle, const struct moment *moment)
{
  return judges (oracle, moment)
    && (oracle->persistence || moment->phase == PHASE_COMMITTED || moment->step > 1);
}

/* Whether the tree SEEN, which is neither that before step STEP nor that after it, is one of an earlier step's: then
 * what was lost is not its atomicity.
 */
static int
judge_earlier (const struct oracle *oracle, const char *seen, uint32_t step, struct verdict *verdict)
{
  for (uint32_t i = 0; i + 1 < step; i++) {
    const char *tree = oracle->trees->texts[i];
    struct judgement judgement;
    bool same;

    if (judge (seen, tree, tree, EXPECT_NEW, &judgement) == -1)
      return -1;
    same = judgement.atomic && judgement.durable;
    judgement_free (&judgement);
    if (!same)
      continue;
    free (verdict->detail);
    *verdict = (struct verdict) { .kind = VIOLATION_DURABILITY, .atomic = true };
    return asprintf (&verdict->detail, "step %u is undone: everything is as %s%.0u", step - 1,
                     i == 0 ? "before step 1" : "after step ", i) == -1 ? out_of_memory () : 0;
  }
  return 0;
}

/* What the operations of the workload have promised.  Called with the lock held. */
static int
judge_persistence (struct oracle *oracle, const struct observation *seen, const struct moment *moment,
                   struct verdict *verdict)
{
  CLEANUP_FREE char *text = NULL;

  if (asprintf (&text, "%s%s", seen->text, seen->sectors ? seen->sectors : "") == -1) {
    text = NULL;
    return out_of_memory ();
  }
  if (persistence_judge (oracle->persistence, moment->progress, text, &verdict->detail) == -1)
    return -1;
  verdict->durable = verdict->detail == NULL;
  verdict->kind = verdict->detail ? VIOLATION_DURABILITY : VIOLATION_NONE;
  return 0;
}

/* Judge an observation.  Called with the lock held, as is add_leftovers. */
static int
judge_observation (struct oracle *oracle, const struct observation *observation, const struct moment *moment,
                   struct verdict *verdict)
{
  const char *seen = observation->text;
  struct judgement judgement;
  int r;

  *verdict = (struct verdict) { .atomic = true, .durable = true };
  if (!judges (oracle, moment))
    return 0;
  if (oracle->persistence)
    return judge_persistence (oracle, observation, moment, verdict);
  if (judge (seen, oracle->trees->texts[moment->step - 1], oracle->trees->texts[moment->step],
             moment->phase == PHASE_COMMITTED ? EXPECT_NEW : EXPECT_OLD_OR_NEW, &judgement) == -1)
    return -1;
  verdict->atomic = judgement.atomic;
  verdict->durable = judgement.durable;
  if (!judgement.atomic || !judgement.durable) {
    verdict->kind = judgement.atomic ? VIOLATION_DURABILITY : VIOLATION_ATOMICITY;
    verdict->detail = judgement.detail;
    judgement.detail = NULL;
  }
  r = add_leftovers (oracle, judgement.leftovers);
  judgement_free (&judgement);
  if (r == 0 && !verdict->atomic)
    r = judge_earlier (oracle, seen, moment->step, verdict);
  return r;
}

static bool
is_same_moment (const struct moment *a, const struct moment *b)
{
  return a->phase == b->phase && a->step == b->step && progress_compare (a->progress, b->progress) == 0;
}

/* What SEEN means at MOMENT, worked out once for each step and phase; NULL after a message. */
static const struct verdict *
find_verdict (struct oracle *oracle, struct observation *seen, const struct moment *moment)
{
  for (size_t i = 0; i < seen->judged_count; i++)
    if (is_same_moment (&seen->judged[i].moment, moment))
      return &seen->judged[i].verdict;
  struct judged *added = array_add (seen->judged, seen->judged_count);
  if (added == NULL) {
    out_of_memory ();
    return NULL;
  }
  added->moment = *moment;
  if (judge_observation (oracle, seen, moment, &added->verdict) == 0)
    return &added->verdict;
  free (added->verdict.detail);
  seen->judged_count--;
  return NULL;
}

static int
judge_tree (struct oracle *oracle, const char *digest, const struct moment *moment, struct verdict *verdict)
{
  const struct verdict *known;
  int r = -1;

  pthread_mutex_lock (&oracle->lock);
  known = find_verdict (oracle, observations_find (&oracle->observations, digest), moment);
  if (known) {
    *verdict = *known;
    r = 0;
    if (known->detail && (verdict->detail = strdup (known->detail)) == NULL)
      r = out_of_memory ();
  }
  pthread_mutex_unlock (&oracle->lock);
  return r;
}

/* What OUTCOME, which mounted, shows beside its tree: a kernel fault, or else with ALL what a checker, the file
 * system's own and using it say.  VIOLATION_NONE if that is nothing, and what it is in *detail.
 */
static enum violation
seen_beside (const struct outcome *outcome, bool all, const char **detail)
{
  if (outcome->fault) {
    *detail = outcome->fault;
    return VIOLATION_KERNEL;
  }
  if (!all)
    return VIOLATION_NONE;
  if (outcome->check == CHECK_WRONG || outcome->check == CHECK_HUNG) {
    *detail = outcome->check_detail;
    return outcome->check == CHECK_HUNG ? VIOLATION_HANG : VIOLATION_CHECK;
  }
  *detail = outcome->fsck ? outcome->fsck : outcome->usable;
  return outcome->fsck ? VIOLATION_FSCK : outcome->usable ? VIOLATION_USABLE : VIOLATION_NONE;
}

/* A kernel fault outweighs what the tree shows, and that what checkers say. */
int
oracle_judge (struct oracle *oracle, const struct outcome *outcome, const struct moment *moment,
              struct verdict *verdict)
{
  static const enum violation failures[] = {
    [OUTCOME_UNMOUNTABLE] = VIOLATION_UNMOUNTABLE, [OUTCOME_DIED] = VIOLATION_KERNEL, [OUTCOME_HUNG] = VIOLATION_HANG,
  };

  *verdict = (struct verdict) { .atomic = true, .durable = true };
  if (outcome->kind == OUTCOME_TREE) {
    if (judge_tree (oracle, outcome->digest, moment, verdict) == -1)
      return -1;
    const char *detail;
    const enum violation beside = seen_beside (outcome, verdict->kind == VIOLATION_NONE, &detail);
    if (beside == VIOLATION_NONE)
      return 0;
    free (verdict->detail);
    verdict->kind = beside;
    verdict->detail = strdup (detail);
  }
  else {
    verdict->kind = failures[outcome->kind];
    verdict->detail = strdup (outcome->detail ? outcome->detail : "");
    verdict->atomic = false;
    verdict->durable = !oracle_judges_durable (oracle, moment);
  }
  return verdict->detail ? 0 : out_of_memory ();
}
