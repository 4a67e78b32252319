/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists that users type, such as ext4,xfs. */
#ifndef POWERCUT_COMMON_WORDS_H
#define POWERCUT_COMMON_WORDS_H

#include <stddef.h>

/* Texts cut out of one. */
struct words {
  char *text;                   /* to free with words_free, as is the list */
  char **list;
  size_t count;
};

/* Cut TEXT at each of the characters SEPARATOR.  Returns 0, or -1 after a message; words_free in any case. */
extern int words_split (const char *text, const char *separator, struct words *words);
extern void words_free (struct words *words);

/* Is each word of the option --OPTION there, and there once?  Returns 0, or -1 after a message. */
extern int words_check (const char *option, const struct words *words);

/* The arguments of a command line as one text, safe to print, to free; or NULL. */
extern char *words_join (const char *program, int argc, char **argv);

#endif
