/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/capture.h"
#include "guest/needs.h"

/* As much of a script's first line as the kernel reads (BINPRM_BUF_SIZE). */
#define FIRST_LINE_MAX 256

/* A script longer than this is an archive with a script before it; the names of programs come early. */
#define SCRIPT_TEXT_MAX (1 << 20)

#define LOADER_CACHE "/etc/ld.so.cache"

static int __attribute__ ((format (printf, 2, 3)))
refuse (struct program_needs *needs, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (needs->why, sizeof needs->why, format, args);
  va_end (args);
  return -1;
}

static int
no_memory (struct program_needs *needs)
{
  return refuse (needs, "out of memory");
}

/* Append a copy of the first LENGTH bytes of WORD to *LIST. */
static bool
list_append (char ***list, const char *word, size_t length)
{
  size_t count = 0;

  while (*list && (*list)[count])
    count++;
  char **more = realloc (*list, (count + 2) * sizeof *more);
  if (more == NULL)
    return false;
  *list = more;
  more[count] = strndup (word, length);
  more[count + 1] = NULL;
  return more[count] != NULL;
}

static void
list_free (char **list)
{
  for (char **word = list; word && *word; word++)
    free (*word);
  free (list);
}

/* Read exactly LENGTH bytes. */
static bool
read_at (int fd, void *buffer, size_t length, off_t offset)
{
  return pread (fd, buffer, length, offset) == (ssize_t) length;
}

/* The loader that an executable of FILE_SIZE bytes with HEADER asks for: *loader, to free, or NULL if it is static. */
static int
find_loader (int fd, uint64_t file_size, const Elf64_Ehdr *header, const char *file, struct program_needs *needs,
             char **loader)
{
  *loader = NULL;
  for (unsigned i = 0; i < header->e_phnum; i++) {
    Elf64_Phdr segment;
    uint64_t offset = header->e_phoff + (uint64_t) i * sizeof segment;

    if (header->e_phentsize != sizeof segment || header->e_phoff > file_size || offset > file_size - sizeof segment
        || !read_at (fd, &segment, sizeof segment, (off_t) offset))
      return refuse (needs, "%s: damaged ELF executable: its program headers are not in the file", file);
    if (segment.p_type != PT_INTERP)
      continue;
    if (segment.p_filesz < 2 || segment.p_filesz > PATH_MAX || segment.p_offset > file_size
        || segment.p_filesz > file_size - segment.p_offset)
      return refuse (needs, "%s: damaged ELF executable: its loader's name is not in the file", file);
    char *name = malloc (segment.p_filesz);
    if (name == NULL)
      return no_memory (needs);
    if (!read_at (fd, name, segment.p_filesz, (off_t) segment.p_offset) || name[segment.p_filesz - 1] != '\0'
        || name[0] != '/') {
      free (name);
      return refuse (needs, "%s: damaged ELF executable: its loader has no absolute path", file);
    }
    *loader = name;
    return 0;
  }
  return 0;
}

/* A line is `NAME => PATH (ADDRESS)`, `PATH (ADDRESS)`, `NAME => not found`, or has no path: the vdso. */
static int
parse_library (char *line, const char *file, struct program_needs *needs)
{
  char *arrow = strstr (line, " => ");
  char *path = arrow ? arrow + 4 : line + strspn (line, " \t");
  char *address = strstr (path, " (0x");

  if (arrow && strncmp (path, "not found", 9) == 0) {
    *arrow = '\0';
    return refuse (needs, "%s needs the shared library %s, which is not found: install it or set LD_LIBRARY_PATH", file,
                        line + strspn (line, " \t"));
  }
  if (*path != '/')
    return 0;
  size_t length = address ? (size_t) (address - path) : strlen (path);
  return list_append (&needs->files, path, length) ? 0 : no_memory (needs);
}

static int
parse_libraries (struct capture *answer, const char *file, struct program_needs *needs)
{
  char *rest = answer->output, *line;

  if (answer->status != 0) {
    static const char glibc_words[] = "error while loading shared libraries: ";
    const char *missing = strstr (answer->complaint, glibc_words);
    return refuse (needs, "%s: its shared libraries cannot be loaded: %s: install what is missing or set "
                   "LD_LIBRARY_PATH", file, missing ? missing + strlen (glibc_words) : answer->complaint);
  }
  while ((line = strsep (&rest, "\n")) != NULL)
    if (parse_library (line, file, needs) == -1)
      return -1;
  return 0;
}

static int
list_libraries (const char *loader, const char *file, struct program_needs *needs)
{
  struct capture answer;

  if (access (loader, X_OK) == -1)
    return refuse (needs, "%s needs the loader %s: %m: install the C library that it was built for", file, loader);
  if (!list_append (&needs->files, loader, strlen (loader)))
    return no_memory (needs);
  /* Libraries outside the loader's built-in folders are found through it. */
  if (access (LOADER_CACHE, R_OK) == 0 && !list_append (&needs->files, LOADER_CACHE, strlen (LOADER_CACHE)))
    return no_memory (needs);
  if (capture_run ((const char *const[]) { loader, "--list", file, NULL }, &answer) == -1)
    return refuse (needs, "%s: %s --list could not be run", file, loader);
  int result = parse_libraries (&answer, file, needs);
  capture_free (&answer);
  return result;
}

static int
executable_needs (int fd, uint64_t file_size, const char *file, struct program_needs *needs)
{
  Elf64_Ehdr header;
  CLEANUP_FREE char *loader = NULL;

  if (!read_at (fd, &header, sizeof header, 0) || header.e_ident[EI_CLASS] != ELFCLASS64
      || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
    return refuse (needs, "%s: an executable for another machine: the guest runs 64-bit x86 programs only", file);
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
    return refuse (needs, "%s: an ELF file, but no executable", file);
  if (find_loader (fd, file_size, &header, file, needs, &loader) == -1)
    return -1;
  return loader ? list_libraries (loader, file, needs) : 0;
}

/* The program that `env ARGUMENT` starts: the first word that is neither an option nor an assignment. */
static int
env_needs (const char *argument, struct program_needs *needs)
{
  for (const char *word = argument; *(word += strspn (word, " \t")) != '\0';) {
    size_t length = strcspn (word, " \t");

    if (*word != '-' && memchr (word, '=', length) == NULL)
      return list_append (&needs->programs, word, length) ? 0 : no_memory (needs);
    word += length;
  }
  return 0;
}

static int
interpreter_needs (const char *text, const char *file, struct program_needs *needs)
{
  char line[FIRST_LINE_MAX];
  size_t length = strcspn (text, "\n");

  if (length >= sizeof line)
    return refuse (needs, "%s: its first line is longer than the %d bytes that Linux reads", file, FIRST_LINE_MAX);
  memcpy (line, text, length);
  line[length] = '\0';
  char *interpreter = line + 2 + strspn (line + 2, " \t");
  char *argument = interpreter + strcspn (interpreter, " \t\r");
  if (*interpreter != '/')
    return refuse (needs, "%s: the interpreter in its first line has no absolute path", file);
  if (*argument == '\r')
    return refuse (needs, "%s: its lines end as on DOS, so that no interpreter is found: convert it", file);
  if (*argument != '\0')
    *argument++ = '\0';
  if (!list_append (&needs->programs, interpreter, strlen (interpreter)))
    return no_memory (needs);
  return strcmp (strrchr (interpreter, '/'), "/env") == 0 ? env_needs (argument, needs) : 0;
}

static int
script_needs (int fd, uint64_t file_size, const char *file, struct program_needs *needs)
{
  size_t length = file_size < SCRIPT_TEXT_MAX ? (size_t) file_size : SCRIPT_TEXT_MAX;

  needs->text = malloc (length + 1);
  if (needs->text == NULL)
    return no_memory (needs);
  if (!read_at (fd, needs->text, length, 0))
    return refuse (needs, "%s: cannot be read: %m", file);
  needs->text[length] = '\0';
  return interpreter_needs (needs->text, file, needs);
}

static int
find_needs (const char *file, struct program_needs *needs)
{
  CLEANUP_CLOSE int fd = open (file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  char magic[SELFMAG] = "";

  if (fd == -1 || fstat (fd, &status) == -1)
    return refuse (needs, "%s: cannot be read: %m", file);
  if (!S_ISREG (status.st_mode))
    return refuse (needs, "%s: is no file that could be run", file);
  if (pread (fd, magic, sizeof magic, 0) == -1)
    return refuse (needs, "%s: cannot be read: %m", file);
  if (memcmp (magic, ELFMAG, SELFMAG) == 0)
    return executable_needs (fd, (uint64_t) status.st_size, file, needs);
  if (memcmp (magic, "#!", 2) == 0)
    return script_needs (fd, (uint64_t) status.st_size, file, needs);
  return refuse (needs, "%s: neither an ELF executable nor a script: begin a script with a line like #!/bin/sh", file);
}

int
program_needs (const char *file, struct program_needs *needs)
{
  *needs = (struct program_needs) { 0 };
  int result = find_needs (file, needs);
  if (result == -1)
    program_needs_free (needs);
  return result;
}

void
program_needs_free (struct program_needs *needs)
{
  list_free (needs->files);
  list_free (needs->programs);
  free (needs->text);
  needs->files = needs->programs = NULL;
  needs->text = NULL;
}
