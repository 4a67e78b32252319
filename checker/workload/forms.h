/* SPDX-License-Identifier: BSD-3-Clause */
/* What the workloads that are generated are made of: the paths, and the forms of operations on them. */
#ifndef POWERCUT_CHECKER_WORKLOAD_FORMS_H
#define POWERCUT_CHECKER_WORKLOAD_FORMS_H

#include <stdbool.h>
#include <stddef.h>

/* Paths, by which everything here is named. */
enum gen_path {
  GEN_FOO, GEN_BAR, GEN_A_FOO, GEN_A_BAR, GEN_FOLDER_A, GEN_FOLDER_B, GEN_ROOT, GEN_B_FOO, GEN_B_BAR, GEN_PATH_COUNT,
  GEN_NO_PATH = GEN_PATH_COUNT
};
#define GEN_FILE_COUNT 4        /* the first of them are files that an operation may be about */

struct gen_path_facts {
  const char *name;
  enum gen_path folder;         /* in which it is */
  enum gen_path sibling;        /* in the same folder; the root is its own */
};
extern const struct gen_path_facts gen_paths[GEN_PATH_COUNT];

/* What the two names in the root, and those in a folder, become when they are exchanged: each or both. */
#define GEN_IMAGE_COUNT 3
extern const enum gen_path gen_images[GEN_IMAGE_COUNT][GEN_PATH_COUNT];

/* What an operation is about. */
enum gen_about { ABOUT_ONE_FILE, ABOUT_TWO_FILES, ABOUT_FOLDER, ABOUT_TWO_FOLDERS, ABOUT_EITHER };

/* What there must be before. */
enum gen_need {
  NEED_FIRST = 1, NEED_SECOND = 2,
  NEED_NO_FIRST = 4, NEED_NO_SECOND = 8,
  NEED_XATTR = 16,
  NEED_NO_ORDER = 32,           /* the two may be exchanged, and it is the same */
};

struct gen_form {
  const char *verb, *tail;
  enum gen_about about;
  unsigned needs;               /* enum gen_need */
};
#define GEN_FORM_COUNT 37
extern const struct gen_form gen_forms[GEN_FORM_COUNT];

/* Set those of WANTED, COUNT as VERBS, that SET means: names of operations or of groups of them, separated by commas.
 * Returns 0, or -1 after a message: one of the names means none.
 */
extern int gen_want (const char *set, const char *const *verbs, size_t count, bool *wanted);

#endif
