/* SPDX-License-Identifier: BSD-3-Clause */
/* What is right in the crash states of a log, and what has to be observed in order to tell: from its header and its
 * marks.
 */
#ifndef POWERCUT_REPLAY_EXPECTED_H
#define POWERCUT_REPLAY_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/oracle.h"
#include "checker/persistence/persistence.h"
#include "log/reader.h"

struct expected {
  struct trees trees;           /* none if the log was never meant to be judged; fewer than two only with a workload */
  char *workload_name;          /* in messages */
  struct workload workload;
  struct persistence *persistence;      /* the workload's oracle, or NULL: there is no workload */
  const char **watch;           /* the paths to observe, the log's; none: the whole tree */
  size_t watch_count;
  struct pages pages;           /* to tabulate, if PAGED */
  bool paged;
  char **ranged;                /* files that are judged by ranges */
  size_t ranged_count;
};

/* What is right in the states of LOG.  With PAGES or PAGE_BYTES, the size of a page, not 0, its pages are asked for;
 * they are tabulated in any case if it was recorded for that.  A GROWING log need not have got to its commit.  Returns
 * 0, or -1 after a message.  To be freed with expected_free in any case; LOG must last as long.
 */
extern int expected_find (struct expected *expected, const struct write_log *log, bool pages, uint64_t page_bytes,
                          bool growing);
extern void expected_free (struct expected *expected);

#endif
