/* SPDX-License-Identifier: BSD-3-Clause */
/* The pages of a file: what an observation with sectors (checker/observe/tree.h) shows of each, held against the file
 * before and after the update.
 *
 * A file has a page if it is longer than where the page begins.  In a page that it has, what lies after its end counts
 * as zeros, and so does, where sectors are compared, a page that it has not.  Two files agree about a page if both have
 * it and its bytes are the same, or if neither has it.  A sector that could not be read is like no other one.  The
 * first of these that is true is the class of a page:
 *
 *   unchanged  seen, old and new agree: the update does not change this page
 *   old        seen and old agree (a page that the update adds is not there yet)
 *   new        seen and new agree (a page that the update cuts off is gone)
 *   missing    it is not there: the file is shorter, is no regular file or is gone, or its file system could not be
 *   mounted
 *   torn       each sector is the old or the new one, and there are some of either kind that are not of both
 *   zero       all its bytes are zeros
 *   other      anything else, such as what cannot be read
 *
 * A file system that could not be mounted, or whose guest died, makes all pages missing.  The last four are damage: no
 * moment of an update that changes the page at once, or not at all, looks like this.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_PAGES_H
#define POWERCUT_CHECKER_OBSERVE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/observe/sectors.h"

enum page_class {
  PAGE_UNCHANGED,
  PAGE_OLD,
  PAGE_NEW,
  PAGE_MISSING,                 /* from here on: damage */
  PAGE_TORN,
  PAGE_ZERO,
  PAGE_OTHER,
  PAGE_CLASS_COUNT,
};

/* A file in an observation. */
struct page_file {
  char *path;                   /* as it is written there */
  uint64_t *sectors;            /* their hashes, or one of two other numbers, which one hash in 2^63 is taken for */
  size_t count;
};

/* What a sector is like.  A page is like whatever all its sectors are like. */
enum likeness {
  LIKE_OLD = 1,
  LIKE_NEW = 2,
  LIKE_EITHER = 4,              /* one of the two */
  LIKE_ZEROS = 8,
  LIKE_ALL = 15,
};

#define PAGE_SIZE_DEFAULT 4096

/* NULL, or why pages cannot have SIZE bytes. */
extern const char *page_size_fault (uint64_t size_bytes);

/* Where the lines about sectors begin in an observation: its end if it has none.  Everything before them is as if
 * nobody had asked for sectors.
 */
extern const char *pages_begin (const char *text);

/* Parse the line at TEXT, which may come from a log.  Returns where the next one begins and fills *file, to be freed
 * with page_file_free; or NULL with errno (EINVAL: it is not such a line) and nothing to free.
 */
extern const char *page_file_parse (const char *text, struct page_file *file);
extern void page_file_free (struct page_file *file);

/* Whether FILE, or NULL for one that is not there, has the page that begins with sector FIRST. */
extern bool page_file_has (const struct page_file *file, size_t first);

/* Its sector number SECTOR; zeros where it has none. */
extern uint64_t page_file_sector (const struct page_file *file, size_t sector);

/* What the sector SEEN is like, if the OLD and the NEW one are these: a set. */
extern unsigned sector_likeness (uint64_t seen, uint64_t old, uint64_t new);

/* The class of a page that is like LIKENESS says; whether the file as it was seen, the old one and the new one have it.
 */
extern enum page_class page_class_of (unsigned likeness, bool seen, bool old, bool new);

/* The class of the page of SECTORS sectors, of which FIRST is the first one.  A file that is not there is NULL. */
extern enum page_class page_classify (const struct page_file *seen, const struct page_file *old,
                                      const struct page_file *new, size_t first, size_t sectors);

/* `unchanged`, `old` and so on. */
extern const char *page_class_name (enum page_class class);

#endif
