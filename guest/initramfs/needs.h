/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program needs beside itself before it can run. */
#ifndef POWERCUT_GUEST_INITRAMFS_NEEDS_H
#define POWERCUT_GUEST_INITRAMFS_NEEDS_H

#include "common/text-list.h"
#include "guest/initramfs/language.h"

struct program_needs {
  struct text_list files;       /* loader and shared libraries of an executable: absolute paths */
  struct text_list programs;    /* a script's interpreter, and what its `env` starts: paths or names */
  char *text;                   /* a script's text, at most its first MiB; NULL for an executable */
  enum language language;       /* that a script is in */
  char why[1024];               /* why it cannot run here, in one line */
};

/* Find out what the executable FILE (a path) needs, as the kernel and its loader would, by reading it.  Returns 0 and
 * fills *needs, to be freed with program_needs_free, or returns -1 with needs->why alone filled: it prints nothing,
 * because the caller may only have guessed that FILE is wanted.
 */
extern int program_needs (const char *file, struct program_needs *needs);
extern void program_needs_free (struct program_needs *needs);

#endif
