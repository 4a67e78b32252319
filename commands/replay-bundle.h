/* SPDX-License-Identifier: BSD-3-Clause */
/* What --bundle packs: first the log is cut, then the state is seen with what is left of it. */
#ifndef POWERCUT_COMMANDS_REPLAY_BUNDLE_H
#define POWERCUT_COMMANDS_REPLAY_BUNDLE_H

#include "commands/replay-state.h"
#include "replay/session.h"

/* Cut LOG at POSITION into DIRECTORY/log.bin, *path, to free.  A checker that is on this machine goes into it.  Returns
 * 0, or -1 after a message.
 */
extern int bundle_cut (const struct replay_options *options, const struct write_log *log, uint32_t position,
                       const char *directory, char **path);

/* With a log that ends at the crash: make a run of STATE, so that the bundle tells what it will show, and pack it.
 * Returns 0, or -1 after a message.
 */
extern int bundle_make (const struct replay_options *options, const struct session_config *config,
                        const struct named_state *state);

#endif
