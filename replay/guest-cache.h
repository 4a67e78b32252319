/* SPDX-License-Identifier: BSD-3-Clause */
/* A runner that is kept from one replay to the next, with its guest and the extras that this has. */
#ifndef POWERCUT_REPLAY_GUEST_CACHE_H
#define POWERCUT_REPLAY_GUEST_CACHE_H

#include <stdint.h>

#include "guest/initramfs/initramfs.h"
#include "log/reader.h"
#include "replay/runner.h"

struct kept;

/* Nothing is kept at first.  NULL after a message. */
extern struct kept *kept_new (void);
extern void kept_free (struct kept *kept);

/* Say what the next replay needs: guests with these extras, kernel and memory, and the disks of LOG.  A runner that is
 * of anything else is ended. *file, to free, is where the extras are.  Returns 0, or -1 after a message.
 */
extern int kept_extras (struct kept *kept, struct initramfs *extras, const struct kernel *kernel,
                        uint64_t memory_bytes, const struct write_log *log, char **file);

/* The runner that is kept, which is for runner_change then, or NULL. */
extern struct runner *kept_take (struct kept *kept);

/* Where the files of one are that is to be kept. */
extern const char *kept_folder (const struct kept *kept);

/* Keep RUNNER, which has done its work without an error, or is NULL. */
extern void kept_give (struct kept *kept, struct runner *runner);

#endif
