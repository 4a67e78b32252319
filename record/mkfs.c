/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "record/mkfs.h"

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
  const char *package = filesystem_find (type)->mkfs.package;
  CLEANUP_FREE char *name = check_type (type) == -1 ? NULL : text_format ("mkfs.%s", type);
  char *program;

  if (name == NULL)
    return NULL;
  program = process_find (name);
  if (program == NULL)
    error_message ("--fs=%s: %s not found: %s%s", type, name, package ? "install " : "is the name right?",
                   package ? package : "");
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
  const char *configuration = filesystem_find (type)->mkfs.configuration;
  CLEANUP_FREE char *program = find_program (type);

  /* mkfs.nilfs2 looks there for what is mounted. */
  if (program == NULL || initramfs_add_program (initramfs, program, guest_path) == -1
      || initramfs_add_link (initramfs, "/etc/mtab", "/proc/self/mounts") == -1)
    return -1;
  return configuration == NULL || access (configuration, R_OK) == -1 ? 0
    : initramfs_add_file (initramfs, configuration, configuration);
}

int
mkfs_add_all (struct initramfs *initramfs, const char *types)
{
  CLEANUP_FREE char *copy = strdup (types);
  char *rest = copy, *type;

  while (rest && (type = strsep (&rest, ",")) != NULL) {
    CLEANUP_FREE char *name = text_format ("mkfs.%s", type);
    CLEANUP_FREE char *program = name ? process_find (name) : NULL;

    if (name == NULL || (program && mkfs_add (initramfs, type, NULL) == -1))
      return -1;
  }
  return 0;
}

char **
mkfs_command (const char *program, const char *const *fixed, const char *arguments)
{
  const size_t size = strlen (arguments) + 1, room = size / 2 + 16;
  char **words = malloc (room * sizeof *words + size);
  size_t count = 0;
  char *rest, *word;

  if (words == NULL) {
    out_of_memory ();
    return NULL;
  }
  rest = memcpy ((char *) (words + room), arguments, size);
  words[count++] = (char *) program;
  for (; *fixed; fixed++)
    words[count++] = (char *) *fixed;
  while ((word = strsep (&rest, " ")) != NULL)
    if (*word)
      words[count++] = word;
  words[count] = NULL;
  return words;
}
