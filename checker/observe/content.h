/* SPDX-License-Identifier: BSD-3-Clause */
/* The words for what a file holds and what attributes it has (checker/observe/tree.h): worked out from a file system by
 * who observes it, and from a workload by who knows what must be there.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_CONTENT_H
#define POWERCUT_CHECKER_OBSERVE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <xxhash.h>

#include "checker/observe/tree.h"

#define CONTENT_WORD_SIZE 40    /* a digest, a device or `!ERRNO`, and a NUL */
#define CONTENT_TEXT_MAX 64     /* bytes of a file whose contents are told as text */

/* 32 hex digits, and a NUL after them. */
extern void content_format_hash (XXH128_hash_t hash, char text[TREE_DIGEST_LENGTH + 1]);

/* A file's data, from its start to its end, in pieces of any length. */
struct content {
  XXH3_state_t *hash;           /* the caller's */
  uint64_t size;
  bool zero;                    /* so far all bytes are */
  char start[CONTENT_TEXT_MAX]; /* the first bytes */
};

extern void content_begin (struct content *content, XXH3_state_t *hash);
extern void content_add (struct content *content, const void *data, size_t length);
extern void content_word (const struct content *content, char word[CONTENT_WORD_SIZE]);

/* Write WORD, which content_word gave, and the text of a short file after it. */
extern void content_print (const struct content *content, const char *word, FILE *file);

/* The word for a link that leads to TARGET, to free; NULL if out of memory. */
extern char *content_target (const char *target);

/* Whether a file with the SIZE bytes at DATA is told as text: one to CONTENT_TEXT_MAX bytes of UTF-8, all of them
 * visible characters (common/printable.h), tabs or ends of lines.
 */
extern bool content_is_text (const char *data, size_t size);

/* The word for what could not be read: `!` and the name of ERROR. */
extern void content_format_error (int error, char word[CONTENT_WORD_SIZE]);

/* Extended attributes, sorted by name, each added once to HASH, which was reset before. */
extern void content_add_xattr (XXH3_state_t *hash, const char *name, const void *value, size_t length);

#endif
