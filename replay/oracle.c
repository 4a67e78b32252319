/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/judge.h"
#include "common/message.h"
#include "replay/oracle.h"

static int
out_of_memory (void)
{
  error_message ("out of memory");
  return -1;
}

void
oracle_init (struct oracle *oracle, const char *old_tree, const char *new_tree)
{
  memset (oracle, 0, sizeof *oracle);
  oracle->old_tree = old_tree;
  oracle->new_tree = new_tree;
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

const char *
oracle_observation (struct oracle *oracle, struct runner *runner, const struct outcome *outcome)
{
  const char *digest = outcome->digest, *text;
  const struct observation *known;
  char *tree, seen[TREE_DIGEST_LENGTH + 1];

  pthread_mutex_lock (&oracle->lock);
  known = observations_find (&oracle->observations, digest);
  text = known ? known->text : NULL;
  pthread_mutex_unlock (&oracle->lock);
  if (text)
    return text;
  tree = runner_tree (runner);
  if (tree == NULL)
    return NULL;
  tree_digest (tree, seen);
  if (strcmp (seen, digest) != 0) {
    error_message ("the guest's agent gave a tree that is not the one it observed");
    free (tree);
    return NULL;
  }
  pthread_mutex_lock (&oracle->lock);
  text = observations_add (&oracle->observations, digest, tree);
  pthread_mutex_unlock (&oracle->lock);
  if (text == NULL)
    out_of_memory ();
  return text;
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
    char **larger = reallocarray (oracle->leftovers, oracle->leftover_count + 1, sizeof *larger);
    if (larger == NULL)
      return out_of_memory ();
    oracle->leftovers = larger;
    larger[oracle->leftover_count] = strdup (*leftovers);
    if (larger[oracle->leftover_count] == NULL)
      return out_of_memory ();
    oracle->leftover_count++;
    qsort (larger, oracle->leftover_count, sizeof *larger, compare_texts);
  }
  return 0;
}

/* Judge an observation.  Called with the lock held, as is add_leftovers. */
static int
judge_observation (struct oracle *oracle, const char *seen, enum phase phase, struct verdict *verdict)
{
  struct judgement judgement;
  int r;

  *verdict = (struct verdict) { .atomic = true, .durable = true };
  if (oracle->old_tree == NULL || phase == PHASE_UNKNOWN)
    return 0;
  if (judge (seen, oracle->old_tree, oracle->new_tree, phase == PHASE_COMMITTED ? EXPECT_NEW : EXPECT_OLD_OR_NEW, &judgement)
      == -1)
    return -1;
  verdict->atomic = judgement.atomic;
  verdict->durable = judgement.durable;
  if (!judgement.atomic || !judgement.durable) {
    verdict->kind = judgement.atomic ? "durability" : "atomicity";
    verdict->detail = judgement.detail;
    judgement.detail = NULL;
  }
  r = add_leftovers (oracle, judgement.leftovers);
  judgement_free (&judgement);
  return r;
}

/* What a tree means is worked out once in each phase. */
static int
judge_tree (struct oracle *oracle, const char *digest, enum phase phase, struct verdict *verdict)
{
  struct observation *seen;
  int r = 0;

  pthread_mutex_lock (&oracle->lock);
  seen = observations_find (&oracle->observations, digest);
  if (!seen->judged[phase].known)
    r = judge_observation (oracle, seen->text, phase, &seen->judged[phase].verdict);
  seen->judged[phase].known = r == 0;
  *verdict = seen->judged[phase].verdict;
  if (verdict->detail && (verdict->detail = strdup (verdict->detail)) == NULL)
    r = out_of_memory ();
  pthread_mutex_unlock (&oracle->lock);
  return r;
}

/* A kernel fault outweighs what the tree shows. */
int
oracle_judge (struct oracle *oracle, const struct outcome *outcome, enum phase phase, struct verdict *verdict)
{
  *verdict = (struct verdict) { .atomic = true, .durable = true };
  if (outcome->kind == OUTCOME_TREE) {
    if (judge_tree (oracle, outcome->digest, phase, verdict) == -1)
      return -1;
    if (outcome->fault == NULL)
      return 0;
    free (verdict->detail);
    verdict->kind = "kernel";
    verdict->detail = strdup (outcome->fault);
  }
  else {
    verdict->kind = outcome->kind == OUTCOME_UNMOUNTABLE ? "unmountable" : outcome->kind == OUTCOME_DIED ? "kernel" : "hang";
    verdict->detail = strdup (outcome->detail ? outcome->detail : "");
    verdict->atomic = false;
    verdict->durable = phase != PHASE_COMMITTED;
  }
  return verdict->detail ? 0 : out_of_memory ();
}
