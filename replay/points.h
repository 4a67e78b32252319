/* SPDX-License-Identifier: BSD-3-Clause */
/* The searches of all crash points: where runs to be made come from, and where their answers go. */
#ifndef POWERCUT_REPLAY_POINTS_H
#define POWERCUT_REPLAY_POINTS_H

#include "replay/worker.h"

/* Let WORKER take part until nothing is left to be searched.  Returns 0, also after a stop, or -1 after a message: the
 * worker cannot go on.
 */
extern int search_points (struct worker *worker);

/* Note in the results what each search covered that is not at its end, and that nothing is left to do where time is
 * up.  When all workers are done.
 */
extern void note_covered (struct session *session);

#endif
