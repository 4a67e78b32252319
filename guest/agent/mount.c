/* SPDX-License-Identifier: BSD-3-Clause */
/* Mounting. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* After linux/fs.h, whose MS_ macros it declares as an enum. */
#include <sys/mount.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define BUSY_WAIT_MS 2000
#define BUSY_STEP_MS 1

/* The options of mount(8) that are flags of mount(2); all others are the file system's. */
static const struct mount_flag {
  const char *name;
  unsigned long set, clear;
} mount_flags[] = {
  { "defaults", 0, 0 },
  { "ro", MS_RDONLY, 0 },
  { "rw", 0, MS_RDONLY },
  { "atime", 0, MS_NOATIME },
  { "noatime", MS_NOATIME, 0 },
  { "relatime", MS_RELATIME, 0 },
  { "strictatime", MS_STRICTATIME, 0 },
  { "diratime", 0, MS_NODIRATIME },
  { "nodiratime", MS_NODIRATIME, 0 },
  { "lazytime", MS_LAZYTIME, 0 },
  { "nolazytime", 0, MS_LAZYTIME },
  { "sync", MS_SYNCHRONOUS, 0 },
  { "async", 0, MS_SYNCHRONOUS },
  { "dirsync", MS_DIRSYNC, 0 },
  { "dev", 0, MS_NODEV },
  { "nodev", MS_NODEV, 0 },
  { "exec", 0, MS_NOEXEC },
  { "noexec", MS_NOEXEC, 0 },
  { "suid", 0, MS_NOSUID },
  { "nosuid", MS_NOSUID, 0 },
};

static const struct mount_flag *
find_flag (const char *name)
{
  for (size_t i = 0; i < sizeof mount_flags / sizeof mount_flags[0]; i++)
    if (strcmp (mount_flags[i].name, name) == 0)
      return &mount_flags[i];
  return NULL;
}

/* Split OPTIONS into mount(2)'s flags and the text for the file system, which is moved to the front of OPTIONS. */
static unsigned long
split_options (char *options)
{
  unsigned long flags = 0;
  char *option, *rest = options, *end = options;

  while ((option = strsep (&rest, ",")) != NULL) {
    const struct mount_flag *flag = find_flag (option);

    if (flag)
      flags = (flags & ~flag->clear) | flag->set;
    else if (*option) {
      if (end != options)
        *end++ = ',';
      size_t length = strlen (option);
      memmove (end, option, length);
      end += length;
    }
  }
  *end = '\0';
  return flags;
}

static int
open_btrfs_control (void)
{
  int control = open ("/dev/btrfs-control", O_RDWR | O_CLOEXEC);

  if (control == -1)
    error_message ("/dev/btrfs-control: %m");
  return control;
}

/* Tell the driver of btrfs of DEVICE.  One that holds no file system is found out at the mount. */
static int
show_device (const char *device)
{
  CLEANUP_CLOSE int control = open_btrfs_control ();
  struct btrfs_ioctl_vol_args args = { .fd = 0 };

  snprintf (args.name, sizeof args.name, "%s", device);
  if (control >= 0)
    ioctl (control, BTRFS_IOC_SCAN_DEV, &args);
  return control == -1 ? -1 : 0;
}

int
mount_on_mount_point (const char *devices, const char *type, char *options)
{
  CLEANUP_FREE char *device = devices_first (devices);
  unsigned long flags = split_options (options);

  if (device == NULL || (strcmp (device, devices) != 0 && filesystem_find (type)->remembers_devices
                         && devices_each (devices, show_device) == -1))
    return -1;
  modprobe_forget ();
  if (mount (device, AGENT_MOUNT_POINT, type, flags, options) == 0)
    return 0;
  int error = errno;
  CLEANUP_FREE char *missing = error == ENOENT ? modprobe_missing () : NULL;
  if (missing == NULL)
    return error;
  error_message ("cannot mount %s as %s: the guest's kernel has no module %s: take another kernel "
                 "(`powercut kernel fetch --flavour=full` gets one with all drivers)", device, type, missing);
  return -1;
}

/* Let the mounted file system of TYPE not read ahead, if it has a setting of its own for that. */
static void
stop_readahead (const char *type)
{
  const char *pattern = filesystem_find (type)->readahead;
  glob_t found;

  if (pattern && glob (pattern, 0, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++) {
      CLEANUP_CLOSE int fd = open (found.gl_pathv[i], O_WRONLY | O_CLOEXEC);
      if (fd == -1 || write (fd, "0", 1) == -1)
        error_message ("%s: %m", found.gl_pathv[i]);
    }
    globfree (&found);
  }
}

int
mount_quietly (const char *devices, const char *type, const char *options)
{
  CLEANUP_FREE char *copy = text_format ("%s", options);
  int error = copy ? mount_on_mount_point (devices, type, copy) : -1;

  if (error == 0)
    stop_readahead (type);
  return error;
}

int
mount_change (const char *folder, char *options)
{
  const unsigned long flags = split_options (options);

  return mount (NULL, folder, NULL, MS_REMOUNT | flags, options);
}

/* EBUSY may pass: the kernel closes files of a program that has just ended a little later. */
int
mount_undo (const char *folder)
{
  for (int waited_ms = 0; umount2 (folder, 0) == -1; waited_ms += BUSY_STEP_MS) {
    if (errno != EBUSY || waited_ms >= BUSY_WAIT_MS)
      return errno;
    usleep (BUSY_STEP_MS * 1000);
  }
  return 0;
}

int
mount_device (struct agent *agent, char **words, FILE *payload)
{
  (void) payload;
  baseline_load_modules (agent, words[1]);
  CLEANUP_CLOSE int kmsg = log_open ();
  int error = mount_on_mount_point (words[0], words[1], words[2]);
  if (error == -1)
    return -1;
  errno = error;
  if (errno == ENODEV) {
    error_message ("cannot mount %s: the guest's kernel has no file system %s", words[0], words[1]);
    return -1;
  }
  if (errno != 0) {
    CLEANUP_FREE char *fault = log_next_fault (kmsg);

    errno = error;
    error_message ("cannot mount %s as %s: %m%s%s", words[0], words[1], fault ? ": " : "", fault ? fault : "");
    return -1;
  }
  return 0;
}

int
mount_unmount (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) words, (void) payload;
  errno = mount_undo (AGENT_MOUNT_POINT);
  if (errno != 0) {
    error_message ("cannot unmount %s: %m", AGENT_MOUNT_POINT);
    return -1;
  }
  return 0;
}

static int
drop_cache (const char *device)
{
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);

  if (fd >= 0 && ioctl (fd, BLKFLSBUF, 0) == 0)
    return 0;
  error_message ("%s: %m", device);
  return -1;
}

static int
forget_device (const char *device)
{
  CLEANUP_CLOSE int control = open_btrfs_control ();
  struct btrfs_ioctl_vol_args args = { .fd = 0 };

  snprintf (args.name, sizeof args.name, "%s", device);
  /* ENOENT: the mount failed before the driver had taken note of the device. */
  if (control >= 0 && (ioctl (control, BTRFS_IOC_FORGET_DEV, &args) == 0 || errno == ENOENT))
    return 0;
  if (control >= 0)
    error_message ("cannot make btrfs forget %s: %m", device);
  return -1;
}

int
mount_forget (const char *devices, const char *type)
{
  if (devices_each (devices, drop_cache) == -1)
    return -1;
  return filesystem_find (type)->remembers_devices ? devices_each (devices, forget_device) : 0;
}
