/* SPDX-License-Identifier: BSD-3-Clause */
/* What a state means that shows no tree. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/oracle.h"
#include "replay/unchanged.h"
#include "tests/unit/make-log.h"
#include "tests/unit/unit.h"

static struct verdict
judge_unmountable (size_t tree_count, enum phase phase, uint32_t step)
{
  char *texts[] = { (char *) "", (char *) "", (char *) "" };
  const struct trees trees = { texts, tree_count };
  const struct outcome outcome = { .kind = OUTCOME_UNMOUNTABLE, .detail = (char *) "mount: EIO" };
  const struct moment moment = { .phase = phase, .step = step };
  struct oracle oracle;
  struct verdict verdict;

  oracle_init (&oracle, &trees, NULL, NULL);
  ck_assert_int_eq (oracle_judge (&oracle, &outcome, &moment, &verdict), 0);
  oracle_free (&oracle);
  ck_assert_int_eq (verdict.kind, VIOLATION_UNMOUNTABLE);
  free (verdict.detail);
  return verdict;
}

START_TEST (what_cannot_be_mounted_has_lost_every_committed_step)
{
  ck_assert (judge_unmountable (3, PHASE_UPDATE, 1).durable);   /* nothing was promised yet */
  ck_assert (!judge_unmountable (3, PHASE_COMMITTED, 1).durable);
  ck_assert (!judge_unmountable (3, PHASE_UPDATE, 2).durable);  /* the first step was */
  ck_assert (!judge_unmountable (3, PHASE_COMMITTED, 2).durable);
  ck_assert (!judge_unmountable (3, PHASE_UPDATE, 1).atomic);
}
END_TEST

/* What OUTCOME, which mounted and saw the right tree, or with WRONG another one, means. */
static enum violation
judge_mounted (struct outcome outcome, bool wrong)
{
  const char *tree = wrong ? "f 0644 0 0 0 empty - other\n" : "";
  char *texts[] = { (char *) "", (char *) "f 0644 0 0 0 empty - a\n" };
  const struct trees trees = { texts, 2 };
  const struct moment moment = { .phase = wrong ? PHASE_COMMITTED : PHASE_UPDATE, .step = 1 };
  struct oracle oracle;
  struct verdict verdict;

  oracle_init (&oracle, &trees, NULL, NULL);
  tree_digest (tree, outcome.digest);
  ck_assert_ptr_nonnull (oracle_add (&oracle, outcome.digest, strdup (tree)));
  ck_assert_int_eq (oracle_judge (&oracle, &outcome, &moment, &verdict), 0);
  oracle_free (&oracle);
  free (verdict.detail);
  return verdict.kind;
}

/* What weighs more comes first. */
START_TEST (what_else_is_wrong_has_its_kind)
{
  struct outcome outcome = { .kind = OUTCOME_TREE };

  ck_assert_int_eq (judge_mounted (outcome, false), VIOLATION_NONE);
  outcome.usable = (char *) "rmdir a: EIO";
  ck_assert_int_eq (judge_mounted (outcome, false), VIOLATION_USABLE);
  outcome.fsck = (char *) "e2fsck: Inode 12";
  ck_assert_int_eq (judge_mounted (outcome, false), VIOLATION_FSCK);
  outcome.check = CHECK_WRONG;
  outcome.check_detail = (char *) "wrong";
  ck_assert_int_eq (judge_mounted (outcome, false), VIOLATION_CHECK);
  ck_assert_int_eq (judge_mounted (outcome, true), VIOLATION_DURABILITY);
  outcome.fault = (char *) "BUG";
  ck_assert_int_eq (judge_mounted (outcome, true), VIOLATION_KERNEL);
}
END_TEST

/* Whether the update between two equal trees, or with OTHER another one after it, changed nothing; it writes if WRITES.
 */
static bool
changed_nothing (const char *info, const char *other, bool writes)
{
  char *texts[] = { (char *) "tree", (char *) (other ? other : "tree") };
  const struct trees trees = { texts, 2 };
  struct log_maker *maker = make_log_with_info (1, 4, info);

  add_done_write (maker, 0, 0, "a");    /* of --setup */
  add_mark (maker, "begin");
  if (writes)
    add_done_write (maker, 0, 1, "b");
  add_mark (maker, "commit");
  add_done_write (maker, 0, 2, "c");    /* of the file system's own */
  add_mark (maker, "end");
  struct write_log *log = finish_log (maker);
  bool nothing = update_changed_nothing (log, &trees);
  write_log_close (log);
  return nothing;
}

START_TEST (an_update_elsewhere_is_found_out)
{
  ck_assert (changed_nothing (NULL, NULL, false));
  ck_assert (!changed_nothing (NULL, "another", false));
  ck_assert (!changed_nothing (NULL, NULL, true));
  ck_assert (!changed_nothing ("workload=sync", NULL, false));
  ck_assert (!changed_nothing ("watch=a", NULL, false));
}
END_TEST

UNIT_TEST_MAIN ("oracle",
                what_cannot_be_mounted_has_lost_every_committed_step, what_else_is_wrong_has_its_kind,
                an_update_elsewhere_is_found_out)
