/* SPDX-License-Identifier: BSD-3-Clause */
/* An update that did not touch what was recorded, of which nothing can be wrong. */
#ifndef POWERCUT_REPLAY_UNCHANGED_H
#define POWERCUT_REPLAY_UNCHANGED_H

#include <stdbool.h>

#include "checker/oracle.h"
#include "log/reader.h"

/* Whether the update of LOG, with the TREES observed before and after its steps, changed nothing as far as can be told:
 * the trees are the same, and nothing was written from the first `begin` to the last `commit`.  The answer is no where
 * it may be meant, because a workload says what is right, and where --watch names what is observed: the rest may have
 * changed.
 */
extern bool update_changed_nothing (const struct write_log *log, const struct trees *trees);

#endif
