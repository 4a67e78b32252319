/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of a shell's text that may be the names of programs. */
#ifndef POWERCUT_GUEST_INITRAMFS_SHELL_WORDS_H
#define POWERCUT_GUEST_INITRAMFS_SHELL_WORDS_H

#include <stddef.h>

#include "guest/initramfs/language.h"

/* A place in a text, and what was found there. */
struct shell_words {
  const char *next;             /* to begin with, the text */
  const char *begin;            /* the same, and kept */
  char *word;                   /* what was found, to free */
  enum language language;       /* of the interpreter that the word is; or LANGUAGE_NONE */
  const char *code;             /* what it is given to run, as in python3 -c 'CODE': part of the text; or NULL */
  size_t code_length;
};

/* Find the next word, which takes the place of the one before.  Left out are variables, what values are given to, what
 * has a `(` after it (a call in some other language), comments that fill a line, and code for interpreters of other
 * languages.  Returns 1, 0 at the end, or -1 after a message; the word is freed unless it returns 1.
 */
extern int shell_words_next (struct shell_words *words);

#endif
