/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading observations (checker/observe/tree.h): texts that come from logs and guests, so nothing in them is believed
 * unchecked.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_TREE_TEXT_H
#define POWERCUT_CHECKER_OBSERVE_TREE_TEXT_H

#include <stdio.h>

#include "checker/observe/tree.h"

/* The fields of a line, in their order. */
enum tree_field {
  TREE_TYPE, TREE_MODE, TREE_UID, TREE_GID, TREE_SIZE, TREE_CONTENT, TREE_XATTRS, TREE_PATH, TREE_FIELD_COUNT
};

#define TREE_HASH_SHOWN 8       /* digits of a hash that a person is shown */

struct tree_object {
  const char *field[TREE_FIELD_COUNT];
  const char *facts;            /* NAME=VALUE, with a `;` between them, or NULL */
  const char *text;             /* what a short file holds, not escaped, or NULL; TREE_CONTENT is the hash alone */
  size_t line;
};

struct tree {
  const char *name;             /* for messages */
  char *text;                   /* a copy, cut into fields */
  struct tree_object *objects;  /* sorted by path, in strcmp order */
  size_t count;
};

/* Parse TEXT into *tree, which has its name.  Returns 0, or -1 after a message with the number of the line.  Free in
 * any case.
 */
extern int tree_parse (const char *text, struct tree *tree);
extern void tree_free (struct tree *tree);

/* The value of the fact NAME of OBJECT, which ends at a `;` or at the end, or NULL. */
extern const char *tree_fact (const struct tree_object *object, const char *name);

/* Compare two objects by path. */
extern int tree_compare_objects (const void *left, const void *right);

/* Print WORD, or its end if it is long. */
extern void tree_print_word (FILE *file, const char *word);

/* What to call an object of TYPE. */
extern const char *tree_type_name (char type);

/* Print what OBJECT is, for example `196608 bytes 1f3a5b77...`, or `"old\n"` where the text is known. */
extern void tree_print_contents (FILE *file, const struct tree_object *object);

#endif
