/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases that keep bugs found. */
#ifndef POWERCUT_BATCH_CORPUS_CORPUS_H
#define POWERCUT_BATCH_CORPUS_CORPUS_H

#include "batch/corpus/case.h"
#include "batch/corpus/verdict.h"
#include "batch/pool.h"
#include "common/options.h"

/* Where cases are done. */
struct case_environment {
  const char *filesystem;
  const char *kernel;           /* image */
  const char *release;          /* the kernel's */
  const char *accel;            /* as --accel of `powercut run`, or NULL */
  bool supported;               /* the kernel has a driver for the file system */
};

struct case_cell {
  const struct corpus_case *corpus_case;
  const struct case_environment *environment;
  const struct case_failure *failure;   /* what is expected, or NULL: to pass */
  enum case_outcome outcome;
  char *reason;                 /* why it is not applicable or an error, in one line that is safe to print; to free */
  const struct pool_job *job;   /* or NULL: there was nothing to do */
};

/* The cells of one environment stand together, in the order of the cases; environments of one kernel do, too. */
struct corpus {
  struct corpus_case *cases;
  size_t case_count;
  const char *filesystems;      /* names with commas between them */
  struct case_environment *environments;
  size_t environment_count;
  struct case_cell *cells;
  size_t cell_count;
  struct pool_job *jobs;        /* of the cells with something to do */
  size_t job_count;
  bool trusted;                 /* what cases name may be taken from anywhere on this machine */
  const char *command;          /* the command line that asked for it */
  double seconds;               /* all in all */
};

/* Find all cases in the folders PATHS, and in folders in them; a path may be a case itself.  With PATTERN not NULL only those
 * with a part of their name that it matches (fnmatch).  They are sorted by name, and added to CORPUS.  Returns 0, or -1 after a
 * message.
 */
extern int corpus_find_cases (struct corpus *corpus, const char *const *paths, size_t count, const char *pattern);
extern void corpus_free_cases (struct corpus *corpus);

/* Is PATH, if it is not NULL, in the directory CASE_PATH of a case after all symbolic links, or the case itself?  Not asked of trusted
 * cases.  Returns 0, or -1 after a message.
 */
extern int corpus_check_inside (const struct corpus *corpus, const char *case_path, const char *path);

/* Are the files of each case in its own directory, and regular ones?  Returns 0, or -1 after a message. */
extern int corpus_check_cases (const struct corpus *corpus);

/* Do all cells, JOBS side by side, with FOLDER for temporary files; print a line for each environment that is done.  Returns
 * 0, or -1 after a message or a stop; to be freed with corpus_free_cells in any case.
 */
extern int corpus_run_cells (struct corpus *corpus, uint64_t jobs, const char *folder);
extern void corpus_free_cells (struct corpus *corpus);

/* The table, what was wrong and the totals, on standard output. */
extern void corpus_print (const struct corpus *corpus);

/* Reports, to free, or NULL after a message. */
extern char *corpus_make_json (const struct corpus *corpus);
extern char *corpus_make_junit (const struct corpus *corpus);

#define CORPUS_FILESYSTEMS "ext4,xfs,btrfs,f2fs"

/* What is asked of a run. */
struct corpus_request {
  const char *const *paths;     /* as corpus_find_cases takes them, and the pattern */
  size_t path_count;
  const char *pattern;
  const char *filesystems;      /* names with commas between them, or NULL: CORPUS_FILESYSTEMS, as far as the kernels know them */
  struct option_texts kernels;  /* none: the newest that was fetched */
  const char *accel;            /* as --accel of `powercut run`, or NULL */
  bool trusted;                 /* what cases name may be taken from anywhere on this machine */
  uint64_t jobs;                /* cells side by side */
  const char *json, *junit;     /* reports, or NULL */
  const char *command;          /* the command line that asked for it */
};

/* Do all cases in all environments and report.  Returns the exit status: EXIT_VIOLATION if some result is not the expected one,
 * EXIT_UNUSABLE if some cell could not be measured.
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

#endif
