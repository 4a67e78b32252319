/* SPDX-License-Identifier: BSD-3-Clause */
/* What is promised of flags, projects and times. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/unit/checker/persistence/left.h"
#include "tests/unit/unit.h"

START_TEST (flags_and_projects_are_promised_with_the_attributes)
{
  static const char text[] = "creat a\nchattr a +iA\nproject .  7\nfsync a\nfsync .\nchattr a -i\nchattr a +d\n";
  static const char compressed[] = "mkdir A\nsetxattr A user.a 1\nchattr A +c\nsync\n";
  static const struct left cases[] = {
    { text, 5, "creat a\nchattr a +iA\nproject . 7\n", NULL },
    { text, 5, "creat a\nchattr a +A\nproject . 7\n", NULL },
    { text, 5, "creat a\nchattr a +dA\nproject . 7\n", NULL },
    { text, 5, "creat a\nproject . 7\n", "fsync-xattr: a: flags none, should be Ai or A or Ad (fsync at line 4)" },
    { text, 5, "creat a\nchattr a +idA\n", "fsync-xattr: .: project other, should be 7 (" },
    { text, 4, "creat a\nchattr a +A\n", "fsync-xattr: a: flags A, should be Ai (" },
    /* What nobody has set may be inherited, or come from a mount option; but not these two. */
    { "creat a\nsync\n", 2, "creat a\nchattr a +c\n", NULL },
    { "creat a\nsync\n", 2, "creat a\nchattr a +a\n", "sync-xattr: a: flags a, should be none" },
    { "creat a\nsync\n", 2, "creat a\nproject a 1\n", "sync-xattr: a: project 1, should be 0" },
    /* btrfs keeps this one as an attribute. */
    { compressed, 4, "mkdir A\nchattr A +c\n", NULL },
    { compressed, 4, "mkdir A\nsetxattr A user.a 1\n", "sync-xattr: A: flags none, should be c" },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

START_TEST (times_that_were_set_are_promised_until_something_changes)
{
  static const char text[] = "write a 0 4K\nutimes a 1 2\nfsync a\nutimes a 1 3\n";
  static const char folder[] = "mkdir A\nutimes A 1 2\nsync\ncreat A/a\n";
  static const struct left cases[] = {
    { text, 3, "write a 0 4K\nutimes a 9 2\n", NULL },
    { text, 3, "write a 0 4K\nutimes a 9 3\n", NULL },
    { text, 3, "write a 0 4K\nutimes a 2 1\n", "fsync-xattr: a: mtime 1, should be 2 or 3 (fsync at line 3)" },
    { text, 3, "write a 0 4K\n", "fsync-xattr: a: mtime other, should be 2 or 3 (" },
    { text, 0, "write a 0 4K\nutimes a 1 9\n", NULL },
    { "creat a\nutimes a 1 2\nfsync a\nfalloc a keep 0 4K\n", 3, "creat a\n", NULL },
    { "creat a\nutimes a 1 2\nfsync a\nsetxattr a user.a 1\n", 3, "creat a\n", "fsync-xattr: a: mtime other" },
    { "creat a\nutimes a 1 2\nfdatasync a\n", 3, "creat a\n", NULL },
    { folder, 3, "mkdir A\ncreat A/a\n", NULL },
    { "mkdir A\nutimes A 1 2\nsync\nmkdir B\n", 3, "mkdir A\n", "sync-xattr: A: mtime other, should be 2 (" },
    { "mkdir A\nutimes A 1 2\nsync\nmkdir B\nrule -time\n", 3, "mkdir A\n", NULL },
  };
  ASSERT_ALL_LEFT (cases);
}
END_TEST

/* What the quota of the root says is a violation where it is promised. */
START_TEST (quotas_are_right_where_that_is_promised)
{
  static const char text[] = "creat a\nchown a 100 100\nfsync a\n";
  static const char bad[] = "d 0755 0 0 - - -;quota=user:100:2/1:3/0 .\n";
  CLEANUP_FREE char *tree = tree_after (text, SIZE_MAX), *seen = NULL;

  ck_assert_int_ne (asprintf (&seen, "%s%s", bad, strchr (tree, '\n') + 1), -1);
  assert_seen (text, 3, seen, "quota: .: user 100 has 2 objects with 3 bytes, says the quota, should be 1 object with "
               "0 bytes");
  ck_assert_ptr_null (judge_on ("f2fs", "", text, 3, seen));
  ck_assert_ptr_null (judge_on ("ext4", "", "creat a\nchown a 100 100\nfsync a\nrule -quota\n", 3, seen));
}
END_TEST

UNIT_TEST_MAIN ("attributes",
                flags_and_projects_are_promised_with_the_attributes,
                times_that_were_set_are_promised_until_something_changes,
                quotas_are_right_where_that_is_promised)
