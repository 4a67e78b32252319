/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/initramfs/libraries.h"
#include "guest/initramfs/needs.h"

/* As much of a script's first line as the kernel reads (BINPRM_BUF_SIZE). */
#define FIRST_LINE_MAX 256

/* A script longer than this is an archive with a script before it; the names of programs come early. */
#define SCRIPT_TEXT_MAX (1 << 20)

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

/* Read exactly LENGTH bytes. */
static bool
read_at (int fd, void *buffer, size_t length, off_t offset)
{
  return pread (fd, buffer, length, offset) == (ssize_t) length;
}

/* The program that `env ARGUMENT` starts: the first word that is neither an option nor an assignment. */
static int
env_needs (const char *argument, struct program_needs *needs)
{
  for (const char *word = argument; *(word += strspn (word, " \t")) != '\0';) {
    size_t length = strcspn (word, " \t");

    if (*word != '-' && memchr (word, '=', length) == NULL)
      return text_list_add (&needs->programs, word, length) == 0 ? 0 : no_memory (needs);
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
  if (text_list_add (&needs->programs, interpreter, strlen (interpreter)) == -1)
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
  if (interpreter_needs (needs->text, file, needs) == -1)
    return -1;
  needs->language = language_of (needs->programs.texts[needs->programs.count - 1]);
  return 0;
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
    return libraries_find (file, &needs->files, needs->why, sizeof needs->why);
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
  text_list_free (&needs->files);
  text_list_free (&needs->programs);
  free (needs->text);
  needs->text = NULL;
}
