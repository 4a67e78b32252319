/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest states that are wrong as those are that were found (replay/explain/minimal.h), asked of memory and of
 * guests.
 */
#ifndef POWERCUT_REPLAY_REDUCE_H
#define POWERCUT_REPLAY_REDUCE_H

#include "replay/explain/minimal.h"
#include "replay/worker.h"

/* What is wrong with one state, that of CHOICES at POSITION.  Returns 0 with *verdict, whose detail is to free, or -1
 * after a message, or silently after a stop.
 */
extern int reduce_probe (struct worker *worker, uint32_t position, const struct choice *choices, size_t count,
                         struct verdict *verdict);

/* The smallest state that is wrong with KIND as that of CHOICES at POSITION is, in *minimal, which is NULL if a run
 * does not confirm it.  Returns 0, or -1 as above.
 */
extern int reduce_state (struct worker *worker, enum violation kind, uint32_t position, const struct choice *choices,
                         size_t count, struct minimal **minimal);

/* Find that of every finding that a guest confirmed.  When all workers are done.  Returns 0, or -1 as above. */
extern int reduce_findings (struct session *session);

#endif
