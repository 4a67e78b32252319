/* SPDX-License-Identifier: BSD-3-Clause */
/* What each way to update a file is worth on each file system. */
#ifndef POWERCUT_BATCH_MATRIX_MATRIX_H
#define POWERCUT_BATCH_MATRIX_MATRIX_H

#include "batch/grid.h"

/* What is asked of a matrix. */
struct matrix_request {
  struct grid_request grid;
  const char *protocols;                /* names with commas between them, or NULL: all */
  const char *settle;                   /* as --settle of `powercut run` */
  const char *markdown, *json, *html;   /* reports, or NULL */
};

/* A row: one way to update a file. */
struct protocol {
  const char *name;
  const char *what;             /* what it does, in some words */
};

/* The data of the grid. */
struct matrix {
  struct words lines;           /* what the program says of its protocols: holds their texts */
  struct protocol *protocols;
  size_t protocol_count;
  const char *settle;           /* as in the request */
  char *program;                /* that does the updates */
  char *initial;                /* directory: the tree before an update */
};

/* What may become of a cell. */
enum update_outcome {
  UPDATE_MEASURED,
  UPDATE_NOT_SUPPORTED,         /* it needs what the file system does not have */
  UPDATE_FAILED,
  UPDATE_OUTCOME_COUNT
};

/* Measure all cells and report.  Returns the exit status: EXIT_UNUSABLE also if a cell failed. */
extern int matrix_measure (const struct matrix_request *request);

/* What makes a grid a matrix. */
extern const struct grid_kind matrix_kind;

/* Parts of it: what is printed, and what JSON says of the protocols and of a cell. */
extern void matrix_print_cell (const struct grid *grid, const struct cell *cell);
extern void matrix_print_end (const struct grid *grid);
extern void matrix_describe_rows (const struct grid *grid, cJSON *object);
extern void matrix_describe_cell (const struct cell *cell, cJSON *object);

/* The matrix as a document: each a grid_output. */
extern char *matrix_make_markdown (const struct grid *grid);
extern char *matrix_make_html (const struct grid *grid);

#endif
