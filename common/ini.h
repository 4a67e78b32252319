/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings files: lines KEY = VALUE under lines [SECTION].  A line that begins with `#` or `;` is a comment.  Strict,
 * unlike the libraries for it: whoever reads a file is told the line of everything in it, and nothing is cut short or
 * left out.
 */
#ifndef POWERCUT_COMMON_INI_H
#define POWERCUT_COMMON_INI_H

#define INI_SIZE_MAX (1 << 20)

/* Where an item stands. */
struct ini_place {
  const char *path;
  unsigned line;                /* from 1 */
};

/* Say that what stands at PLACE is wrong: `PATH:LINE: MESSAGE`.  Returns -1. */
extern int ini_fault (const struct ini_place *place, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Called for each item in order: a section's beginning, with KEY and VALUE NULL, or a value of SECTION ("" before the
 * first).  Blanks around KEY and VALUE are taken away; the texts are there until it returns.  Returns 0, or -1 after a
 * message.
 */
typedef int ini_item (void *data, const struct ini_place *place, const char *section, const char *key,
                      const char *value);

/* Read the regular file PATH, of at most INI_SIZE_MAX bytes.  Returns 0, or -1 after a message; ITEM is not called
 * again after it has returned -1.
 */
extern int ini_read (const char *path, ini_item *item, void *data);

#endif
