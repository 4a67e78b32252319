/* SPDX-License-Identifier: BSD-3-Clause */
/* What a frozen file system promises, held against the log alone: no guest is needed.
 *
 * A file system is frozen from a mark `freeze` to the next mark `thaw`, or to the end of what is explored.  In such a
 * stretch
 *   - no write, zero or trim is issued, and
 *   - nothing is pending: a copy of the device is the same whenever it is made, and a power cut loses nothing.
 * Some file systems leave copies of something on purpose, for the device to write when it likes; these may be pending,
 * once they have completed (filesystem/filesystem.h), and so may trims.
 */
#ifndef POWERCUT_REPLAY_FREEZE_H
#define POWERCUT_REPLAY_FREEZE_H

#include "log/choice.h"
#include "replay/findings.h"

/* Add a finding of kind `freeze` for each rule that a stretch breaks.  A finding's states are those of its crash point,
 * under TEAR.  Returns 0, or -1 after a message.
 */
extern int freeze_check (const struct write_log *log, const struct tear *tear, struct findings *findings);

#endif
