/* SPDX-License-Identifier: BSD-3-Clause */
/* Quotas: which are wrong, and that who has none says nothing. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/tree.h"
#include "checker/observe/usage.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

/* Objects by inode: 5 has two names; 6 and 7 are of one user, and of different groups and projects; 1 is root's. */
static struct usage_table
make_table (void)
{
  static const struct {
    uint64_t inode, sectors;
    uint32_t user, group, project;
  } objects[] = { { 5, 8, 100, 200, 0 }, { 7, 2, 101, 200, 9 }, { 1, 8, 0, 0, 0 }, { 5, 8, 100, 200, 0 },
                  { 6, 0, 101, 201, 0 } };
  struct usage_table table = { NULL, 0 };

  for (size_t i = 0; i < LENGTH (objects); i++) {
    const struct statx status = {
      .stx_ino = objects[i].inode, .stx_blocks = objects[i].sectors, .stx_uid = objects[i].user,
      .stx_gid = objects[i].group
    };

    ck_assert_int_eq (usage_note (&table, &status, objects[i].project), 0);
  }
  return table;
}

/* QUOTA says of owner ID something else than there is; 0: of none. */
static void
assert_wrong (enum usage_kind kind, const struct usage *quota, size_t count, uint32_t id)
{
  struct usage_table table = make_table ();
  struct usage is = { 0, 0, 0 }, says = { 0, 0, 0 };

  ck_assert_int_eq (usage_compare (&table, kind, quota, count, &is, &says), id != 0);
  ck_assert_uint_eq (is.id, id);
  ck_assert_uint_eq (says.id, id);
  free (table.rows);
}
#define ASSERT_WRONG(kind, id, ...) \
  assert_wrong (kind, (const struct usage[]) { __VA_ARGS__ }, LENGTH (((const struct usage[]) { __VA_ARGS__ })), id)

START_TEST (quotas_say_what_there_is)
{
  struct usage_table table = make_table ();
  const struct usage users[] = { { 100, 1, 4096 }, { 101, 2, 1024 }, { 102, 0, 0 } };
  const struct usage projects[] = { { 9, 1, 1024 } };
  struct usage is, says;

  ck_assert_int_eq (usage_compare (&table, USAGE_USER, users, LENGTH (users), &is, &says), 0);
  ck_assert_int_eq (usage_compare (&table, USAGE_PROJECT, projects, 1, &is, &says), 0);
  free (table.rows);
  ASSERT_WRONG (USAGE_USER, 100, { 100, 2, 4096 }, { 101, 2, 1024 });
  ASSERT_WRONG (USAGE_USER, 101, { 100, 1, 4096 }, { 101, 2, 2048 });
  ASSERT_WRONG (USAGE_USER, 101, { 100, 1, 4096 });
  ASSERT_WRONG (USAGE_USER, 100, { 101, 2, 1024 });
  ASSERT_WRONG (USAGE_USER, 99, { 99, 0, 512 }, { 100, 1, 4096 }, { 101, 2, 1024 });
  ASSERT_WRONG (USAGE_GROUP, 202, { 200, 2, 5120 }, { 201, 1, 0 }, { 202, 1, 0 });
  assert_wrong (USAGE_PROJECT, NULL, 0, 9);
}
END_TEST

START_TEST (where_there_are_no_quotas_nothing_is_said)
{
  struct usage_table table = make_table ();

  ck_assert_ptr_null (usage_fact (&table, -1));
  ck_assert_int_eq (errno, 0);
  free (table.rows);
  make_file (top, "file", "x", 1);
  CLEANUP_FREE char *part = tree_observe_sectors (top, (const char *const[]) { "file" }, 1, NULL, FACT_QUOTA);
  ck_assert_ptr_null (strstr (part, "quota"));
}
END_TEST

UNIT_TEST_MAIN_WITH ("usage", tree_setup, tree_teardown,
                     quotas_say_what_there_is, where_there_are_no_quotas_nothing_is_said)
