/* SPDX-License-Identifier: BSD-3-Clause */
/* What the process of a live replay (commands/live.h) does. */
#ifndef POWERCUT_COMMANDS_LIVE_FOLLOW_H
#define POWERCUT_COMMANDS_LIVE_FOLLOW_H

#include "commands/replay-options.h"

/* Told to it: a recording begins. */
struct live_begun {
  uint64_t number;              /* among the logs of the options */
  uint64_t since_ns;            /* not before this (CLOCK_REALTIME): a log that is older is another one */
};

/* What it tells: its first violation. */
struct live_told {
  uint64_t number;              /* of the recording */
  double seconds, since_seconds;        /* as in struct live_first */
};

/* Follow the recordings that OPTIONS name, as BEGUN says which one begins (a struct live_begun each), until it ends or
 * a stop is asked for.  What runs saw goes to the file LEARNT; the first violation, besides standard error, to TOLD (a
 * struct live_told).  With options->stop_at_first that is the end, too, and 1 is returned; else 0, or -1 after
 * a message.
 */
extern int live_follow (const struct replay_options *options, const char *learnt, int begun, int told);

#endif
