/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cache.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "guest/kernel/asked.h"
#include "guest/kernel/kernel.h"
#include "guest/kernel/program.h"

#define ADDRESSES_END (UINT64_C (1) << 47)      /* of programs */
#define RELEASE_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-"

/* Whether what HEADER says is loaded from FD is loaded where programs are. */
static bool
is_loaded_low (int fd, const Elf64_Ehdr *header)
{
  Elf64_Phdr segment;

  for (size_t i = 0; i < header->e_phnum; i++)
    if (pread (fd, &segment, sizeof segment, (off_t) (header->e_phoff + i * sizeof segment)) == sizeof segment
        && segment.p_type == PT_LOAD)
      return segment.p_vaddr < ADDRESSES_END;
  return false;
}

bool
kernel_is_program (const char *file)
{
  CLEANUP_CLOSE int fd = open (file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  Elf64_Ehdr header;

  return fd != -1 && pread (fd, &header, sizeof header, 0) == sizeof header
         && memcmp (header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64
         && header.e_machine == EM_X86_64 && (header.e_type == ET_EXEC || header.e_type == ET_DYN)
         && header.e_phentsize == sizeof (Elf64_Phdr) && is_loaded_low (fd, &header);
}

/* The directory of FILE, to free, or NULL after a message. */
static char *
directory_of (const char *file)
{
  CLEANUP_FREE char *copy = text_format ("%s", file);

  return copy ? text_format ("%s", dirname (copy)) : NULL;
}

char *
kernel_program_libraries (const char *program)
{
  CLEANUP_FREE char *directory = directory_of (program);
  char *libraries = directory ? text_format ("%s/../" KERNEL_LIBRARIES, directory) : NULL;

  if (libraries && access (libraries, R_OK | X_OK) == -1) {
    free (libraries);
    libraries = NULL;
  }
  return libraries;
}

/* What it prints is anybody's: a path is made of it, and commands are offered with it. */
static bool
is_release (const char *text)
{
  return *text >= '0' && *text <= '9' && strspn (text, RELEASE_CHARACTERS) == strlen (text);
}

/* Let PROGRAM print its version, where it finds the libraries that came with it, if some did.  Returns as asked_run.
 * (By their loader it could not be called: it calls itself again, as /proc/self/exe.)
 */
static int
ask_version (const char *program, struct capture *answer)
{
  CLEANUP_FREE char *here = *program == '/' ? NULL : getcwd (NULL, 0);
  CLEANUP_FREE char *path = text_format ("%s%s%s", here ? here : "", here ? "/" : "", program);
  CLEANUP_FREE char *libraries = kernel_program_libraries (program);
  static const char script[] = "cd -- \"$1/..\" && LD_LIBRARY_PATH=" KERNEL_LIBRARIES " exec \"$2\" --version";
  const char *const words[] = { "sh", "-c", script, "sh", libraries, path, NULL };
  const char *const alone[] = { path, "--version", NULL };

  return path == NULL ? -1 : asked_run (libraries ? words : alone, path, answer);
}

char *
kernel_program_release (const char *program)
{
  struct capture answer;

  if (access (program, X_OK) == -1) {
    error_message ("%s: %m", program);
    return NULL;
  }
  if (ask_version (program, &answer) == -1)
    return NULL;
  answer.output[strcspn (answer.output, "\n")] = '\0';
  char *release = answer.status == 0 && is_release (answer.output)
    ? text_format ("%s" KERNEL_PROGRAM_SUFFIX, answer.output) : NULL;
  if (release == NULL)
    error_message ("%s: a program, but no kernel of User Mode Linux: asked for --version, it names no release%s%s",
                   program, *answer.complaint ? ": " : "", answer.complaint);
  capture_free (&answer);
  return release;
}

/* MODULES, lib/uml/modules/RELEASE, under a name that kmod takes, lib/modules/RELEASE: a link in the cache.  To free,
 * or NULL after a message.
 */
static char *
link_modules (const char *modules, const char *release)
{
  CLEANUP_FREE char *target = realpath (modules, NULL), *cache = cache_folder_in ("modules");
  char *directory = NULL;

  if (target == NULL || cache == NULL)
    return NULL;
  directory = text_format ("%s/%016jx/lib/modules", cache, (uintmax_t) XXH64 (target, strlen (target), 0));
  if (directory && cache_make (directory) == -1)
    error_message ("%s: %m", directory);
  char *link = directory ? text_format ("%s/%s", directory, release) : NULL;
  free (directory);
  if (link && symlink (target, link) == -1 && errno != EEXIST) {
    error_message ("%s: %m", link);
    free (link);
    link = NULL;
  }
  return link;
}

/* The modules of RELEASE below BASE, to free, or NULL. */
static char *
modules_below (const char *base, const char *release)
{
  static const char *const places[] = { "lib/uml/modules", "usr/lib/uml/modules" };
  char *modules = kernel_modules_in (base, release);

  for (size_t i = 0; modules == NULL && i < sizeof places / sizeof places[0]; i++) {
    CLEANUP_FREE char *path = text_format ("%s/%s/%s", base, places[i], release);

    if (path && access (path, R_OK | X_OK) == 0)
      return link_modules (path, release);
  }
  return modules;
}

char *
kernel_program_modules (const char *program, const char *release)
{
  static const char *const above[] = { "", "/..", "/../.." };
  CLEANUP_FREE char *path = realpath (program, NULL), *directory = path ? directory_of (path) : NULL;
  CLEANUP_FREE char *own = text_format ("%.*s", (int) (strlen (release) - strlen (KERNEL_PROGRAM_SUFFIX)), release);
  char *modules = NULL;

  for (size_t i = 0; directory && own && modules == NULL && i < sizeof above / sizeof above[0]; i++) {
    CLEANUP_FREE char *base = text_format ("%s%s", directory, above[i]);

    modules = base ? modules_below (base, own) : NULL;
  }
  return modules;
}
