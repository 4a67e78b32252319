/* SPDX-License-Identifier: BSD-3-Clause */
/* Rebuild the crash states of a log, let a kernel recover each, and say what is left. */
#ifndef POWERCUT_COMMANDS_REPLAY_H
#define POWERCUT_COMMANDS_REPLAY_H

#include "commands/replay-options.h"
#include "replay/guest-cache.h"

/* Do with the log what OPTIONS, which replay_options_check has found right, say.  Returns the exit status. */
extern int replay (const struct replay_options *options);

/* Program `replay`; ARGV[0] is its name.  With KEPT not NULL its guest is used and one is left there, and the thread
 * that calls this must last as long as KEPT does.  Returns the exit status.
 */
extern int replay_command (int argc, char **argv, struct kept *kept);

#endif
