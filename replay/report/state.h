/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run of one state showed, for a terminal. */
#ifndef POWERCUT_REPLAY_REPORT_STATE_H
#define POWERCUT_REPLAY_REPORT_STATE_H

#include "replay/session.h"

/* Print SEEN, a state of the replay of RESULTS, on standard output.  Returns 0, or -1 after a message. */
extern int state_print (const struct results *results, const struct seen_state *seen);

#endif
