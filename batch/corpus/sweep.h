/* SPDX-License-Identifier: BSD-3-Clause */
/* A corpus that comes through a pipe (batch/corpus/workload-stream.h): more workloads than anybody would store.
 *
 * They are done in batches, each as a grid of its own.  Cells that pass are only counted; the others are kept until the
 * end, for the same reports as of any corpus.
 */
#ifndef POWERCUT_BATCH_CORPUS_SWEEP_H
#define POWERCUT_BATCH_CORPUS_SWEEP_H

#include "batch/corpus/corpus.h"
#include "batch/corpus/name-set.h"
#include "batch/corpus/workload-stream.h"

/* Begin with zeros, and free after the grid. */
struct sweep {
  struct corpus_case **cases;   /* of the cells that are kept */
  size_t case_count;
  struct name_set names;        /* of all workloads so far */
};

/* Do all workloads of STREAM in the environments of GRID, one of the corpus, and leave the cells that did not pass in
 * it.  Returns 0, or -1 after a message or a stop.
 */
extern int sweep_run (struct sweep *sweep, struct grid *grid, struct workload_stream *stream);
extern void sweep_free (struct sweep *sweep);

#endif
