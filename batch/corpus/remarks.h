/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to say about the cells of a corpus.  Remarks that say the same are told together: of cells that fail,
 * those of one cause (batch/corpus/cause.h); of others, those with the same reason.
 */
#ifndef POWERCUT_BATCH_CORPUS_REMARKS_H
#define POWERCUT_BATCH_CORPUS_REMARKS_H

#include <cjson/cJSON.h>

#include "batch/grid.h"

/* Something to say about a cell. */
struct remark {
  const struct cell *cell;
  const cJSON *violation;       /* of a cell that fails, one that is not expected there; else NULL */
  char *about;                  /* in one line, not safe to print: the cause, or the reason; to free */
  size_t cell_count;            /* that this is said of */
};

/* Those that say the same stand together: by outcome as they are to be told, what is said of most cells first; in the
 * order of the cells.
 */
struct remarks {
  struct remark *list;
  size_t count;
};

/* All remarks about GRID, to free with remarks_free.  Returns 0, or -1 with none after a message. */
extern int remarks_make (const struct grid *grid, struct remarks *remarks);
extern void remarks_free (struct remarks *remarks);

/* The one after the last that says the same of cells of the same outcome as REMARK. */
extern const struct remark *remarks_end (const struct remarks *remarks, const struct remark *remark);

/* Is REMARK the first one of cells of its outcome? */
extern bool remarks_begin_outcome (const struct remarks *remarks, const struct remark *remark);

/* The first remark after REMARK, up to END, that is about another cell; or END. */
extern const struct remark *remarks_next_cell (const struct remark *remark, const struct remark *end);

/* The first violation of CELL that is not expected there, after AFTER if that is not NULL; or NULL. */
extern const cJSON *remarks_violation (const struct cell *cell, const cJSON *after);

#endif
