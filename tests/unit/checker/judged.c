/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "tests/unit/checker/judged.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

struct judgement
judge_well (const char *seen, const char *old, const char *new, enum expectation expectation)
{
  struct judgement judgement;

  forget_messages ();
  ck_assert_msg (judge (seen, old, new, expectation, &judgement) == 0, "refused: %s", message);
  ck_assert_ptr_nonnull (judgement.leftovers);
  return judgement;
}

void
assert_detail (const char *seen, const char *old, const char *new, enum expectation expectation, const char *detail)
{
  struct judgement judgement = judge_well (seen, old, new, expectation);

  ck_assert_pstr_eq (judgement.detail, detail);
  judgement_free (&judgement);
}
