/* SPDX-License-Identifier: BSD-3-Clause */
/* What each way to update a file is worth on each file system. */
#ifndef POWERCUT_BATCH_MATRIX_MATRIX_H
#define POWERCUT_BATCH_MATRIX_MATRIX_H

#include <stdint.h>

#include "common/options.h"

/* What is asked of a matrix. */
struct matrix_request {
  const char *filesystems, *protocols;  /* names with commas between them; NULL: all protocols */
  const char *settle, *accel;           /* as --settle and --accel of `powercut run` */
  struct option_texts mount;            /* OPTIONS, or FS:OPTIONS for one file system alone; none: no options */
  struct option_texts kernels;          /* none: the newest that was fetched */
  uint64_t jobs;                        /* cells side by side */
  const char *markdown, *json, *html;   /* reports, or NULL */
  const char *command;                  /* the command line that asked for it */
};

/* Measure all cells and report.  Returns the exit status: EXIT_UNUSABLE also if a cell failed. */
extern int matrix_measure (const struct matrix_request *request);

#endif
