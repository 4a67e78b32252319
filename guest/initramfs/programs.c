/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/imports.h"
#include "guest/initramfs/initramfs.h"
#include "guest/initramfs/languages.h"
#include "guest/initramfs/needs.h"
#include "guest/initramfs/shell-words.h"
#include "guest/initramfs/terminals.h"

/* A file that is only named, not run, is taken up to this size. */
#define NAMED_FILE_MAX (16 << 20)
/* Shell scripts are read that the user names, and those of the user's that these name. */
#define SCRIPT_LEVELS 2

static int add_program (struct initramfs *initramfs, const char *word, unsigned levels, char **guest_path);
static int add_words (struct initramfs *initramfs, const char *text, unsigned levels);

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
  if (!initramfs_may_take (initramfs, file))
    return NULL;
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

/* Whether the real path FILE is a part of the system. */
static bool
is_systems (const char *file)
{
  return strncmp (file, "/usr/", 5) == 0 && strncmp (file, "/usr/local/", 11) != 0;
}

/* Add what the script FILE, of NEEDS, names or imports.  Words are looked up in LEVELS levels of shell scripts that
 * name one another: the system's name a lot that is hardly ever run.
 */
static int
search_script (struct initramfs *initramfs, const char *file, const struct program_needs *needs, unsigned levels)
{
  CLEANUP_FREE char *directory = strndup (file, (size_t) (strrchr (file, '/') - file));

  if (needs->language != LANGUAGE_SHELL)
    return directory ? initramfs_add_imports (initramfs, needs->language, needs->text, strlen (needs->text), directory)
      : -1;
  if (levels == 0 || (levels < SCRIPT_LEVELS && is_systems (file)))
    return 0;
  return add_words (initramfs, needs->text, levels - 1);
}

/* Whether a program with the library FILE writes to terminals. */
static bool
is_for_terminals (const char *file)
{
  return strstr (file, "/libtinfo") || strstr (file, "/libncurses");
}

static int
add_needs (struct initramfs *initramfs, const char *file, const struct program_needs *needs, unsigned levels)
{
  for (size_t i = 0; i < needs->files.count; i++)
    if (initramfs_add_host_file (initramfs, needs->files.texts[i]) == -1
        || (is_for_terminals (needs->files.texts[i]) && initramfs_add_terminals (initramfs) == -1))
      return -1;
  for (size_t i = 0; i < needs->programs.count; i++)
    if (add_program (initramfs, needs->programs.texts[i], 0, NULL) == -1)
      return -1;
  return needs->text ? search_script (initramfs, file, needs, levels) : 0;
}

static int
add_file_with_needs (struct initramfs *initramfs, const char *file, struct initramfs_entry *entry, unsigned levels)
{
  struct program_needs needs;

  if (program_needs (file, &needs) == -1) {
    initramfs_complain (initramfs, "%s", needs.why);
    return -1;
  }
  /* Before its needs are added: a script may name itself. */
  entry->is_program = true;
  if (entry->searched_levels < levels)
    entry->searched_levels = levels;
  int result = add_needs (initramfs, file, &needs, levels);
  entry->is_program = result == 0;
  program_needs_free (&needs);
  return result;
}

/* Add the program that the host has as FILE, a path without symbolic links: some find their libraries by their place.
 * Returns its entry, or NULL after a message.
 */
static struct initramfs_entry *
add_real_program (struct initramfs *initramfs, const char *file, unsigned levels)
{
  CLEANUP_FREE char *guest = initramfs_guest_path (file);
  bool is_new;

  if (guest == NULL || initramfs_add_file (initramfs, file, guest) == -1)
    return NULL;
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, S_IFREG, &is_new);
  if (entry && (!entry->is_program || levels > entry->searched_levels)
      && add_file_with_needs (initramfs, file, entry, levels) == -1)
    return NULL;
  return entry;
}

/* In place of FILE, which only starts the interpreter REAL, as those of pyenv do, a script that does the same. */
static struct initramfs_entry *
add_starter (struct initramfs *initramfs, const char *file, const char *real)
{
  CLEANUP_FREE char *guest = initramfs_guest_path (file);
  CLEANUP_FREE char *started = NULL;
  bool is_new;

  if (guest == NULL || add_program (initramfs, real, 0, &started) == -1 || add_program (initramfs, "sh", 0, NULL) == -1)
    return NULL;
  CLEANUP_FREE char *text = text_format ("#!/bin/sh\nexec '%s' \"$@\"\n", started);
  if (text == NULL || initramfs_add_data (initramfs, guest, text, strlen (text), 0755) == -1)
    return NULL;
  return initramfs_entry (initramfs, guest, S_IFREG, &is_new);
}

/* Add the program that the host has as FILE, and which is REAL behind all symbolic links.  Returns its entry, or NULL.
 */
static struct initramfs_entry *
add_found_program (struct initramfs *initramfs, const char *file, const char *real, unsigned levels)
{
  const enum language language = language_of (file);
  CLEANUP_FREE char *started = NULL;

  if (language != LANGUAGE_NONE && initramfs_add_language (initramfs, file, language, &started) == -1)
    return NULL;
  return started ? add_starter (initramfs, real, started) : add_real_program (initramfs, real, levels);
}

/* As initramfs_add_program.  LEVELS: as for search_script. */
static int
add_program (struct initramfs *initramfs, const char *word, unsigned levels, char **guest_path)
{
  CLEANUP_FREE char *file = find_program (initramfs, word);
  CLEANUP_FREE char *real = file ? initramfs_follow (initramfs, file) : NULL;
  CLEANUP_FREE char *guest = real ? initramfs_guest_path (file) : NULL;
  bool is_new;

  if (guest == NULL)
    return -1;
  const struct initramfs_entry *entry = add_found_program (initramfs, file, real, levels);
  if (entry == NULL || initramfs_add_link (initramfs, guest, entry->path) == -1)
    return -1;
  if (guest_path == NULL)
    return 0;
  entry = initramfs_entry (initramfs, guest, S_IFLNK, &is_new);
  *guest_path = entry ? text_format ("%s", entry->path) : NULL;
  return *guest_path ? 0 : -1;
}

int
initramfs_add_program (struct initramfs *initramfs, const char *word, char **guest_path)
{
  return add_program (initramfs, word, SCRIPT_LEVELS, guest_path);
}

/* The text of FILE, at most its first LENGTH_MAX bytes, to free, or NULL. */
static char *
read_text (const char *file, size_t length_max)
{
  CLEANUP_FCLOSE FILE *stream = fopen (file, "re");
  char *text = stream ? malloc (length_max + 1) : NULL;

  if (text)
    text[fread (text, 1, length_max, stream)] = '\0';
  return text;
}

/* PATH is no program, but named with all its directories, such as the script in `python3 /home/me/update.py`. */
static int
add_named_file (struct initramfs *initramfs, const char *path, unsigned levels)
{
  const enum language language = language_of_suffix (path);
  struct program_needs needs = { .language = language };
  struct stat status;

  if (stat (path, &status) == -1 || !S_ISREG (status.st_mode) || status.st_size > NAMED_FILE_MAX
      || initramfs_add_host_file (initramfs, path) == -1)
    return -1;
  if (language == LANGUAGE_NONE)
    return 0;
  needs.text = read_text (path, (size_t) status.st_size);
  int result = needs.text ? search_script (initramfs, path, &needs, levels) : -1;
  program_needs_free (&needs);
  return result;
}

/* Add what each word of the shell's TEXT names.  LEVELS: as for search_script, of shell scripts among these. */
static int
add_words (struct initramfs *initramfs, const char *text, unsigned levels)
{
  struct shell_words words = { .next = text, .begin = text };
  int r;

  initramfs->guessing++;
  while ((r = shell_words_next (&words)) == 1) {
    const bool is_absolute = *words.word == '/';

    /* A relative path means another file in the guest, where programs run in the mounted file system. */
    if ((is_absolute || strchr (words.word, '/') == NULL) && add_program (initramfs, words.word, levels, NULL) == -1
        && is_absolute)
      add_named_file (initramfs, words.word, levels);
    if (words.code)
      initramfs_add_imports (initramfs, words.language, words.code, words.code_length, NULL);
  }
  initramfs->guessing--;
  return r;
}

int
initramfs_add_named_programs (struct initramfs *initramfs, const char *text)
{
  return add_words (initramfs, text, SCRIPT_LEVELS);
}

/* Whether ARGUMENT, after OPTION, is code for an interpreter, as in python3 -c CODE. */
static bool
is_code (const char *option)
{
  const size_t length = strlen (option);

  return *option == '-' && length > 1 && strchr ("ceE", option[length - 1]);
}

int
initramfs_add_arguments (struct initramfs *initramfs, const char *const *command)
{
  enum language language = language_of (command[0]);

  for (size_t i = 1; command[i]; i++) {
    const enum language next = language_of (command[i]);

    if (next != LANGUAGE_NONE)          /* of env or setpriv, say */
      language = next;
    if (language == LANGUAGE_NONE || language == LANGUAGE_SHELL || !is_code (command[i - 1])) {
      if (add_words (initramfs, command[i], SCRIPT_LEVELS) == -1)
        return -1;
      continue;
    }
    initramfs->guessing++;
    initramfs_add_imports (initramfs, language, command[i], strlen (command[i]), NULL);
    initramfs->guessing--;
  }
  return 0;
}

int
initramfs_add_shell_command (struct initramfs *initramfs, const char *command)
{
  return initramfs_add_program (initramfs, "sh", NULL) == -1 ? -1 : initramfs_add_named_programs (initramfs, command);
}

void
initramfs_ask_interpreters (struct initramfs *initramfs)
{
  initramfs->asks_interpreters = true;
}
