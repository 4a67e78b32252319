/* SPDX-License-Identifier: BSD-3-Clause */
/* Power fails again, during recovery.
 *
 * What recovery did to the disks in a run is a history of its own: it begins with the state that the run recovered
 * from, and at each of its crash points its pending writes may be there or not.  As a run stands for all states that
 * agree with what it decided, so does its history: the writes that were pending at the first crash and that the run did
 * not decide stay undecided, and are decided by what the next recovery reads, together with those of the one that was
 * interrupted.  Both make one log (log/aftermath.h), in which a search goes on from what the run had decided.
 *
 * What is seen in the end must be right at the first crash point: recovery is no progress of the update.
 */
#ifndef POWERCUT_REPLAY_INTERRUPT_H
#define POWERCUT_REPLAY_INTERRUPT_H

#include "replay/level.h"
#include "replay/worker.h"

/* Interrupt DONE at each of its crash points, and enter what is found into the results of WORKER's session, which has
 * `nested` in its configuration.  Returns 0, or -1 after a message, or silently after a stop.
 */
extern int interrupt_recovery (struct worker *worker, const struct recovery_done *done);

#endif
