/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory that a test makes and observes, and the observation field by field. */
#ifndef POWERCUT_TESTS_UNIT_CHECKER_OBSERVE_MADE_TREE_H
#define POWERCUT_TESTS_UNIT_CHECKER_OBSERVE_MADE_TREE_H

#include <stddef.h>
#include <sys/types.h>

/* The fields of a line. */
enum { TYPE, MODE, UID, GID, SIZE, CONTENT, XATTRS, PATH };

#define LENGTH(array) (sizeof (array) / sizeof (array)[0])

/* The directory of a test, open from tree_setup to tree_teardown. */
extern int top;
extern void tree_setup (void);
extern void tree_teardown (void);

/* Another one, open. */
extern int make_top (void);

extern void make_file (int directory, const char *name, const void *data, size_t length);
extern void make_folder (int directory, const char *name);

/* A file of SIZE zeros without data in TOP.  Returns it, open to be written. */
extern int make_hole (const char *name, off_t size);

/* All of TOP, to free; with the sectors of the COUNT files PATHS (NULL: all), to free or NULL. */
extern char *observe (void);
extern char *observe_sectors (const char *const *paths, size_t count);

/* The FIELD of the line for PATH, to free, or NULL if there is no such line. */
extern char *get_field (const char *text, const char *path, int field);
extern void assert_field (const char *text, const char *path, int field, const char *expected);

/* What a field must be. */
struct expected_field {
  const char *path;
  int field;
  const char *expected;
};

extern void assert_fields (const char *text, const struct expected_field *fields, size_t count);
#define ASSERT_FIELDS(text, ...) \
  assert_fields (text, (const struct expected_field[]) { __VA_ARGS__ }, \
                 LENGTH (((const struct expected_field[]) { __VA_ARGS__ })))

/* All paths in TEXT, in their order, with a space after each. */
extern void assert_paths (const char *text, const char *expected);

#endif
