/* SPDX-License-Identifier: BSD-3-Clause */
/* What a session is to do, from the command line and the log. */
#ifndef POWERCUT_COMMANDS_REPLAY_CONFIG_H
#define POWERCUT_COMMANDS_REPLAY_CONFIG_H

#include "commands/replay-options.h"
#include "guest/kernel/kernel.h"
#include "replay/expected.h"
#include "replay/session.h"

/* Have *config for visiting the states of LOG as OPTIONS say, and the guest's initramfs, in DIRECTORY or with the guest
 * that is kept; its name, to free in any case, is in *initramfs_file.  All that is given must outlive the session.
 * Returns 0, or
 * -1 after a message.
 */
extern int session_configure (const struct replay_options *options, const struct write_log *log,
                              const struct kernel *kernel, const struct expected *expected, const char *directory,
                              struct session_config *config, char **initramfs_file);

#endif
