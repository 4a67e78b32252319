/* SPDX-License-Identifier: BSD-3-Clause */
/* Which objects an observation has: those that are asked for, and what is below them. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

static void
assert_watched (const char *const *watch, size_t count, const char *expected)
{
  CLEANUP_FREE char *text = tree_observe (top, watch, count);

  ck_assert_ptr_nonnull (text);
  assert_paths (text, expected);
}

static void
make_watched_tree (void)
{
  make_folder (top, "a");
  make_folder (top, "a/b");
  make_file (top, "a/b/c", "x", 1);
  make_file (top, "a/d", "x", 1);
  make_file (top, "e", "x", 1);
  ck_assert_int_eq (symlinkat ("a", top, "link"), 0);
}

START_TEST (a_watched_path_gives_what_is_below_and_not_its_parents)
{
  static const char *const below[] = { "a/b" }, *const file[] = { "a/d" }, *const two[] = { "e", "a" };

  make_watched_tree ();
  assert_watched (below, 1, "a/b a/b/c ");
  assert_watched (file, 1, "a/d ");
  assert_watched (two, 2, "a a/b a/b/c a/d e ");
}
END_TEST

START_TEST (a_watched_path_is_observed_like_the_whole_tree)
{
  static const char *const watch[] = { ".", "a/b/c" };

  make_watched_tree ();
  CLEANUP_FREE char *whole = observe ();
  CLEANUP_FREE char *root = tree_observe (top, watch, 1);
  CLEANUP_FREE char *file = tree_observe (top, watch + 1, 1);
  ck_assert_str_eq (root, whole);
  ck_assert_ptr_nonnull (strstr (whole, file));
}
END_TEST

START_TEST (duplicate_and_nested_paths_give_no_line_twice)
{
  static const char *const watch[] = { "a/b", "a", "./a/", "a//b", "a/b/c", "a/./b/c", "./././a" };

  make_watched_tree ();
  assert_watched (watch, LENGTH (watch), "a a/b a/b/c a/d ");
}
END_TEST

START_TEST (paths_that_do_not_exist_give_no_line)
{
  static const char *const watch[] = {
    "missing", "missing/too", "e/not-a-folder", "..", "a/..", "a/../e", "/", "/e", "", "link/d"
  };
  char name[400], *long_path;
  const char *long_watch[2];

  make_watched_tree ();
  assert_watched (watch, LENGTH (watch), "");
  memset (name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  ck_assert_int_gt (asprintf (&long_path, "%s/x", name), 0);
  long_watch[0] = name, long_watch[1] = long_path;
  assert_watched (long_watch, 2, "");
  free (long_path);
}
END_TEST

START_TEST (a_watched_link_is_told_and_not_followed)
{
  static const char *const watch[] = { "link" };

  make_watched_tree ();
  assert_watched (watch, 1, "link ");
}
END_TEST

START_TEST (dots_in_names_are_no_parents)
{
  static const char *const watch[] = { "..a", ".b", "c../d" };

  make_file (top, "..a", "", 0);
  make_file (top, ".b", "", 0);
  make_folder (top, "c..");
  make_file (top, "c../d", "", 0);
  assert_watched (watch, 3, "..a .b c../d ");
}
END_TEST

START_TEST (folders_nested_too_deep_are_told_and_not_entered)
{
  int fd = dup (top);

  for (int i = 0; i < TREE_DEPTH_MAX + 2; i++) {
    make_folder (fd, "d");
    int below = openat (fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge (below, 0);
    close (fd);
    fd = below;
  }
  close (fd);
  CLEANUP_FREE char *text = observe ();
  char deepest[2 * TREE_DEPTH_MAX];
  for (int i = 0; i < TREE_DEPTH_MAX; i++)
    deepest[2 * i] = 'd', deepest[2 * i + 1] = '/';
  deepest[2 * TREE_DEPTH_MAX - 1] = '\0';
  assert_field (text, deepest, CONTENT, "!ELOOP");
  deepest[2 * TREE_DEPTH_MAX - 3] = '\0';
  assert_field (text, deepest, CONTENT, "-");
  CLEANUP_FREE char *last = strdup (strrchr (text, '/'));
  ck_assert_str_eq (last, "/d\n");
}
END_TEST

START_TEST (another_file_system_is_not_entered)
{
  static const char *const watch[] = { "proc", "proc/self" };
  CLEANUP_CLOSE int root = open ("/", O_RDONLY | O_DIRECTORY);
  struct statx status;

  ck_assert_int_eq (statx (root, "proc", 0, 0, &status), 0);
  if (!(status.stx_attributes & STATX_ATTR_MOUNT_ROOT))
    return;
  CLEANUP_FREE char *text = tree_observe (root, watch, 1);
  assert_paths (text, "proc ");
  assert_field (text, "proc", CONTENT, "!EXDEV");
  CLEANUP_FREE char *below = tree_observe (root, watch + 1, 1);
  ck_assert_str_eq (below, "? - - - - !EXDEV - proc/self\n");
}
END_TEST

UNIT_TEST_MAIN_WITH ("watched-paths", tree_setup, tree_teardown,
                     a_watched_path_gives_what_is_below_and_not_its_parents,
                     a_watched_path_is_observed_like_the_whole_tree,
                     duplicate_and_nested_paths_give_no_line_twice,
                     paths_that_do_not_exist_give_no_line,
                     a_watched_link_is_told_and_not_followed,
                     dots_in_names_are_no_parents,
                     folders_nested_too_deep_are_told_and_not_entered,
                     another_file_system_is_not_entered)
