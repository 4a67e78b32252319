/* SPDX-License-Identifier: BSD-3-Clause */
/* The pages of the files of a log that was recorded with `--pages`: which there are, and the class of each in an
 * observation.
 */
#ifndef POWERCUT_CHECKER_WATCHED_PAGES_H
#define POWERCUT_CHECKER_WATCHED_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/observe/pages.h"

/* A file that is there before the update or after some step of it. */
struct watched_file {
  char *path;                   /* as in an observation */
  size_t first_page;            /* its pages' place among those of all files */
  size_t page_count;            /* as many as it has in the tree in which it is longest */
};

struct pages {
  size_t page_sectors;
  size_t step_count;
  struct watched_file *files;   /* sorted by path */
  size_t file_count;
  size_t page_count;            /* of all files */
  const char **paths;           /* of the files */
  struct page_file **trees;     /* files in each tree, by the numbers of tree and file; NULL path: not there */
};

/* Find the pages of the trees (the COUNT observations before the first step and after each).  Returns 0, or -1 after a
 * message: the log has no sectors, or more than anybody records.  Free with pages_free in any case.
 */
extern int pages_init (struct pages *pages, char *const *trees, size_t count, size_t page_bytes);
extern void pages_free (struct pages *pages);

/* Whether A and B are of the same files with as many pages, and of as many steps. */
extern bool pages_same (const struct pages *a, const struct pages *b);

/* The number of the file PATH, or the number of files if there is none. */
extern size_t pages_find (const struct pages *pages, const char *path);

/* File number FILE in tree number TREE, or NULL if it is not there. */
extern const struct page_file *pages_file (const struct pages *pages, size_t tree, size_t file);

/* The class (enum page_class) of each page in the observation TEXT at each step: step_count times page_count bytes, to
 * free.  NULL after a message.
 */
extern uint8_t *pages_classify (const struct pages *pages, const char *text);

/* The classes at STEP (from 1) among CLASSES. */
extern const uint8_t *pages_at_step (const struct pages *pages, const uint8_t *classes, size_t step);

#endif
