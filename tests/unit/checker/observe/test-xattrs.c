/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

/* Set, each replaces the result of the next calls. */
static int list_error;
static const char *names;
static size_t names_size;

ssize_t
flistxattr (int fd, char *list, size_t size)
{
  if (list_error != 0) {
    errno = list_error;
    return -1;
  }
  if (names) {
    if (size > 0)               /* else it is asked how much room they need */
      memcpy (list, names, names_size < size ? names_size : size);
    return (ssize_t) names_size;
  }
  return syscall (SYS_flistxattr, fd, list, size);
}

/* False only if the file system has no attributes of users. */
static bool
set_xattr (const char *name, const char *attribute, const void *value, size_t length)
{
  CLEANUP_CLOSE int fd = openat (top, name, O_RDONLY);

  if (fsetxattr (fd, attribute, value, length, 0) == -1) {
    ck_assert_int_eq (errno, ENOTSUP);
    return false;
  }
  return true;
}

static void
assert_changed (char **before, const char *path)
{
  CLEANUP_FREE char *text = observe ();
  char *after = get_field (text, path, XATTRS);

  ck_assert_uint_eq (strlen (after), 32);
  ck_assert_msg (strcmp (*before, after) != 0, "the attributes of %s look as before: %s", path, after);
  free (*before);
  *before = after;
}

START_TEST (xattrs_of_files_and_folders_count)
{
  make_file (top, "file", "contents", 8);
  make_folder (top, "d");
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *file = get_field (text, "file", XATTRS);
  CLEANUP_FREE char *folder = get_field (text, "d", XATTRS);

  CLEANUP_FREE char *content = get_field (text, "file", CONTENT);

  if (!set_xattr ("file", "user.a", "1", 1))
    return;
  assert_changed (&file, "file");
  CLEANUP_FREE char *with_attribute = observe ();
  assert_field (with_attribute, "file", CONTENT, content);
  set_xattr ("file", "user.a", "2", 1);
  assert_changed (&file, "file");
  set_xattr ("file", "user.b", "2", 1);
  assert_changed (&file, "file");
  CLEANUP_CLOSE int fd = openat (top, "file", O_RDONLY);
  ck_assert_int_eq (fremovexattr (fd, "user.a"), 0);
  assert_changed (&file, "file");
  ck_assert_int_eq (fremovexattr (fd, "user.b"), 0);
  set_xattr ("file", "user.c", "2", 1);
  assert_changed (&file, "file");
  set_xattr ("d", "user.a", "1", 1);
  assert_changed (&folder, "d");
}
END_TEST

/* Whether `one`, which has the attribute a, and `two` could be made. */
static bool
make_one_and_two (void)
{
  make_file (top, "one", "", 0);
  make_file (top, "two", "", 0);
  return set_xattr ("one", "user.a", "1", 1);
}

START_TEST (xattrs_do_not_depend_on_their_order)
{
  if (!make_one_and_two ())
    return;
  set_xattr ("one", "user.b", "", 0);
  set_xattr ("two", "user.b", "", 0);
  set_xattr ("two", "user.a", "1", 1);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *hash = get_field (text, "one", XATTRS);
  ck_assert_uint_eq (strlen (hash), 32);
  assert_field (text, "two", XATTRS, hash);
}
END_TEST

START_TEST (sets_of_xattrs_with_the_same_bytes_in_a_row_differ)
{
  if (!make_one_and_two ())
    return;
  set_xattr ("one", "user.b", "2", 1);
  set_xattr ("two", "user.a", "1user.b\0002", 9);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *one = get_field (text, "one", XATTRS);
  CLEANUP_FREE char *two = get_field (text, "two", XATTRS);
  ck_assert_str_ne (one, two);
}
END_TEST

START_TEST (xattrs_that_cannot_be_had_are_none_or_an_error)
{
  make_file (top, "file", "", 0);
  list_error = ENOTSUP;
  CLEANUP_FREE char *without = observe ();
  list_error = EIO;
  CLEANUP_FREE char *broken = observe ();
  list_error = 0;
  assert_field (without, "file", XATTRS, "-");
  assert_field (broken, "file", XATTRS, "!EIO");
}
END_TEST

START_TEST (what_xfs_lists_twice_counts_once)
{
  static const char listed[] = "trusted.SGI_ACL_DEFAULT\0trusted.SGI_ACL_FILE";

  make_file (top, "file", "", 0);
  names = listed;
  names_size = sizeof listed;
  CLEANUP_FREE char *text = observe ();
  names = NULL;
  assert_field (text, "file", XATTRS, "-");
}
END_TEST

START_TEST (xattrs_of_links_count)
{
  CLEANUP_FREE char *path = NULL;

  ck_assert_int_eq (symlinkat ("missing", top, "a link"), 0);
  CLEANUP_FREE char *text = observe ();
  CLEANUP_FREE char *hash = get_field (text, "a%20link", XATTRS);
  ck_assert_int_gt (asprintf (&path, "/proc/self/fd/%d/a link", top), 0);
  /* Only root may give a link any. */
  if (lsetxattr (path, "trusted.a", "1", 1, 0) == -1) {
    ck_assert (errno == ENOTSUP || errno == EPERM);
    return;
  }
  assert_changed (&hash, "a%20link");
}
END_TEST

UNIT_TEST_MAIN_WITH ("xattrs", tree_setup, tree_teardown,
                     xattrs_of_files_and_folders_count,
                     xattrs_do_not_depend_on_their_order,
                     sets_of_xattrs_with_the_same_bytes_in_a_row_differ,
                     xattrs_that_cannot_be_had_are_none_or_an_error,
                     what_xfs_lists_twice_counts_once,
                     xattrs_of_links_count)
