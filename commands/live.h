/* SPDX-License-Identifier: BSD-3-Clause */
/* The live replay: while an update is recorded, another process replays what is in the log already, tells the first
 * violations as soon as a freshly booted guest has seen them, too, and remembers in a file what its runs saw, for the
 * replay that comes after the recordings.
 *
 * What a crash at some position leaves, and what is right then, depends on what was recorded up to there: so each state
 * that it visits is one of the whole log's.  What it does not do is what needs the end: the last event so far is no
 * crash point, and where a tree tells right from wrong that is observed after the update (or the step), nobody judges
 * contents before that.
 */
#ifndef POWERCUT_COMMANDS_LIVE_H
#define POWERCUT_COMMANDS_LIVE_H

#include <signal.h>

#include "commands/replay-options.h"

struct live;

/* With --stop-at-first it sends this signal to the process that started it once it has told its first violation. */
#define LIVE_ENOUGH_SIGNAL SIGUSR1

/* Can what OPTIONS ask for be replayed live?  Returns 0, or -1 after a message. */
extern int live_check (const struct replay_options *options);

/* Start that process for the recordings that OPTIONS, which must outlive it, name.  There must not be other threads,
 * nor stop_install have been called.  NULL after a message.
 */
extern struct live *live_start (const struct replay_options *options);

/* Let it go on with recording number NUMBER, which begins now. */
extern void live_begin (struct live *live, size_t number);

/* End it. */
extern void live_end (struct live *live);

/* The first violation that it told.  Once it has ended. */
extern const struct live_first *live_first (const struct live *live);

/* The file in which it remembers, or NULL: it has none. */
extern const char *live_learnt (const struct live *live);

/* With LIVE NULL nothing is done. */
extern void live_free (struct live *live);

#endif
