/* SPDX-License-Identifier: BSD-3-Clause */
/* How many runs are left, guessed while a session goes on.
 *
 * A run closes one open alternative of its search's tree, and opens as many as it decides.  By how many those of late
 * have opened, on average, what is open now tells how many will come of it, as with families of which the number of
 * children is known.  Crash points that were not begun are taken to need as much as those before them.
 */
#ifndef POWERCUT_REPLAY_ESTIMATE_H
#define POWERCUT_REPLAY_ESTIMATE_H

#include <stdint.h>

struct estimate {
  double opened, answers;       /* of late: each answer counts less with every one after it */
};

/* An answer that was not the first of its search has opened OPENED alternatives. */
extern void estimate_note (struct estimate *estimate, uint64_t opened);

/* How many answers a search still needs in which OPEN alternatives wait, and which may have MOST more. */
extern double estimate_of_search (const struct estimate *estimate, uint64_t open, double most);

struct session;

/* How many runs SESSION still needs, with its lock held. */
extern double estimate_runs_left (const struct session *session);

#endif
