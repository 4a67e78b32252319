/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases that keep bugs found. */
#ifndef POWERCUT_BATCH_CORPUS_CORPUS_H
#define POWERCUT_BATCH_CORPUS_CORPUS_H

#include "batch/corpus/case.h"
#include "batch/grid.h"

#define CORPUS_FILESYSTEMS "ext4,xfs,btrfs,f2fs"
#define STREAM_PATH "-"         /* standard input, as batch/corpus/workload-stream.h says */

/* What is asked of a run. */
struct corpus_request {
  struct grid_request grid;     /* filesystems NULL: CORPUS_FILESYSTEMS, as far as the kernels know them */
  const char *const *paths;     /* as corpus_find_cases takes them, and the pattern; STREAM_PATH alone is a stream */
  size_t path_count;
  const char *pattern;
  bool trusted;                 /* what cases name may be taken from anywhere on this machine */
  bool no_fsck, no_usable;      /* what is not done with what recovery left */
  const char *json, *junit;     /* reports, or NULL */
};

/* The log of a case, unpacked, and the file system that it is of: to free; NULL if the case brings none. */
struct case_log {
  char *path, *filesystem;
};

/* What cells do beside what their cases say: the data of the grid. */
struct corpus {
  struct corpus_case *cases;
  size_t case_count;
  struct case_log *logs;        /* one for each case, or NULL: not yet */
  bool *supported;              /* whether the kernel of each environment has a driver for its file system */
  bool trusted, no_fsck, no_usable;     /* as in the request */

  /* Of a stream (batch/corpus/sweep.h): */
  bool streams;
  size_t swept, swept_passes;   /* workloads; and cells that passed, which are counted only */
};

/* Do all cases in all environments and report.  Returns the exit status: EXIT_VIOLATION if some result is not the
 * expected one, EXIT_UNUSABLE if some cell could not be measured.
 */
extern int corpus_run (const struct corpus_request *request);

/* Print what each case in PATHS holds, as corpus_find_cases finds them.  Returns 0, or -1 after a message. */
extern int corpus_list (const char *const *paths, size_t count, const char *pattern);

/* What a new case says of itself; each may be NULL. */
struct case_words {
  const char *title, *origin, *reference;
};

/* Make the case FOLDER, a new one, of the log or bundle FROM.  Returns 0, or -1 after a message. */
extern int corpus_add (const char *from, const char *folder, const struct case_words *words);

/* Find all cases in the directories PATHS, and in directories in them; a path may be a case itself.  With PATTERN not
 * NULL only those with a part of their name that it matches (fnmatch).  They are sorted by name, and added to CORPUS.
 * Returns 0, or -1 after a message.
 */
extern int corpus_find_cases (struct corpus *corpus, const char *const *paths, size_t count, const char *pattern);
extern void corpus_free_cases (struct corpus *corpus);

/* Is PATH, if it is not NULL, in the directory CASE_PATH of a case after all symbolic links, or the case itself?  Not
 * asked of trusted cases.  Returns 0, or -1 after a message.
 */
extern int corpus_check_inside (const struct corpus *corpus, const char *case_path, const char *path);

/* Are the files of each case in its own directory, and regular ones?  Returns 0, or -1 after a message. */
extern int corpus_check_cases (const struct corpus *corpus);

/* The failure that the case of CELL is expected to show there, or NULL: it is expected to pass. */
extern const struct case_failure *corpus_cell_failure (const struct cell *cell);

/* What makes a grid one of the corpus: its rows are cases, its data a struct corpus. */
extern const struct grid_kind corpus_kind;

/* Parts of it: what is printed, and what JSON says of all cells and why they fail, and of a cell. */
extern void corpus_print_begin (const struct grid *grid);
extern void corpus_print_environment (const struct grid *grid, const struct cell *first);
extern void corpus_print_end (const struct grid *grid);
extern void corpus_describe_all (const struct grid *grid, cJSON *object);
extern void corpus_describe_cell (const struct cell *cell, cJSON *object);

/* JUnit's XML: a grid_output. */
extern char *corpus_make_junit (const struct grid *grid);

#endif
