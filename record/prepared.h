/* SPDX-License-Identifier: BSD-3-Clause */
/* Disks are prepared once, by mkfs, --initial and --setup, and kept for all recordings that would do the same: by the
 * recorder while it is there, and in the cache (guest/saved.h) for others.
 *
 * Of several processes that want the same one prepares it, and the others wait.
 */
#ifndef POWERCUT_RECORD_PREPARED_H
#define POWERCUT_RECORD_PREPARED_H

#include "record/recorder.h"

/* RECORDER's server has empty disks, which no guest has seen since.  Let them hold what was prepared before of all that
 * the recording wants: recorder->prepared.  If that is all, the log of the recording has begun; if not, what is done is
 * recorded aside.  Returns 0, or -1 after a message.
 */
extern int prepared_find (struct recorder *recorder);

/* Whether it is known that what prepares the tree of RECORDER's recording leaves more than is on its disks. */
extern bool prepared_is_live (const struct recorder *recorder);

/* The guest has brought the disks to PREPARATION, and written it out: keep it.  If it is what the recording wants, its
 * log begins.  With LIVE it is not kept, because more than the disks holds what was prepared.  Returns 0, or -1 after a
 * message.
 */
extern int prepared_reached (struct recorder *recorder, enum preparation preparation, bool live);

/* Let others prepare what this recording has not come to keep. */
extern void prepared_give_up (struct recorder *recorder);

/* Forget what was kept for the next recording. */
extern void prepared_forget (struct recorder *recorder);

#endif
