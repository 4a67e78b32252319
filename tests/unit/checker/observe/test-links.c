/* SPDX-License-Identifier: BSD-3-Clause */
/* Link counts: which are wrong, and that none on this machine is. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/observe/links.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

/* An object of an observation, in the order of its lines. */
struct object {
  unsigned mode;
  uint64_t inode;
  uint32_t links;
  unsigned depth;
  size_t first;                 /* of a folder: what is in it begins here */
};

/* The facts of OBJECTS are EXPECTED, with a space after each line. */
static void
assert_facts (const struct object *objects, size_t count, bool incomplete, const char *expected)
{
  struct link_table table = { .incomplete = incomplete };
  char *text = strdup ("");
  size_t length = 0;

  for (size_t i = 0; i < count; i++) {
    const struct statx status = {
      .stx_mode = (uint16_t) objects[i].mode, .stx_ino = objects[i].inode, .stx_nlink = objects[i].links
    };
    const size_t first = S_ISDIR (objects[i].mode) ? objects[i].first : i;
    char *longer;

    ck_assert_int_eq (links_note (&table, &status, objects[i].depth, first), 0);
    ck_assert_int_ne (asprintf (&longer, "%s- %zu\n", text, i), -1);
    free (text);
    text = longer;
    length = strlen (text);
  }
  ck_assert_int_eq (links_tell (&table, &text, &length), 0);
  ck_assert_uint_eq (length, strlen (text));
  ck_assert_str_eq (text, expected);
  free (text);
  free (table.rows);
}
#define ASSERT_FACTS(incomplete, expected, ...) \
  assert_facts ((const struct object[]) { __VA_ARGS__ }, LENGTH (((const struct object[]) { __VA_ARGS__ })), \
                incomplete, expected)

START_TEST (a_file_has_as_many_links_as_names)
{
  ASSERT_FACTS (false, "- 0\n- 1\n- 2\n", { S_IFREG, 9, 2, 1, 0 }, { S_IFREG, 7, 1, 1, 0 }, { S_IFREG, 9, 2, 2, 0 });
  ASSERT_FACTS (false, "-;links=2/1 0\n- 1\n", { S_IFREG, 9, 2, 1, 0 }, { S_IFREG, 7, 1, 1, 0 });
  ASSERT_FACTS (false, "-;links=1/2 0\n- 1\n-;links=1/2 2\n",
                { S_IFIFO, 9, 1, 1, 0 }, { S_IFREG, 7, 1, 1, 0 }, { S_IFIFO, 9, 1, 1, 0 });
  ASSERT_FACTS (false, "-;links=0/1 0\n", { S_IFLNK, 9, 0, 1, 0 });
}
END_TEST

START_TEST (a_folder_has_a_link_of_each_folder_in_it)
{
  /* f, then A/B, A/C/D, A/C, A and the root. */
  ASSERT_FACTS (false, "- 0\n- 1\n- 2\n- 3\n- 4\n- 5\n",
                { S_IFREG, 8, 1, 1, 0 }, { S_IFDIR, 3, 2, 2, 1 }, { S_IFDIR, 4, 2, 3, 2 }, { S_IFDIR, 5, 3, 2, 2 },
                { S_IFDIR, 6, 4, 1, 1 }, { S_IFDIR, 7, 3, 0, 0 });
  ASSERT_FACTS (false, "- 0\n-;links=2/3 1\n-;links=4/3 2\n",
                { S_IFDIR, 3, 2, 2, 0 }, { S_IFDIR, 5, 2, 1, 0 }, { S_IFDIR, 7, 4, 0, 0 });
  /* A file system that does not count them. */
  ASSERT_FACTS (false, "- 0\n- 1\n", { S_IFDIR, 3, 1, 1, 0 }, { S_IFDIR, 5, 1, 0, 0 });
}
END_TEST

START_TEST (nothing_is_said_where_not_all_names_are_known)
{
  ASSERT_FACTS (true, "- 0\n", { S_IFREG, 9, 2, 1, 0 });
}
END_TEST

START_TEST (what_this_machine_holds_is_right)
{
  make_folder (top, "A");
  make_folder (top, "A/B");
  make_file (top, "file", "x", 1);
  ck_assert_int_eq (linkat (top, "file", top, "A/B/other", 0), 0);
  CLEANUP_FREE char *text = tree_observe_sectors (top, NULL, 0, NULL, FACTS_SETTLED);
  ck_assert_ptr_null (strchr (text, ';'));
  /* Of these names alone nothing can be said. */
  CLEANUP_FREE char *part = tree_observe_sectors (top, (const char *const[]) { "file" }, 1, NULL, FACTS_SETTLED);
  ck_assert_ptr_nonnull (strstr (part, " file\n"));
  ck_assert_ptr_null (strchr (part, ';'));
}
END_TEST

UNIT_TEST_MAIN_WITH ("links", tree_setup, tree_teardown,
                     a_file_has_as_many_links_as_names,
                     a_folder_has_a_link_of_each_folder_in_it,
                     nothing_is_said_where_not_all_names_are_known,
                     what_this_machine_holds_is_right)
