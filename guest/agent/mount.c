/* SPDX-License-Identifier: BSD-3-Clause */
/* Mounting, observing, and one whole run of a recovery. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* After linux/fs.h, whose MS_ macros it declares as an enum. */
#include <sys/mount.h>
#include <sys/utsname.h>

#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/message.h"
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

/* Returns 0, an errno, or -1 if it is the kernel that cannot mount what is there. */
static int
mount_quietly (const char *device, const char *type, char *options)
{
  unsigned long flags = split_options (options);

  modprobe_forget ();
  if (mount (device, AGENT_MOUNT_POINT, type, flags, options) == 0)
    return 0;
  int error = errno;
  CLEANUP_FREE char *missing = error == ENOENT ? modprobe_missing () : NULL;
  if (missing == NULL)
    return error;
  error_message ("cannot mount %s as %s: the guest's kernel has no module %s: take another kernel (`powercut kernel fetch "
                 "--flavour=full` gets one with all drivers)", device, type, missing);
  return -1;
}

/* Returns 0 or an errno.  EBUSY may pass: the kernel closes files of a program that has just ended a little later. */
static int
unmount_quietly (const char *folder)
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
  boot_load_filesystem (agent, words[1]);
  int error = mount_quietly (words[0], words[1], words[2]);
  if (error == -1)
    return -1;
  errno = error;
  if (errno == ENODEV) {
    error_message ("cannot mount %s: the guest's kernel has no file system %s", words[0], words[1]);
    return -1;
  }
  if (errno != 0) {
    error_message ("cannot mount %s as %s: %m", words[0], words[1]);
    return -1;
  }
  return 0;
}

int
mount_unmount (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) words, (void) payload;
  errno = unmount_quietly (AGENT_MOUNT_POINT);
  if (errno != 0) {
    error_message ("cannot unmount %s: %m", AGENT_MOUNT_POINT);
    return -1;
  }
  return 0;
}

/* Show the folder PATH in the checker's root, too. */
static int
bind_in_checker_root (const char *path)
{
  char target[64];

  snprintf (target, sizeof target, AGENT_CHECKER_ROOT "%s", path);
  if (mount (path, target, NULL, MS_BIND | MS_REC, NULL) == 0)
    return 0;
  error_message ("cannot show %s as %s: %m", path, target);
  return -1;
}

/* Show the mounted file system in the checker's root, if it has one, with the folders that programs expect of a system. */
static int
enter_checker_root (void)
{
  static const char *const folders[] = { "/dev", "/proc", "/sys" };
  static bool prepared;

  if (access (AGENT_CHECKER_ROOT, F_OK) == -1)
    return 0;
  for (size_t i = 0; !prepared && i < sizeof folders / sizeof folders[0]; i++)
    if (bind_in_checker_root (folders[i]) == -1)
      return -1;
  if (!prepared) {
    boot_make_files (AGENT_CHECKER_ROOT);
    mkdir (AGENT_CHECKER_ROOT "/run", 0755);
  }
  prepared = true;
  return bind_in_checker_root (AGENT_MOUNT_POINT);
}

/* Unmount what a run has mounted: with CHECKED, first what the checker's root shows of it.  Returns 0 or an errno. */
static int
unmount_all (bool checked)
{
  int error = 0;

  if (checked && access (AGENT_CHECKER_ROOT, F_OK) == 0)
    error = unmount_quietly (AGENT_CHECKER_ROOT AGENT_MOUNT_POINT);
  return error ? error : unmount_quietly (AGENT_MOUNT_POINT);
}

static int
observe (struct agent *agent, char **paths, char digest[TREE_DIGEST_LENGTH + 1])
{
  size_t count = 0;
  CLEANUP_CLOSE int root = open (AGENT_MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  while (paths[count])
    count++;
  free (agent->observation);
  if (root >= 0)
    agent->observation = tree_observe_sectors (root, (const char *const *) paths, count,
                                               agent->sectors ? &agent->request : NULL);
  else if (asprintf (&agent->observation, "? - - - - !%s - .\n", strerrorname_np (errno)) == -1)
    agent->observation = NULL;  /* else: the file system shut down as it was mounted, and that is what was seen */
  if (agent->observation == NULL && errno == EFBIG) {
    error_message ("--pages: the files have more than %d bytes in all, or their paths more than %d: watch fewer with --watch",
                   SECTORS_MAX * SECTOR_SIZE, SECTOR_PATHS_MAX);
    return -1;
  }
  if (agent->observation == NULL) {
    error_message ("cannot observe %s: %m", AGENT_MOUNT_POINT);
    return -1;
  }
  tree_digest (agent->observation, digest);
  return 0;
}

int
mount_observe (struct agent *agent, char **words, FILE *payload)
{
  char digest[TREE_DIGEST_LENGTH + 1];

  if (observe (agent, words, digest) == -1)
    return -1;
  fputs (digest, payload);
  return 0;
}

int
mount_sectors (struct agent *agent, char **words, FILE *payload)
{
  size_t count = 0;
  char **paths;

  (void) payload;
  while (words[1 + count])
    count++;
  paths = calloc (count + 1, sizeof *paths);
  for (size_t i = 0; paths && i < count; i++)
    if ((paths[i] = strdup (words[1 + i])) == NULL)
      paths = NULL;
  if (paths == NULL)
    return out_of_memory ();
  agent->sectors = strcmp (words[0], "all") == 0 || count > 0;
  agent->request = (struct sector_request) { strcmp (words[0], "all") == 0 ? NULL : (const char *const *) paths, count };
  return 0;
}

/* A device that gives its true contents, and only the blocks that are asked for. */
static int
prepare_device (const char *device)
{
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);

  if (fd == -1 || ioctl (fd, BLKRASET, 0UL) == -1 || ioctl (fd, BLKFLSBUF, 0) == -1) {
    error_message ("%s: %m", device);
    return -1;
  }
  return 0;
}

/* Btrfs reads ahead by a setting of its own, which is there only while it is mounted. */
static void
stop_btrfs_readahead (void)
{
  glob_t found;

  if (glob ("/sys/class/bdi/btrfs-*/read_ahead_kb", 0, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++) {
      CLEANUP_CLOSE int fd = open (found.gl_pathv[i], O_WRONLY | O_CLOEXEC);
      if (fd == -1 || write (fd, "0", 1) == -1)
        error_message ("%s: %m", found.gl_pathv[i]);
    }
    globfree (&found);
  }
}

/* Btrfs remembers devices that it has seen, and their generation, even after an unmount. */
int
mount_forget (const char *device, const char *type)
{
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);

  if (fd == -1 || ioctl (fd, BLKFLSBUF, 0) == -1) {
    error_message ("%s: %m", device);
    return -1;
  }
  if (strcmp (type, "btrfs") != 0)
    return 0;
  CLEANUP_CLOSE int control = open ("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
  struct btrfs_ioctl_vol_args args = { .fd = 0 };
  snprintf (args.name, sizeof args.name, "%s", device);
  /* ENOENT: the mount failed before btrfs had taken note of the device. */
  if (control == -1 || (ioctl (control, BTRFS_IOC_FORGET_DEV, &args) == -1 && errno != ENOENT)) {
    error_message ("cannot make btrfs forget %s: %m", device);
    return -1;
  }
  return 0;
}

static const char *
errno_name (int number)
{
  const char *name = number == 0 ? "ok" : strerrorname_np (number);

  return name ? name : "EUNKNOWN";
}

static bool
kernel_is_at_least (unsigned long major, unsigned long minor)
{
  struct utsname name;
  char *end;

  if (uname (&name) == -1)
    return false;
  unsigned long found_major = strtoul (name.release, &end, 10);
  unsigned long found_minor = *end == '.' ? strtoul (end + 1, NULL, 10) : 0;
  return found_major > major || (found_major == major && found_minor >= minor);
}

/* OPTIONS and those that keep a file system from reading what recovery and observation do not need, some of it from a thread in
 * the background: what a run reads must not depend on time.  ext4 reads inodes ahead, and since Linux 5.14 all block
 * bitmaps after a mount (fs/ext4/super.c, Opt_no_prefetch_block_bitmaps).  To free; NULL with errno ENOMEM.
 */
static char *
recovery_options (const char *type, const char *options)
{
  bool ext4 = strcmp (type, "ext4") == 0 || strcmp (type, "ext3") == 0;
  char *text;

  if (asprintf (&text, "%s%s%s", options, ext4 ? ",inode_readahead_blks=0" : "",
                ext4 && kernel_is_at_least (5, 14) ? ",no_prefetch_block_bitmaps" : "") == -1)
    return NULL;
  return text;
}

/* What a run sees of the mounted file system: WORDS are those of `recover` from OBSERVE on. */
static int
look (struct agent *agent, char **words, FILE *payload)
{
  const char *check = words[1];
  char digest[TREE_DIGEST_LENGTH + 1];

  if (strcmp (words[0], "yes") == 0) {
    if (observe (agent, words + 4, digest) == -1)
      return -1;
  }
  else {
    free (agent->observation);
    agent->observation = strdup ("");
    tree_digest ("", digest);
  }
  fprintf (payload, "observe %s\n", digest);
  if (*check == '\0')
    return 0;
  return enter_checker_root () == -1 ? -1 : run_checker (agent, check, words[2], words[3], payload);
}

int
mount_recover (struct agent *agent, char **words, FILE *payload)
{
  const char *device = words[0], *type = words[1];
  CLEANUP_FREE char *options = recovery_options (type, words[2]);

  if (options == NULL)
    return out_of_memory ();
  boot_load_filesystem (agent, type);
  if (prepare_device (device) == -1)
    return -1;
  int error = fsck_device (device, type, payload);
  if (error == -1)
    return -1;
  bool mountable = error == 0;
  if (mountable) {
    error = mount_quietly (device, type, options);
    if (error == -1)
      return -1;
    fprintf (payload, "mount %s\n", errno_name (error));
  }
  if (error == 0) {
    if (strcmp (type, "btrfs") == 0)
      stop_btrfs_readahead ();
    if (look (agent, words + 3, payload) == -1)
      return -1;
    error = unmount_all (*words[4] != '\0');
    fprintf (payload, "unmount %s\n", errno_name (error));
  }
  /* A device that is still mounted cannot be forgotten; the answer says so already. */
  if (error != EBUSY && mount_forget (device, type) == -1)
    return -1;
  log_report (agent, payload);
  return 0;
}
