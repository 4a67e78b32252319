/* SPDX-License-Identifier: BSD-3-Clause */
/* What cannot be read, by who may not or from a file system that is damaged. */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

/* What a damaged file system does: set, these replace the result of the next calls. */
static int reads_before_error = -1, read_error;
static bool links_are_empty, preads_fail;

ssize_t
read (int fd, void *buffer, size_t size)
{
  if (reads_before_error == 0) {
    errno = read_error;
    return read_error == 0 ? 0 : -1;
  }
  if (reads_before_error > 0)
    reads_before_error--;
  return syscall (SYS_read, fd, buffer, size);
}

ssize_t
pread (int fd, void *buffer, size_t size, off_t offset)
{
  if (preads_fail) {
    errno = EIO;
    return -1;
  }
  return syscall (SYS_pread64, fd, buffer, size, offset);
}

ssize_t
readlinkat (int fd, const char *path, char *buffer, size_t size)
{
  return links_are_empty ? 0 : syscall (SYS_readlinkat, fd, path, buffer, size);
}

START_TEST (a_link_without_a_target_is_an_error)
{
  ck_assert_int_eq (symlinkat ("target", top, "link"), 0);
  links_are_empty = true;
  CLEANUP_FREE char *text = observe ();
  links_are_empty = false;
  assert_field (text, "link", CONTENT, "!ENODATA");
}
END_TEST

/* Tests of permissions run as somebody else if they are started by root. */
static uid_t
become_nobody (void)
{
  uid_t user = geteuid ();

  if (user == 0)
    ck_assert_int_eq (seteuid (65534), 0);
  return user;
}

static void
become (uid_t user)
{
  ck_assert_int_eq (seteuid (user), 0);
}

START_TEST (what_may_not_be_read_is_told_with_the_error)
{
  make_file (top, "file", "12345", 5);
  make_folder (top, "closed");
  make_folder (top, "listed");
  make_file (top, "listed/inside", "x", 1);
  ck_assert_int_eq (fchmodat (top, "file", 0, 0), 0);
  ck_assert_int_eq (fchmodat (top, "closed", 0, 0), 0);
  ck_assert_int_eq (fchmodat (top, "listed", 0444, 0), 0);
  uid_t user = become_nobody ();
  CLEANUP_FREE char *text = observe ();
  static const char *const watch[] = { "listed/inside" };
  CLEANUP_FREE char *watched = tree_observe (top, watch, 1);
  become (user);
  ck_assert_int_eq (fchmodat (top, "closed", 0755, 0), 0);
  ck_assert_int_eq (fchmodat (top, "listed", 0755, 0), 0);
  ASSERT_FIELDS (text,
                 { "file", CONTENT, "!EACCES" }, { "file", SIZE, "5" }, { "file", MODE, "0000" },
                 { "closed", TYPE, "d" }, { "closed", CONTENT, "!EACCES" });
  ck_assert_ptr_nonnull (strstr (text, "? - - - - !EACCES - listed/inside\n"));
  ck_assert_str_eq (watched, "? - - - - !EACCES - listed/inside\n");
}
END_TEST

START_TEST (files_of_others_are_read_too)
{
  make_file (top, "file", "x", 1);
  make_folder (top, "folder");
  make_file (top, "folder/file", "x", 1);
  CLEANUP_FREE char *own = observe ();
  uid_t user = become_nobody ();
  CLEANUP_FREE char *other = observe ();
  become (user);
  ck_assert_str_eq (other, own);
}
END_TEST

START_TEST (a_read_error_in_the_middle_keeps_the_size)
{
  CLEANUP_FREE char *data = malloc (2 << 20);

  memset (data, 'x', 2 << 20);
  make_file (top, "file", data, 2 << 20);
  reads_before_error = 1;
  read_error = EIO;
  CLEANUP_FREE char *text = observe ();
  reads_before_error = -1;
  assert_field (text, "file", CONTENT, "!EIO");
  assert_field (text, "file", SIZE, "2097152");
}
END_TEST

START_TEST (data_that_end_before_the_size_are_an_error)
{
  make_file (top, "file", "12345", 5);
  reads_before_error = 0;
  read_error = 0;
  CLEANUP_FREE char *text = observe ();
  reads_before_error = -1;
  assert_field (text, "file", CONTENT, "!ENODATA");
}
END_TEST

START_TEST (sectors_after_what_cannot_be_read_are_told)
{
  static char data[(256 << 10) + 2 * SECTOR_SIZE];

  memset (data, 'x', 256 << 10);
  make_file (top, "file", data, sizeof data);
  reads_before_error = 1;
  read_error = EIO;
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  reads_before_error = -1;
  assert_field (text, ".", TYPE, "d");
  ck_assert_ptr_nonnull (strstr (text, " !EIO "));
  ck_assert_ptr_nonnull (strstr (text, ",z2 file\n"));
}
END_TEST

START_TEST (sectors_that_cannot_be_read_are_counted)
{
  close (make_hole ("file", 3 * 4096 + 1));
  reads_before_error = 0;
  read_error = EIO;
  preads_fail = true;
  CLEANUP_FREE char *text = observe_sectors (NULL, 0);
  reads_before_error = -1;
  preads_fail = false;
  ck_assert_ptr_nonnull (strstr (text, "\n= !25 file\n"));
}
END_TEST

UNIT_TEST_MAIN_WITH ("damaged-tree", tree_setup, tree_teardown,
                     a_link_without_a_target_is_an_error,
                     what_may_not_be_read_is_told_with_the_error,
                     files_of_others_are_read_too,
                     a_read_error_in_the_middle_keeps_the_size,
                     data_that_end_before_the_size_are_an_error,
                     sectors_after_what_cannot_be_read_are_told,
                     sectors_that_cannot_be_read_are_counted)
