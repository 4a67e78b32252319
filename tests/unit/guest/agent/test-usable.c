/* SPDX-License-Identifier: BSD-3-Clause */
/* A recovered file system that is a directory here, and is mounted as this test likes. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"
#include "tests/unit/unit.h"

static char root[] = "/tmp/test-usable-XXXXXX";
static unsigned mounts;
static unsigned failing_mount;          /* by number */
static int unmount_error;
static const char *lost;                /* what the second mount does not have any more */
static const char *changed;             /* what has other contents then */
static const char *stuck;               /* the end of the path of what cannot be removed */
static int stuck_error;

int
remove (const char *path)
{
  if (stuck && text_ends_with (path, stuck)) {
    errno = stuck_error;
    return -1;
  }
  return unlinkat (AT_FDCWD, path, 0) == 0 ? 0 : unlinkat (AT_FDCWD, path, AT_REMOVEDIR);
}

int
mount_forget (const char *device, const char *type)
{
  ck_assert_str_eq (device, "device");
  ck_assert_str_eq (type, "ext4");
  return 0;
}

int
mount_quietly (const char *device, const char *type, const char *options)
{
  (void) device, (void) type, (void) options;
  mounts++;
  if (mounts == failing_mount)
    return EUCLEAN;
  if (mounts == 2 && lost)
    ck_assert_int_eq (unlinkat (AT_FDCWD, lost, 0), 0);
  if (mounts == 2 && changed)
    ck_assert_int_eq (truncate (changed, 8191), 0);
  return 0;
}

int
mount_undo (const char *directory)
{
  ck_assert_str_eq (directory, root);
  return unmount_error;
}

static void
setup (void)
{
  static const char *const directories[] = { "a", "a/b", "a/b/c", "lost+found" };

  ck_assert_ptr_nonnull (mkdtemp (root));
  ck_assert_int_eq (chdir (root), 0);
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
    ck_assert_int_eq (mkdir (directories[i], 0700), 0);
  ck_assert_int_eq (close (open ("a/b/a file", O_CREAT | O_WRONLY, 0400)), 0);
  ck_assert_int_eq (symlink ("nothing", "a/link"), 0);
  mounts = failing_mount = 0;
  unmount_error = 0;
  lost = changed = stuck = NULL;
}

static void
teardown (void)
{
  stuck = NULL;
  ck_assert_int_eq (chdir ("/"), 0);
  CLEANUP_FREE char *command = text_format ("rm -rf '%s'", root);
  ck_assert_int_eq (system (command), 0);
  strcpy (root + sizeof root - 7, "XXXXXX");
}

/* Use it, which returns WANTED, and TOLD is what is told. */
static void
try (const char *options, int wanted, const char *told)
{
  struct text_stream payload;

  ck_assert (text_begin (&payload));
  ck_assert_int_eq (usable_try ("device", "ext4", options, root, payload.file), wanted);
  CLEANUP_FREE char *text = text_end (&payload);
  ck_assert_str_eq (text, told);
}

START_TEST (what_can_be_used_is_empty_but_for_a_file)
{
  try ("noatime", 0, "");
  ck_assert_uint_eq (mounts, 2);
  ck_assert_int_eq (rmdir ("a"), -1);
  ck_assert_int_eq (errno, ENOENT);
  ck_assert_int_eq (unlink ("powercut-usable"), 0);
}
END_TEST

START_TEST (what_cannot_be_removed_is_told)
{
  stuck = "a file";
  stuck_error = EUCLEAN;
  try ("", 0, "usable unlink a/b/a%20file: EUCLEAN\n");
  ck_assert_uint_eq (mounts, 1);
}
END_TEST

START_TEST (what_stays_protected_is_told)
{
  stuck = "b/c";
  stuck_error = EPERM;
  try ("", 0, "usable rmdir a/b/c: EPERM\n");
}
END_TEST

START_TEST (a_file_that_is_gone_or_changed_is_told)
{
  lost = "powercut-usable";
  try ("", 0, "usable open after another mount powercut-usable: ENOENT\n");
  mounts = 0;
  lost = NULL;
  changed = "powercut-usable";
  try ("", 0, "usable what was written and synced is not what is there after another mount\n");
}
END_TEST

START_TEST (a_mount_that_fails_is_told)
{
  failing_mount = 1;
  try ("", 0, "usable mount .: EUCLEAN\n");
  failing_mount = 2;
  mounts = 0;
  try ("", 0, "usable mount .: EUCLEAN\n");
  ck_assert_uint_eq (mounts, 2);
}
END_TEST

START_TEST (an_unmount_that_fails_is_the_end)
{
  unmount_error = EBUSY;
  try ("", EBUSY, "");
  ck_assert_uint_eq (mounts, 1);
}
END_TEST

START_TEST (what_is_read_alone_is_left_alone)
{
  try ("ro,noatime", 0, "");
  ck_assert_uint_eq (mounts, 0);
}
END_TEST

UNIT_TEST_MAIN_WITH ("usable", setup, teardown, what_can_be_used_is_empty_but_for_a_file,
                     what_cannot_be_removed_is_told, what_stays_protected_is_told,
                     a_file_that_is_gone_or_changed_is_told, a_mount_that_fails_is_told,
                     an_unmount_that_fails_is_the_end, what_is_read_alone_is_left_alone)
