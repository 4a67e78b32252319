/* SPDX-License-Identifier: BSD-3-Clause */
/* One observation, while it is held against what is promised. */
#ifndef POWERCUT_CHECKER_PERSISTENCE_HEARING_H
#define POWERCUT_CHECKER_PERSISTENCE_HEARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/observe/pages.h"
#include "checker/observe/tree-text.h"
#include "checker/persistence/state.h"
#include "checker/persistence/written.h"

struct hearing {
  const struct workload *workload;
  uint32_t rules;
  struct workload_state *state;
  struct tree tree;             /* what was seen */
  struct page_file *files;      /* whose sectors were observed */
  size_t file_count;
  const struct written_file *written;        /* to files, by number; NULL: it is not asked what is stale */
  const struct tree_object **by_link;   /* what was found to be there by each link; NULL: nothing yet */
  char *detail;                 /* of the first violation */
  size_t more;                  /* violations after it */
  bool out_of_memory;
};

#endif
