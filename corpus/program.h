/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs of the corpus have in common; each is one file without a library. */
#ifndef POWERCUT_CORPUS_PROGRAM_H
#define POWERCUT_CORPUS_PROGRAM_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void __attribute__ ((noreturn))
give_up (const char *what)
{
  perror (what);
  exit (1);
}

/* End with a message about WHAT unless RESULT is a success. */
static inline void
check (int result, const char *what)
{
  if (result == -1)
    give_up (what);
}

static inline int
open_file (const char *name, int flags)
{
  int fd = open (name, flags | O_CLOEXEC, 0644);

  check (fd, name);
  return fd;
}

static inline void
sync_folder (void)
{
  int fd = open_file (".", O_RDONLY | O_DIRECTORY);

  check (fsync (fd), "fsync of the folder");
  close (fd);
}

#endif
