/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "batch/corpus/cause.h"
#include "tests/unit/unit.h"

#define ATOMICITY(DETAIL) "{\"kind\": \"atomicity\", \"detail\": \"" DETAIL "\"}"

/* A violation of fsync-data whose smallest state drops these writes. */
#define DROPPED(DETAIL, WRITES)                                                                       \
  "{\"kind\": \"durability\", \"detail\": \"fsync-data: " DETAIL "\", \"dropped\": [" WRITES "]}"
#define WRITE(WHAT) "{\"what\": \"" WHAT "\"}"
#define BROKEN "ext4: durability: fsync-data (fsync)"

static void
assert_cause (const char *violation, const char *wanted)
{
  cJSON *object = cJSON_Parse (violation);
  char *cause = cause_of (object, "ext4");

  ck_assert_ptr_nonnull (object);
  ck_assert_str_eq (cause, wanted);
  free (cause);
  cJSON_Delete (object);
}

START_TEST (without_a_rule_it_is_the_detail_without_names_and_numbers)
{
  assert_cause ("{\"kind\": \"durability\", \"detail\": \"old contents after commit: f: 4 bytes\"}",
                "ext4: durability: old contents after commit: f: # bytes");
  assert_cause (ATOMICITY ("f: empty"), "ext4: atomicity: *: empty");
  assert_cause (ATOMICITY ("a/b12: 10 bytes 3611dc87... (old: 0 bytes)"),
                "ext4: atomicity: *: # bytes #... (old: # bytes)");
  assert_cause ("{\"kind\": \"kernel\"}", "ext4: kernel: ");
  assert_cause ("{\"kind\": \"kernel\", \"detail\": \"EXT4-fs error 17 in block 5\"}",
                "ext4: kernel: EXT4-fs error # in block #");
}
END_TEST

START_TEST (a_rule_and_who_promised_it_are_all_that_counts_of_the_detail)
{
  assert_cause (DROPPED ("a/b: empty, should be 4 bytes e29... (fsync at line 5)", ""), BROKEN);
  assert_cause (DROPPED ("c (at line: 9 bytes 1c2... (fsync at line 12)", ""), BROKEN);
  assert_cause (DROPPED ("c: 9 bytes (fsync at line 12) (and 1 more)", ""), BROKEN);
  assert_cause (DROPPED ("c: 9 bytes (synced before `begin')", ""), "ext4: durability: fsync-data");
  assert_cause ("{\"kind\": \"durability\", \"detail\": \"no-rule: f: empty (sync at line 3)\"}",
                "ext4: durability: no-rule: *: empty (sync at line #)");
}
END_TEST

START_TEST (lost_writes_are_told_by_kind)
{
  assert_cause (DROPPED ("f: empty (fsync at line 5)", WRITE ("data of a/b") "," WRITE ("data of c; data of d; ...")),
                BROKEN "; lost: data of *");
  assert_cause (DROPPED ("f: empty (fsync at line 5)", WRITE ("superblock, generation 9, with a log tree")
                         "," WRITE ("journal: commit of transaction 7")
                         "," WRITE ("directory a; inode bitmap of group 1")),
                BROKEN "; lost: directory *, inode bitmap of group #, journal: commit of transaction #, superblock");
  assert_cause (DROPPED ("f: empty (fsync at line 5)", "{\"what\": null}, {\"what\": null}"),
                BROKEN "; lost: some writes");
}
END_TEST

START_TEST (its_parts_can_be_had)
{
  cJSON *object = cJSON_Parse (DROPPED ("f: empty (fsync at line 5)", WRITE ("log") "," WRITE ("data of f")));
  struct cause cause;

  ck_assert_int_eq (cause_read (&cause, object, "xfs"), 0);
  ck_assert_str_eq (cause.filesystem, "xfs");
  ck_assert_str_eq (cause.kind, "durability");
  ck_assert_str_eq (cause.rule, "fsync-data");
  ck_assert_str_eq (cause.operation, "fsync");
  ck_assert_uint_eq (cause.lost_count, 2);
  ck_assert_str_eq (cause.lost[0], "data of *");
  ck_assert_str_eq (cause.lost[1], "log");
  cause_free (&cause);
  cJSON_Delete (object);
}
END_TEST

UNIT_TEST_MAIN ("corpus-cause", without_a_rule_it_is_the_detail_without_names_and_numbers,
                a_rule_and_who_promised_it_are_all_that_counts_of_the_detail, lost_writes_are_told_by_kind,
                its_parts_can_be_had)
