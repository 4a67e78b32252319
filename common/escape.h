/* SPDX-License-Identifier: BSD-3-Clause */
/* Percent-escaping: any bytes as one word of printable ASCII without spaces. */
#ifndef POWERCUT_COMMON_ESCAPE_H
#define POWERCUT_COMMON_ESCAPE_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/printable.h"

/* Write LENGTH bytes at DATA to FILE as one word: printable ASCII stays; space, `%` and all other bytes become %XX. */
extern void escape_word (const void *data, size_t length, FILE *file);

/* TEXT as escape_word writes it, to free; NULL if out of memory. */
extern char *escape_text (const char *text);

/* Undo escape_word in place.  Returns the length in bytes of what stands at WORD now (a NUL is put behind it), or -1
 * with errno EINVAL if a `%` is not followed by two hexadecimal digits.
 */
extern ssize_t unescape_word (char *word);

/* WORDS, NULL at the end, as one line: escaped, with single spaces between them and a newline at the end.  To free, its
 * length in *length; or NULL with errno.
 */
extern char *escape_words (const char *const *words, size_t *length);

/* Undo escape_words: LINE, whose newline was taken off, is cut up.  An array to free with NULL behind its *count words,
 * or NULL with errno, EINVAL if a word is malformed or has a NUL in it.
 */
extern char **unescape_words (char *line, size_t *count);

#endif
