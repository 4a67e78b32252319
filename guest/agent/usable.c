/* SPDX-License-Identifier: BSD-3-Clause */
/* Using what was recovered: emptying it, writing to it, and finding that again after another mount. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"

#define FILE_MADE "powercut-usable"
#define FILE_BYTES 8192
#define OPEN_DIRECTORIES 16

/* What is used; nftw gives what it calls no argument. */
static struct tried {
  const char *root;             /* where it is mounted */
  FILE *payload;                /* what did not work is told there */
  bool released;                /* nothing is protected against being removed any more */
} tried;

/* Tell that WHAT did not work on PATH, which is in the root, and ended with the errno ERROR. */
static void
tell (const char *what, const char *path, int error)
{
  const char *name = strerrorname_np (error), *rest = path + strlen (tried.root);

  rest = *rest == '/' ? rest + 1 : ".";
  answer_begin_line (ANSWER_USABLE, tried.payload);
  fprintf (tried.payload, "%s ", what);
  escape_word (rest, strlen (rest), tried.payload);
  fprintf (tried.payload, ": %s\n", name ? name : "EUNKNOWN");
}

/* Let what is at PATH be removable: it may be immutable, or only grow, or be a read-only subvolume.  Where that cannot
 * be done the removal tells.
 */
static int
release_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  const int fixed = FS_IMMUTABLE_FL | FS_APPEND_FL;
  uint64_t subvolume;
  int flags;

  (void) type, (void) position;
  if (!S_ISREG (status->st_mode) && !S_ISDIR (status->st_mode))
    return 0;
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && ioctl (fd, BTRFS_IOC_SUBVOL_GETFLAGS, &subvolume) == 0 && (subvolume & BTRFS_SUBVOL_RDONLY) != 0) {
    subvolume &= ~(uint64_t) BTRFS_SUBVOL_RDONLY;
    ioctl (fd, BTRFS_IOC_SUBVOL_SETFLAGS, &subvolume);
  }
  if (fd >= 0 && ioctl (fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & fixed) != 0) {
    flags &= ~fixed;
    ioctl (fd, FS_IOC_SETFLAGS, &flags);
  }
  return 0;
}

/* What remove_entry returns, and nftw then, too. */
enum { REMOVED = 0, NOT_REMOVED, PROTECTED };

static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void) status;
  if (position->level == 0 || remove (path) == 0)
    return REMOVED;
  if ((errno == EPERM || errno == EROFS) && !tried.released)
    return PROTECTED;
  tell (type == FTW_DP ? "rmdir" : "unlink", path, errno);
  return NOT_REMOVED;
}

static int
remove_all (void)
{
  return nftw (tried.root, remove_entry, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS);
}

/* Empty all directories.  Returns whether that was possible. */
static bool
empty_all (void)
{
  int r = remove_all ();

  if (r == PROTECTED) {
    nftw (tried.root, release_entry, OPEN_DIRECTORIES, FTW_PHYS);
    tried.released = true;
    r = remove_all ();
  }
  if (r == -1)
    tell ("walk through", tried.root, errno);
  sync ();                      /* what was removed may take up space until then */
  return r == REMOVED;
}

/* Make the file PATH of BYTES.  Returns whether that was possible. */
static bool
write_file (const char *path, const char bytes[FILE_BYTES])
{
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const char *failed = fd == -1 ? "creat" : write (fd, bytes, FILE_BYTES) != FILE_BYTES ? "write"
    : fsync (fd) == -1 ? "fsync" : NULL;

  if (failed && errno != EDQUOT)        /* a limit that somebody has set is no fault */
    tell (failed, path, errno);
  return failed == NULL;
}

/* Look whether the file PATH is there, with BYTES in it. */
static void
read_file (const char *path, const char bytes[FILE_BYTES])
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  char seen[FILE_BYTES + 1];
  ssize_t length = fd == -1 ? -1 : read (fd, seen, sizeof seen);

  if (length == -1)
    tell (fd == -1 ? "open after another mount" : "read after another mount", path, errno);
  else if (length != FILE_BYTES || memcmp (seen, bytes, FILE_BYTES) != 0) {
    answer_begin_line (ANSWER_USABLE, tried.payload);
    fputs ("what was written and synced is not what is there after another mount\n", tried.payload);
  }
}

/* Mount it once more.  Returns 0, or -1; where it cannot be mounted, *mounted is false. */
static int
mount_again (const char *devices, const char *type, const char *options, bool *mounted)
{
  int error = mount_forget (devices, type) == -1 ? -1 : mount_quietly (devices, type, options);

  *mounted = error == 0;
  if (error > 0)
    tell ("mount", tried.root, error);
  return error == -1 ? -1 : 0;
}

/* Empty it and make the file PATH of BYTES.  Returns 0 with *written, whether that was possible; or as usable_try. */
static int
use_once (const char *devices, const char *type, const char *options, const char *path, const char bytes[FILE_BYTES],
          bool *written)
{
  bool mounted;

  *written = false;
  if (mount_again (devices, type, options, &mounted) == -1)
    return -1;
  if (!mounted)
    return 0;
  *written = empty_all () && write_file (path, bytes);
  return mount_undo (tried.root);
}

int
usable_try (const char *devices, const char *type, const char *options, const char *root, FILE *payload)
{
  CLEANUP_FREE char *path = text_format ("%s/" FILE_MADE, root);
  char bytes[FILE_BYTES];
  bool mounted, written;

  if (path == NULL)
    return -1;
  if (text_lists (options, ',', "ro"))
    return 0;
  tried = (struct tried) { .root = root, .payload = payload };
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (char) (i / 512 + i);
  int error = use_once (devices, type, options, path, bytes, &written);
  if (error != 0 || !written)
    return error;
  if (mount_again (devices, type, options, &mounted) == -1)
    return -1;
  if (!mounted)
    return 0;
  read_file (path, bytes);
  return mount_undo (root);
}
