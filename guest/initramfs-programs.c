/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "guest/initramfs-entry.h"
#include "guest/initramfs.h"
#include "guest/needs.h"
#include "guest/text.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/"

/* FILE as an absolute path, to free. */
static char *
absolute_path (const char *file)
{
  if (*file == '/')
    return text_format ("%s", file);
  CLEANUP_FREE char *folder = getcwd (NULL, 0);
  if (folder == NULL) {
    error_message ("cannot tell the current folder: %m");
    return NULL;
  }
  return text_format ("%s/%s", folder, file);
}

/* The executable file that WORD means to a shell, as an absolute path to free. */
static char *
find_program (const struct initramfs *initramfs, const char *word)
{
  CLEANUP_FREE char *file = strchr (word, '/') ? strdup (word) : process_find (word);
  struct stat status;

  if (file == NULL) {
    initramfs_complain (initramfs, "%s: no such program in PATH", word);
    return NULL;
  }
  if (stat (file, &status) == -1) {
    initramfs_complain (initramfs, "%s: %m", file);
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    initramfs_complain (initramfs, "%s: is %s, not a program", file, S_ISDIR (status.st_mode) ? "a folder" : "no file");
    return NULL;
  }
  if (access (file, X_OK) == -1) {
    initramfs_complain (initramfs, "%s: is not executable: chmod +x makes it so", file);
    return NULL;
  }
  return absolute_path (file);
}

/* Where the host's FILE goes in the guest: the same path, unless the guest mounts something over it. */
static char *
guest_path_of (const char *file)
{
  static const char *const covered[] = { "/dev/", "/mnt/", "/proc/", "/sys/" };

  for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++)
    if (strncmp (file, covered[i], strlen (covered[i])) == 0)
      return text_format ("/host%s", file);
  return text_format ("%s", file);
}

/* Lines that are comments name programs by accident only. */
static void
blank_comments (char *text)
{
  for (char *line = text; *line; line += strspn (line, "\n")) {
    size_t length = strcspn (line, "\n");
    if (line[strspn (line, " \t")] == '#')
      memset (line, ' ', length);
    line += length;
  }
}

static int
add_needs (struct initramfs *initramfs, const struct program_needs *needs)
{
  for (size_t i = 0; i < needs->files.count; i++)
    if (initramfs_add_file (initramfs, needs->files.texts[i], needs->files.texts[i]) == -1)
      return -1;
  for (size_t i = 0; i < needs->programs.count; i++)
    if (initramfs_add_program (initramfs, needs->programs.texts[i], NULL) == -1)
      return -1;
  if (needs->text == NULL)
    return 0;
  blank_comments (needs->text);
  return initramfs_add_named_programs (initramfs, needs->text);
}

static int
add_file_with_needs (struct initramfs *initramfs, const char *file, struct initramfs_entry *entry)
{
  struct program_needs needs;

  if (program_needs (file, &needs) == -1) {
    initramfs_complain (initramfs, "%s", needs.why);
    return -1;
  }
  /* Before its needs are added: a script may name itself. */
  entry->is_program = true;
  int result = add_needs (initramfs, &needs);
  entry->is_program = result == 0;
  program_needs_free (&needs);
  return result;
}

/* Add the program that the host has as FILE, a path without symbolic links: some find their libraries by their place.
 * Returns its entry, or NULL after a message.
 */
static struct initramfs_entry *
add_real_program (struct initramfs *initramfs, const char *file)
{
  CLEANUP_FREE char *guest = guest_path_of (file);
  bool is_new;

  if (guest == NULL || initramfs_add_file (initramfs, file, guest) == -1)
    return NULL;
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, S_IFREG, &is_new);
  if (entry && !entry->is_program && add_file_with_needs (initramfs, file, entry) == -1)
    return NULL;
  return entry;
}

int
initramfs_add_program (struct initramfs *initramfs, const char *word, char **guest_path)
{
  CLEANUP_FREE char *file = find_program (initramfs, word);
  CLEANUP_FREE char *real = file ? realpath (file, NULL) : NULL;
  CLEANUP_FREE char *guest = real ? guest_path_of (file) : NULL;
  bool is_new;

  if (guest == NULL)
    return -1;
  const struct initramfs_entry *entry = add_real_program (initramfs, real);
  if (entry == NULL || initramfs_add_link (initramfs, guest, entry->path) == -1)
    return -1;
  if (guest_path == NULL)
    return 0;
  entry = initramfs_entry (initramfs, guest, S_IFLNK, &is_new);
  *guest_path = entry ? text_format ("%s", entry->path) : NULL;
  return *guest_path ? 0 : -1;
}

int
initramfs_add_named_programs (struct initramfs *initramfs, const char *text)
{
  initramfs->guessing++;
  while (*(text += strcspn (text, NAME_CHARACTERS)) != '\0') {
    size_t length = strspn (text, NAME_CHARACTERS);
    CLEANUP_FREE char *word = strndup (text, length);

    /* A relative path means another file in the guest, where programs run in the mounted filesystem. */
    if (word && (*word == '/' || strchr (word, '/') == NULL))
      initramfs_add_program (initramfs, word, NULL);
    text += length;
  }
  initramfs->guessing--;
  return 0;
}

int
initramfs_add_shell_command (struct initramfs *initramfs, const char *command)
{
  return initramfs_add_program (initramfs, "sh", NULL) == -1 ? -1 : initramfs_add_named_programs (initramfs, command);
}

int
initramfs_add_included (struct initramfs *initramfs, const char *path)
{
  CLEANUP_FREE char *absolute = realpath (path, NULL);
  struct stat status;

  if (absolute == NULL || stat (absolute, &status) == -1) {
    error_message ("--include=%s: %m", path);
    return -1;
  }
  return S_ISDIR (status.st_mode) ? initramfs_add_tree (initramfs, absolute, absolute)
    : initramfs_add_file (initramfs, absolute, absolute);
}

int
initramfs_add_checker (struct initramfs *initramfs, const char *check, const char *const *included, size_t count)
{
  int r = initramfs_add_shell_command (initramfs, check);

  for (size_t i = 0; r == 0 && i < count; i++)
    r = initramfs_add_included (initramfs, included[i]);
  return r;
}
