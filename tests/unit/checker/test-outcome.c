/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checker/outcome.h"
#include "common/cleanup.h"
#include "tests/unit/unit.h"

/* Pairs of what two runs saw: whether it is the same, and whether it is the same kind of thing. */
static const struct pair {
  struct outcome a, b;
  bool same, alike;
} pairs[] = {
  { { .kind = OUTCOME_TREE, .digest = "0a" }, { .kind = OUTCOME_TREE, .digest = "0a" }, true, true },
  { { .kind = OUTCOME_TREE, .digest = "0a" }, { .kind = OUTCOME_TREE, .digest = "0b" }, false, true },
  { { .kind = OUTCOME_TREE }, { .kind = OUTCOME_UNMOUNTABLE }, false, false },
  { { .kind = OUTCOME_DIED, .detail = (char *) "Oops" }, { .kind = OUTCOME_DIED, .detail = (char *) "BUG" }, true,
    true },
  { { .kind = OUTCOME_DIED }, { .kind = OUTCOME_HUNG }, false, false },
  { { .kind = OUTCOME_TREE, .check = CHECK_RIGHT }, { .kind = OUTCOME_TREE, .check = CHECK_RIGHT }, true, true },
  { { .kind = OUTCOME_TREE, .check = CHECK_RIGHT }, { .kind = OUTCOME_TREE, .check = CHECK_WRONG }, false, true },
  { { .kind = OUTCOME_TREE, .check = CHECK_RIGHT }, { .kind = OUTCOME_TREE, .check = CHECK_HUNG }, false, false },
  { { .kind = OUTCOME_TREE, .fault = (char *) "BUG" }, { .kind = OUTCOME_TREE }, false, false },
  { { .kind = OUTCOME_TREE, .fault = (char *) "BUG" }, { .kind = OUTCOME_TREE, .fault = (char *) "WARNING" }, true,
    true },
  { { .kind = OUTCOME_TREE, .fsck = (char *) "Inode 12" }, { .kind = OUTCOME_TREE }, false, true },
  { { .kind = OUTCOME_TREE, .fsck = (char *) "Inode 12" }, { .kind = OUTCOME_TREE, .fsck = (char *) "Inode 13" }, true,
    true },
  { { .kind = OUTCOME_TREE, .usable = (char *) "rmdir a" }, { .kind = OUTCOME_TREE }, false, true },
};

START_TEST (runs_that_saw_the_same_are_told_from_others)
{
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    const struct pair *pair = &pairs[i];

    ck_assert_int_eq (outcome_same (&pair->a, &pair->b), pair->same);
    ck_assert_int_eq (outcome_same (&pair->b, &pair->a), pair->same);
    ck_assert_int_eq (outcome_alike (&pair->a, &pair->b), pair->alike);
    ck_assert_int_eq (outcome_alike (&pair->b, &pair->a), pair->alike);
  }
}
END_TEST

/* Outcomes, and each in a line. */
static const struct description {
  struct outcome outcome;
  const char *text;
} descriptions[] = {
  { { .kind = OUTCOME_TREE, .digest = "0a" }, "tree 0a" },
  { { .kind = OUTCOME_TREE, .digest = "0a", .check = CHECK_WRONG, .fault = (char *) "BUG" },
    "tree 0a; check: wrong; kernel: BUG" },
  { { .kind = OUTCOME_TREE, .digest = "0a", .fsck = (char *) "Inode 12", .usable = (char *) "rmdir a: EIO" },
    "tree 0a; fsck: Inode 12; usable: rmdir a: EIO" },
  { { .kind = OUTCOME_UNMOUNTABLE, .detail = (char *) "mount: EIO" }, "unmountable mount: EIO" },
  { { .kind = OUTCOME_DIED, .fault = (char *) "BUG" }, "died ; kernel: BUG" },
  { { .kind = OUTCOME_HUNG }, "hung " },
};

START_TEST (an_outcome_is_a_line)
{
  for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
    CLEANUP_FREE char *text = outcome_describe (&descriptions[i].outcome);

    ck_assert_str_eq (text, descriptions[i].text);
  }
}
END_TEST

START_TEST (a_copy_is_whole_and_its_own)
{
  char detail[] = "a", check_detail[] = "b", check_output[] = "c", fault[] = "d", unrepeated[] = "e";
  char fsck[] = "f", usable[] = "g";
  const struct outcome outcome = {
    .kind = OUTCOME_DIED, .digest = "0a", .detail = detail, .check = CHECK_WRONG, .check_detail = check_detail,
    .check_output = check_output, .fault = fault, .fsck = fsck, .usable = usable,
    .unrepeated_kind = VIOLATION_HANG, .unrepeated = unrepeated,
    .repeated = true, .behaviour = 7
  };
  struct outcome copy;

  ck_assert_int_eq (outcome_copy (&copy, &outcome), 0);
  detail[0] = check_detail[0] = check_output[0] = fault[0] = unrepeated[0] = fsck[0] = usable[0] = '\0';
  ck_assert_int_eq (copy.kind, OUTCOME_DIED);
  ck_assert_str_eq (copy.digest, "0a");
  ck_assert_str_eq (copy.detail, "a");
  ck_assert_int_eq (copy.check, CHECK_WRONG);
  ck_assert_str_eq (copy.check_detail, "b");
  ck_assert_str_eq (copy.check_output, "c");
  ck_assert_str_eq (copy.fault, "d");
  ck_assert_str_eq (copy.fsck, "f");
  ck_assert_str_eq (copy.usable, "g");
  ck_assert_int_eq (copy.unrepeated_kind, VIOLATION_HANG);
  ck_assert_str_eq (copy.unrepeated, "e");
  ck_assert (copy.repeated);
  ck_assert_uint_eq (copy.behaviour, 7);
  outcome_free (&copy);
}
END_TEST

UNIT_TEST_MAIN ("outcome", runs_that_saw_the_same_are_told_from_others, an_outcome_is_a_line,
                a_copy_is_whole_and_its_own)
