/* SPDX-License-Identifier: BSD-3-Clause */
/* The cells of a matrix: one for each update protocol in each environment.  Each is a job of a pool (batch/pool.h). */
#ifndef POWERCUT_BATCH_MATRIX_CELLS_H
#define POWERCUT_BATCH_MATRIX_CELLS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One way to update a file. */
struct protocol {
  const char *name;
  const char *what;             /* what it does, in some words */
};

/* Where the updates are done. */
struct environment {
  const char *filesystem;
  const char *mount_options;    /* never NULL */
  const char *kernel;           /* its image */
  const char *release;          /* the kernel's */
};

enum cell_outcome {
  CELL_DONE,
  CELL_NOT_SUPPORTED,           /* the update needs what the file system does not have */
  CELL_FAILED,
};

struct cell {
  const struct protocol *protocol;
  const struct environment *environment;
  bool ended;                   /* what is below is there */
  enum cell_outcome outcome;
  char *reason;                 /* one line, safe to print, unless it is done; to free */
  cJSON *result;                /* what replay --json says, if it is done; to free */
  double seconds;
};

/* The cells of one environment stand together, in the order of the protocols. */
struct matrix {
  struct protocol *protocols;
  size_t protocol_count;
  struct environment *environments;
  size_t environment_count;
  struct cell *cells;
  size_t cell_count;
  const char *filesystems;      /* all that there are, with commas between them */
  const char *settle, *accel;   /* as --settle and --accel of `powercut run` */
  const char *command;          /* the command line that asked for it */
  double seconds;               /* all in all */
};

typedef void matrix_cell_ended (const struct matrix *matrix, const struct cell *cell);

/* Run all cells, JOBS side by side, with FOLDER for temporary files.  ENDED is called for each cell in order, as soon as it and
 * all before it have ended.  A cell that fails says why and stops no other.  Returns 0, or -1 after a message or after a stop.
 */
extern int matrix_run_cells (struct matrix *matrix, uint64_t jobs, const char *folder, matrix_cell_ended *ended);

#endif
