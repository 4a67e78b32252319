/* SPDX-License-Identifier: BSD-3-Clause */
/* What the file system in a log was made with. */
#ifndef POWERCUT_REPLAY_MADE_H
#define POWERCUT_REPLAY_MADE_H

#include <stdint.h>

#include "log/reader.h"

/* The features (filesystem/filesystem.h) of the file system on the first device of LOG, as the log leaves it, into
 * *features.  Returns 0, or -1 after a message.
 */
extern int made_features (const struct write_log *log, uint32_t *features);

#endif
