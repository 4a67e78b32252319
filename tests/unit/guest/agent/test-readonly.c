/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that refuses writes, and a kernel that does what this test likes. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/text.h"
#include "guest/agent/agent.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static char root[] = "/tmp/test-readonly-XXXXXX";
static int opened;                      /* of the devices `one` and `two`, the last */
static bool refuses[2];
static int stubborn;                    /* this device, or -1, cannot be made read-only */
static unsigned sectors[2];             /* written to each */
static char options_seen[200];          /* of each mount, a space after each */
static int mount_error, unmount_error;
static bool may_write;                  /* what is mounted can be changed */
static unsigned writing_mount, mounts;  /* by number; 0: none */

/* The number of a device by its path, or -1: it is none. */
static int
device_of (const char *path)
{
  return strcmp (path, "/dev/one") == 0 ? 0 : strcmp (path, "/dev/two") == 0 ? 1 : -1;
}

int
open (const char *path, int flags, ...)
{
  const int device = device_of (path);

  opened = device;
  if (flags & O_CREAT && strncmp (path, root, strlen (root)) == 0) {
    errno = EROFS;
    return may_write ? openat (AT_FDCWD, "/dev/null", O_WRONLY) : -1;
  }
  return openat (AT_FDCWD, device == -1 ? path : "/dev/null", flags);
}

int
ioctl (int fd, unsigned long request, ...)
{
  va_list arguments;

  (void) fd;
  ck_assert_uint_eq (request, BLKROSET);
  va_start (arguments, request);
  const bool on = *va_arg (arguments, int *) != 0;
  va_end (arguments);
  errno = EACCES;
  if (on && opened == stubborn)
    return -1;
  refuses[opened] = on;
  return 0;
}

FILE *
fopen (const char *path, const char *mode)
{
  static char text[200];
  const int device = strcmp (path, "/sys/class/block/one/stat") == 0 ? 0
    : strcmp (path, "/sys/class/block/two/stat") == 0 ? 1 : -1;

  if (device == -1)
    return fopen64 (path, mode);
  snprintf (text, sizeof text, " 1 2 3 4 5 6 %u 8 9 10 11 0 0 0 0 0 0\n", sectors[device]);
  return fmemopen (text, strlen (text), "r");
}

int
mount_forget (const char *devices, const char *type)
{
  (void) devices, (void) type;
  return 0;
}

int
mount_quietly (const char *devices, const char *type, const char *options)
{
  ck_assert_str_eq (devices, "/dev/one,/dev/two");
  (void) type;
  ck_assert (refuses[0] && refuses[1]);
  snprintf (options_seen + strlen (options_seen), sizeof options_seen - strlen (options_seen), "%s ", options);
  mounts++;
  sectors[1] += mounts == writing_mount ? 8 : 0;
  return mount_error;
}

int
mount_change (const char *directory, char *options)
{
  ck_assert_str_eq (directory, root);
  ck_assert_str_eq (options, "rw");
  return may_write ? 0 : -1;
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
  options_seen[0] = '\0';
  mount_error = unmount_error = 0;
  may_write = false;
  stubborn = -1;
  writing_mount = mounts = 0;
  sectors[0] = 5;
  sectors[1] = 7;
}

/* Try it, which returns WANTED, and TOLD is what is told. */
static void
try (const char *type, int wanted, const char *told)
{
  struct text_stream payload;

  ck_assert (text_begin (&payload));
  ck_assert_int_eq (readonly_try ("/dev/one,/dev/two", type, "noatime", root, payload.file), wanted);
  char *text = text_end (&payload);
  ck_assert_str_eq (text, told);
  free (text);
  ck_assert (!refuses[0] && !refuses[1]);
}

START_TEST (it_is_mounted_with_recovery_and_without)
{
  try ("xfs", 0, "");
  ck_assert_str_eq (options_seen, "noatime,ro noatime,ro,norecovery ");
}
END_TEST

START_TEST (it_is_mounted_once_where_there_is_always_recovery)
{
  try ("vfat", 0, "");
  ck_assert_str_eq (options_seen, "noatime,ro ");
}
END_TEST

START_TEST (a_mount_that_fails_is_right)
{
  mount_error = EROFS;
  unmount_error = EINVAL;               /* nothing is mounted */
  try ("ext4", 0, "");
  ck_assert_str_eq (options_seen, "noatime,ro noatime,ro,noload ");
}
END_TEST

START_TEST (what_is_written_is_told)
{
  for (writing_mount = 1; writing_mount <= 2; writing_mount++) {
    mounts = 0;
    try ("btrfs", 0, "readonly on a read-only device: 8 sectors were written\n");
  }
}
END_TEST

START_TEST (what_can_be_changed_is_told)
{
  may_write = true;
  try ("vfat", 0, "readonly on a read-only device: a file could be made\n"
       "readonly on a read-only device: it could be mounted for writing\n");
}
END_TEST

START_TEST (an_unmount_that_fails_is_the_end)
{
  unmount_error = EBUSY;
  try ("xfs", EBUSY, "readonly on a read-only device: unmount: EBUSY\n");
  ck_assert_uint_eq (mounts, 1);
}
END_TEST

START_TEST (where_one_device_cannot_refuse_writes_none_does)
{
  stubborn = 1;
  forget_messages ();
  try ("xfs", -1, "");
  ck_assert_uint_eq (mounts, 0);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_str_eq (message, "/dev/two: cannot be made read-only: Permission denied");
}
END_TEST

UNIT_TEST_MAIN_WITH ("readonly", setup, NULL, it_is_mounted_with_recovery_and_without,
                     it_is_mounted_once_where_there_is_always_recovery, a_mount_that_fails_is_right,
                     what_is_written_is_told, what_can_be_changed_is_told,
                     an_unmount_that_fails_is_the_end, where_one_device_cannot_refuse_writes_none_does)
