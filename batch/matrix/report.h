/* SPDX-License-Identifier: BSD-3-Clause */
/* What a matrix found, for people and for programs. */
#ifndef POWERCUT_BATCH_MATRIX_REPORT_H
#define POWERCUT_BATCH_MATRIX_REPORT_H

#include "batch/matrix/cells.h"

/* Print one cell as a row of a table on standard output; a heading stands before the first of an environment. */
extern void matrix_print_cell (const struct matrix *matrix, const struct cell *cell);

/* Print what stands below the table: what was wrong, and how many cells came out how. */
extern void matrix_print_end (const struct matrix *matrix);

/* The whole matrix as text to free, or NULL after a message. */
extern char *matrix_make_json (const struct matrix *matrix);
extern char *matrix_make_markdown (const struct matrix *matrix);
extern char *matrix_make_html (const struct matrix *matrix);

#endif
