/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "record/mkfs.h"

/* What each mkfs needs in order to ask no questions, and to take a whole disk; -q of f2fs would hide errors, too.  The
 * first entry is for all others.  ext4 initialises everything at once: the kernel's lazy initialisation in the
 * background would be recorded as if it were the update's.
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
  { "vfat", { "-I" }, "dosfstools" },
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
mkfs_add (struct initramfs *initramfs, const char *type, char **guest_path)
{
  static const char configuration[] = "/etc/mke2fs.conf";
  CLEANUP_FREE char *program = find_program (type);

  /* mkfs.nilfs2 looks there for what is mounted. */
  if (program == NULL || initramfs_add_program (initramfs, program, guest_path) == -1
      || initramfs_add_link (initramfs, "/etc/mtab", "/proc/self/mounts") == -1)
    return -1;
  return strncmp (type, "ext", 3) != 0 || access (configuration, R_OK) == -1 ? 0
    : initramfs_add_file (initramfs, configuration, configuration);
}

int
mkfs_add_all (struct initramfs *initramfs, const char *types)
{
  CLEANUP_FREE char *copy = strdup (types);
  char *rest = copy, *type;

  while (rest && (type = strsep (&rest, ",")) != NULL) {
    CLEANUP_FREE char *name = NULL, *program = NULL;

    if (asprintf (&name, "mkfs.%s", type) == -1)
      name = NULL;
    program = name ? process_find (name) : NULL;
    if (program && mkfs_add (initramfs, type, NULL) == -1)
      return -1;
  }
  return 0;
}

char **
mkfs_command (const char *program, const char *type, const char *arguments, const char *device)
{
  const size_t size = strlen (arguments ? arguments : "") + 1, room = size / 2 + 16;
  char **words = malloc (room * sizeof *words + size);
  size_t count = 0;
  char *rest, *word;

  if (words == NULL) {
    error_message ("out of memory");
    return NULL;
  }
  rest = memcpy ((char *) (words + room), arguments ? arguments : "", size);
  words[count++] = (char *) program;
  for (const char *const *fixed = makers[find_maker (type)].words; *fixed; fixed++)
    words[count++] = (char *) *fixed;
  while ((word = strsep (&rest, " ")) != NULL)
    if (*word)
      words[count++] = word;
  words[count++] = (char *) device;
  words[count] = NULL;
  return words;
}
