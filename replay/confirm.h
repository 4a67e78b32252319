/* SPDX-License-Identifier: BSD-3-Clause */
/* What was found wrong is held against freshly booted guests. */
#ifndef POWERCUT_REPLAY_CONFIRM_H
#define POWERCUT_REPLAY_CONFIRM_H

#include "replay/worker.h"

/* Let WORKER take part in confirming the findings, once all crash points are done, until none is left.  Returns 0, also
 * after a stop, or -1 after a message.
 */
extern int confirm_findings (struct worker *worker);

/* When all workers are done: findings that are alike share the confirmation of the first of them; some may be joined
 * then.  Returns 0, or -1 after a message.
 */
extern int settle_findings (struct session *session);

#endif
