/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs can leave outside of the mounted file system, so that it can be told whether they have. */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define SETTING_MAX 4096

static FILE *traces;            /* for put_entry, which nftw gives no argument */

static int
put_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void) type, (void) position;
  putc ('/', traces);
  escape_word (path, strlen (path), traces);
  fprintf (traces, " %o %jd %jd.%09ld\n", (unsigned) status->st_mode, (intmax_t) status->st_size,
           (intmax_t) status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
  return 0;
}

/* The programs that run: a thread of the kernel has none. */
static void
put_programs (void)
{
  DIR *directory = opendir ("/proc");
  const struct dirent *entry;
  char program[SETTING_MAX];

  while (directory && (entry = readdir (directory)) != NULL) {
    CLEANUP_FREE char *path = isdigit ((unsigned char) entry->d_name[0])
      ? text_format ("/proc/%s/exe", entry->d_name) : NULL;
    const ssize_t length = path ? readlink (path, program, sizeof program) : -1;

    if (length > 0) {
      fprintf (traces, "process %s ", entry->d_name);
      escape_word (program, (size_t) length, traces);
      putc ('\n', traces);
    }
  }
  if (directory)
    closedir (directory);
}

/* Which subvolume of btrfs the next mount would show: not the one that is mounted, once another is the default. */
static void
put_default_subvolume (void)
{
  CLEANUP_CLOSE int fd = open (AGENT_MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct btrfs_ioctl_search_args found = {
    .key = {
      .tree_id = BTRFS_ROOT_TREE_OBJECTID, .min_objectid = BTRFS_ROOT_TREE_DIR_OBJECTID,
      .max_objectid = BTRFS_ROOT_TREE_DIR_OBJECTID, .min_type = BTRFS_DIR_ITEM_KEY, .max_type = BTRFS_DIR_ITEM_KEY,
      .max_offset = UINT64_MAX, .max_transid = UINT64_MAX, .nr_items = 1
    }
  };
  struct btrfs_dir_item item;

  if (fd == -1 || ioctl (fd, BTRFS_IOC_TREE_SEARCH, &found) == -1 || found.key.nr_items == 0)
    return;
  memcpy (&item, found.buf + sizeof (struct btrfs_ioctl_search_header), sizeof item);
  fprintf (traces, "default %ju\n", (uintmax_t) le64toh (item.location.objectid));
}

/* How full the root is, which shows files anywhere; one that does not count shows nothing, and is another each time. */
static void
put_root (void)
{
  struct statvfs root;
  struct timespec now;

  if (statvfs ("/", &root) == 0 && root.f_blocks > 0) {
    fprintf (traces, "root %ju %ju\n", (uintmax_t) root.f_bfree, (uintmax_t) root.f_ffree);
    return;
  }
  clock_gettime (CLOCK_MONOTONIC, &now);
  fprintf (traces, "root at %jd.%09ld\n", (intmax_t) now.tv_sec, now.tv_nsec);
}

int
traces_tell (struct agent *agent, char **words, FILE *payload)
{
  static const char *const files[] = { "/proc/self/mountinfo", "/proc/swaps", "/proc/partitions" };

  (void) agent, (void) words;
  traces = payload;
  put_programs ();
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    setting_tell (files[i], payload);
  settings_tell (payload);
  for (size_t i = 0; i < TEMPORARY_FOLDERS; i++)
    nftw (temporary_folders[i], put_entry, 16, FTW_PHYS | FTW_MOUNT);
  put_default_subvolume ();
  put_root ();
  return 0;
}
