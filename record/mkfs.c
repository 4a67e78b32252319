/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "record/mkfs.h"

#define WORDS_MAX 256

/* What each mkfs needs in order to make an image file without questions; -q of f2fs would hide errors, too.  The first
 * entry is for all others.  ext4 initialises everything at once: the kernel's lazy initialisation in the background
 * would be recorded as if it were the update's.
 */
static const struct {
  const char *type;
  const char *words[6];
  const char *package;
} makers[] = {
  { "", { NULL }, NULL },
  { "ext2", { "-q", "-F" }, "e2fsprogs" },
  { "ext3", { "-q", "-F", "-E", "lazy_journal_init=0" }, "e2fsprogs" },
  { "ext4", { "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0" }, "e2fsprogs" },
  { "xfs", { "-q", "-f" }, "xfsprogs" },
  { "btrfs", { "-q", "-f" }, "btrfs-progs" },
  { "f2fs", { "-f" }, "f2fs-tools" },
  { "nilfs2", { "-q", "-f" }, "nilfs-tools" },
  { "vfat", { NULL }, "dosfstools" },
  { "exfat", { NULL }, "exfatprogs" },
  { "jfs", { "-q" }, "jfsutils" },
};

const char *
mkfs_type (size_t index)
{
  return index + 1 < sizeof makers / sizeof makers[0] ? makers[index + 1].type : NULL;
}

static size_t
find_maker (const char *type)
{
  for (size_t i = 1; i < sizeof makers / sizeof makers[0]; i++)
    if (strcmp (makers[i].type, type) == 0)
      return i;
  return 0;
}

static int
make_file (const char *path, uint64_t size_bytes)
{
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd == -1 || ftruncate (fd, (off_t) size_bytes) == -1) {
    error_message ("%s: %m", path);
    return -1;
  }
  return 0;
}

/* A type becomes part of a program's name: it must be no path. */
static int
check_type (const char *type)
{
  if (*type && strspn (type, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen (type))
    return 0;
  error_message ("--fs=%s: not the name of a file system: give ext4, xfs, btrfs or another that mkfs knows", type);
  return -1;
}

/* The program that makes a file system of TYPE, to free, or NULL after a message. */
static char *
find_program (const char *type)
{
  const char *package = makers[find_maker (type)].package;
  CLEANUP_FREE char *name = NULL;
  char *program;

  if (check_type (type) == -1)
    return NULL;
  if (asprintf (&name, "mkfs.%s", type) == -1) {
    error_message ("out of memory");
    return NULL;
  }
  program = process_find (name);
  if (program == NULL)
    error_message ("--fs=%s: %s not found: %s%s", type, name, package ? "install " : "is the name right?", package ? package : "");
  return program;
}

int
mkfs_check (const char *type)
{
  CLEANUP_FREE char *program = find_program (type);

  return program ? 0 : -1;
}

int
mkfs_image (const char *type, uint64_t size_bytes, const char *arguments, const char *path)
{
  size_t maker = find_maker (type), count = 0;
  CLEANUP_FREE char *program = find_program (type);
  CLEANUP_FREE char *copy = strdup (arguments ? arguments : "");
  const char *argv[WORDS_MAX + 16];
  char *rest = copy, *word;

  if (program == NULL)
    return -1;
  if (copy == NULL) {
    error_message ("out of memory");
    return -1;
  }
  argv[count++] = program;
  for (const char *const *fixed = makers[maker].words; *fixed; fixed++)
    argv[count++] = *fixed;
  while ((word = strsep (&rest, " ")) != NULL && count < WORDS_MAX)
    if (*word)
      argv[count++] = word;
  argv[count++] = path;
  argv[count] = NULL;
  if (make_file (path, size_bytes) == -1)
    return -1;
  CLEANUP_FREE char *failure = process_run (argv);
  if (failure && *failure)
    error_message ("no file system of type %s on %ju bytes (see --size and --mkfs): %s", type, (uintmax_t) size_bytes,
                   failure);
  return failure ? -1 : 0;
}
