/* SPDX-License-Identifier: BSD-3-Clause */
/* A person in a guest, with a crash state for a disk. */
#ifndef POWERCUT_REPLAY_SHELL_H
#define POWERCUT_REPLAY_SHELL_H

#include "replay/runner.h"

/* Boot a guest on the state of SELECTION and put the user on a shell there until it ends: recovered and mounted, or
 * with BEFORE_RECOVERY as the crash left it.  The initramfs must have the shell (guest/image.h).  Files go into
 * FOLDER.  Returns 0, or -1 after a message.
 */
extern int shell_run (const struct runner_config *config, const char *folder, const struct selection *selection,
                      bool before_recovery);

#endif
