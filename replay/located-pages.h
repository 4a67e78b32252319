/* SPDX-License-Identifier: BSD-3-Clause */
/* The pages of files whose data a run has located: of which class each is, in how many of the states that the run
 * stands for.
 */
#ifndef POWERCUT_REPLAY_LOCATED_PAGES_H
#define POWERCUT_REPLAY_LOCATED_PAGES_H

#include "replay/located.h"
#include "replay/page-counts.h"
#include "replay/search/data-groups.h"

/* Class PAGES at STEP (from 1) in the states of the run that saw LOCATED and has decided what the selection of QUESTION
 * says, which has no sectors yet.  Returns 1 with *seen, to free with pages_seen_free; 0 if that is more than can be
 * counted; or -1 after a message.
 */
extern int located_pages_count (const struct located *located, const struct data_question *question,
                                const struct pages *pages, size_t step, struct pages_seen *seen);

#endif
