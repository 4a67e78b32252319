/* SPDX-License-Identifier: BSD-3-Clause */
/* A grid: what is in its rows (cases of the corpus, protocols of the matrix) is done in each of its environments.
 *
 * Every cell with something to do is a job of a pool (batch/pool.h).  What comes of it is judged, told while the others
 * run, and reported.  What rows are, what is done for one, and what counts as right are the kind's: batch/corpus and
 * batch/matrix.
 */
#ifndef POWERCUT_BATCH_GRID_H
#define POWERCUT_BATCH_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/pool.h"
#include "common/options.h"
#include "common/words.h"
#include "guest/kernel/kernel.h"
#include "replay/shares.h"

/* What is asked of a grid on the command line. */
struct grid_request {
  const char *filesystems;      /* names with commas between them */
  struct option_texts mount;    /* OPTIONS, or FILESYSTEM:OPTIONS for one file system alone; none: no options */
  struct option_texts kernels;  /* as for guest_kernel_find; none: the newest that was fetched */
  const char *background;       /* as --background of `powercut run` */
  struct share share;           /* of the cells that are done */
  struct option_texts resume;   /* files that remember what came of cells; more is added to the first of them */
  const char *keep;             /* directory for the logs of cells that failed, or NULL */
  const char *accel;            /* as --accel of `powercut run`, or NULL */
  bool no_snapshot;             /* as --no-snapshot of it */
  bool no_cache;                /* as --no-cache of it */
  const char *nested, *nested_limit;    /* as --nested and --nested-limit of it, or NULL */
  uint64_t total_seconds;       /* as --total-time of it, for each cell; 0: no limit */
  const char *device;           /* as --device of it, or NULL */
  uint64_t jobs;                /* cells side by side; 0: as many as keep the processors busy */
  const char *command;          /* the command line itself */
};

/* Where rows are done. */
struct environment {
  const char *filesystem;
  const char *mount_options;    /* never NULL */
  const struct kernel *kernel;
};

/* What may become of a cell. */
struct cell_outcome {
  const char *word;             /* for reports */
  int status;                   /* the exit status that it calls for: the largest one of all cells is the grid's */
};

struct cell {
  const void *row;              /* of the kind's type */
  const struct environment *environment;
  unsigned outcome;             /* one of the kind's */
  char *reason;                 /* for it, in one line that is safe to print, or NULL; to free */
  const struct pool_job *job;   /* or NULL: there was nothing to do */
};

/* The cells of one environment stand together, in the order of the rows; environments of one kernel do, too. */
struct grid {
  const struct grid_kind *kind;
  const struct grid_request *request;
  void *data;                   /* the kind's */
  const void *rows;             /* an array of the kind's type, of the caller's, as are the next two */
  size_t row_size;              /* in bytes */
  size_t row_count;

  /* From here on it is the grid's: begin with zeros, and free with grid_free. */
  struct words filesystems;
  char total_time[32];          /* the request's total_seconds, for jobs, which borrow their words */
  struct kernel *kernels;
  char **guests;                /* what tells those of each kernel from others, if cells are remembered */
  size_t kernel_count;
  struct environment *environments;
  size_t environment_count;
  struct cell *cells;
  size_t cell_count;
  struct pool_job *jobs;        /* of the cells with something to do */
  size_t job_count;
  size_t jobs_done;             /* in whatever order */
  struct progress *progress;
  struct batch_resume *resume;  /* what came of cells, or NULL */
  bool not_kept;                /* logs that were to be kept are not */
  double seconds;               /* all in all */
};

/* What makes a grid one of the corpus or of the matrix.  What may be NULL says so. */
struct grid_kind {
  const struct cell_outcome *outcomes;
  size_t outcome_count;

  /* Have ready what cells need, in FOLDER if that is files.  Returns 0, or -1 after a message. */
  int (*prepare) (const struct grid *grid, const char *folder);

  /* Whether there is something to do for CELL: 1, or 0 with its outcome and the reason; -1 after a message.  NULL:
   * there always is.
   */
  int (*begin_cell) (const struct grid *grid, struct cell *cell);

  /* Whether the guest for CELL takes in other things than that for cells of which this is false.  These are done first,
   * so that guests are kept.  NULL: all take in the same.
   */
  bool (*needs_more) (const struct cell *cell);

  /* Say in JOB what is to be done for CELL.  Returns 0, or -1 after a message. */
  int (*fill_job) (const struct grid *grid, const struct cell *cell, struct pool_job *job);

  /* Set the outcome of CELL and the reason: its job has ended. */
  void (*judge_cell) (struct cell *cell);

  /* What a row is called, and whether what became of CELL is worth keeping its logs. */
  const char *(*name_row) (const void *row);
  bool (*is_worth_keeping) (const struct cell *cell);

  /* Print on standard output: that all is planned; what became of a cell, or else of the cells of an environment, the
   * FIRST of which it gets; what remains to be said at the end.  All but the last may be NULL.  Progress is shown where
   * no line for each cell does.
   */
  void (*print_begin) (const struct grid *grid);
  void (*print_cell) (const struct grid *grid, const struct cell *cell);
  void (*print_environment) (const struct grid *grid, const struct cell *first);
  void (*print_end) (const struct grid *grid);

  /* Add to the JSON what the rows are or what all cells come to, which may be NULL, and what CELL is. */
  void (*describe_rows) (const struct grid *grid, cJSON *object);
  void (*describe_cell) (const struct cell *cell, cJSON *object);
};

/* Row of a table of options; TEXT is where its argument, called ARGUMENT, goes. */
#define KEEP_OPTION(TEXT, ARGUMENT) OPT_TEXT ("keep", (TEXT), ARGUMENT, "keep the logs of cells that failed there")

#define GRID_OUTPUTS_MAX 8

/* A report that may be asked for. */
struct grid_output {
  const char *path;             /* NULL: it is not */
  char *(*make) (const struct grid *grid);      /* its text, to free, or NULL after a message */
};

/* Take in the file systems of the request, and check the mount options.  Returns 0, or -1 after a message. */
extern int grid_read_request (struct grid *grid);

/* Add to JOB, of a cell, what the request of GRID says of how its logs are replayed.  Returns 0, or -1 after a message.
 */
extern int grid_add_replaying (const struct grid *grid, struct pool_job *job);

/* The same of what a recording alone has. */
extern int grid_add_recording (const struct grid *grid, struct pool_job *job);

/* Find the kernels of the request, and make the environments: all of one kernel, then those of the next.  Returns 0, or
 * -1 after a message.
 */
extern int grid_add_environments (struct grid *grid);

/* Do all cells, print what came of them, and write the COUNT reports OUTPUTS (at most GRID_OUTPUTS_MAX).  Returns the
 * exit status.
 */
extern int grid_measure (struct grid *grid, const struct grid_output *outputs, size_t count);
extern void grid_free (struct grid *grid);

/* Parts of grid_measure, for rows that are not all there at once: can everything be written that is asked for?  Do the
 * cells.  Report on the cells that there are, with the exit status that they call for.  Forget the cells, so that
 * others can be done.  The first two return 0, or -1 after a message or a stop.
 */
extern int grid_check_outputs (const struct grid *grid, const struct grid_output *outputs, size_t count);
extern int grid_do (struct grid *grid);
extern int grid_report (const struct grid *grid, const struct grid_output *outputs, size_t count);
extern void grid_clear_cells (struct grid *grid);

/* What replay --json said of CELL, or NULL; and how long it took. */
extern const cJSON *cell_result (const struct cell *cell);
extern double cell_seconds (const struct cell *cell);

/* The word for what became of CELL. */
extern const char *cell_word (const struct grid *grid, const struct cell *cell);

/* Add to COUNTS how many of the COUNT cells from CELLS on have each outcome. */
extern void cells_count (const struct cell *cells, size_t count, size_t *counts);

/* As `ext4 data=journal, kernel 6.12.117+deb12-cloud-amd64`, to free, or NULL. */
extern char *environment_describe (const struct environment *environment);

/* The JSON report: a grid_output. */
extern char *grid_make_json (const struct grid *grid);

#endif
