/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that is not trusted, for a person to read: of a log's header and marks, of the guest, of a name.
 *
 * Characters that a reader can see stay: printable ASCII and, where the locale is one of UTF-8, the printable rest of
 * Unicode.  Each byte of anything else becomes `?`: control characters (also those of C1, which some terminals obey
 * in UTF-8, too), what changes the direction of the text or cannot be seen, and what is no UTF-8.
 */
#ifndef POWERCUT_COMMON_PRINTABLE_H
#define POWERCUT_COMMON_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PRINTABLE_MAX 16384     /* bytes of one text that are printed; the rest is `...` */

/* How many of the LENGTH bytes at TEXT are its first character, whose number goes to *character; 0 if it is not
 * UTF-8.
 */
extern size_t utf8_decode (const char *text, size_t length, uint32_t *character);

/* Whether a reader can see CHARACTER, which then changes nothing but its own place. */
extern bool character_is_visible (uint32_t character);

/* Whether the locale, from the environment, is one of UTF-8. */
extern bool locale_is_utf8 (void);

/* Write the first character of the LENGTH (not 0) bytes at TEXT.  Returns how many bytes it has. */
extern size_t print_character_safely (const char *text, size_t length, FILE *file);

/* Write LENGTH bytes at TEXT. */
extern void print_safely (const char *text, size_t length, FILE *file);

/* The same for text in which names are escaped as in a tree (common/escape.h): what stands for visible characters
 * beyond ASCII is shown as these where the locale allows, and all other escapes stay.
 */
extern void print_names_safely (const char *text, size_t length, FILE *file);

/* The same for lines: newlines and tabs stay. */
extern void print_lines_safely (const char *text, size_t length, FILE *file);

/* The same for a page of HTML or XML, whatever the locale: `&`, `<`, `>` and both quotes become entities, and visible
 * characters beyond ASCII numeric ones.
 */
extern void print_markup_safely (const char *text, size_t length, FILE *file);

/* The same, with the escapes of names as print_names_safely takes them. */
extern void print_markup_names_safely (const char *text, size_t length, FILE *file);

/* The same as print_safely and print_markup_safely for a whole TEXT. */
static inline void
print_safe_text (const char *text, FILE *file)
{
  print_safely (text, strlen (text), file);
}

static inline void
print_safe_markup (const char *text, FILE *file)
{
  print_markup_safely (text, strlen (text), file);
}

/* An attribute NAME of an element, with a space before it. */
static inline void
print_attribute (const char *name, const char *value, FILE *file)
{
  fprintf (file, " %s=\"", name);
  print_safe_markup (value, file);
  putc ('"', file);
}

/* Write WORD as a shell takes it, in quotes unless it is plain.  What cannot be seen is `?`: such a word is not to be
 * had so.
 */
extern void print_shell_word (const char *word, FILE *file);

/* TEXT as print_safely writes it, to free, or NULL. */
extern char *safe_text (const char *text);

/* Make of the text, at the same place, what print_safely writes: it becomes no longer. */
extern void make_safe (char *text);

#endif
