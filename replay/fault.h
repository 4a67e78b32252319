/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that breaks its promise in one place: a log in which that has happened.
 *
 * The kernel that was recorded did not notice, and goes on as it did: what it has read since is not made anew.  All
 * else is as in the log, so that positions and state ids are the same:
 *   - lost-flush: the device answers a flush and flushes nothing.  It counts as one that failed.
 *   - lost-fua: the device answers a write, zero or trim with FUA before it is durable.  It counts as one without.
 *   - misdirected: a write lands where it does not belong: as much further as it is long or, where the device ends
 *     before that, as much before.  Where it should be, the old bytes stay.
 *   - bitrot: every bit of one block of 4096 bytes reads as the other one, whatever was written there last.  Zeros that
 *     no data were written for, or that a zero or trim made, stay.
 */
#ifndef POWERCUT_REPLAY_FAULT_H
#define POWERCUT_REPLAY_FAULT_H

#include "log/reader.h"

#define FAULT_BLOCK 4096        /* bytes */

enum fault_kind {
  FAULT_LOST_FLUSH,
  FAULT_LOST_FUA,
  FAULT_MISDIRECTED,
  FAULT_BITROT,
};

struct fault {
  enum fault_kind kind;
  uint16_t device;              /* of a block */
  uint64_t place;               /* the position of the operation, or the number of the block */
};

/* Whether TEXT, of --fault, is KIND or KIND:PLACE.  Returns 0, or -1 after a message. */
extern int fault_check (const char *text);

/* Whether TEXT, which fault_check has passed, names a place. */
extern bool fault_is_one (const char *text);

/* What TEXT stands for in LOG, in *faults, to free, and their number in *count: that one place or, without one, all
 * that the update has.  Returns 0, or -1 after a message: there is none.
 */
extern int faults_find (const struct write_log *log, const char *text, struct fault **faults, size_t *count);

/* FAULT as --fault has it, to free; NULL after a message. */
extern char *fault_text (const struct write_log *log, const struct fault *fault);

/* Write LOG with FAULT to PATH, made anew.  Returns 0, or -1 after a message. */
extern int fault_write (const struct write_log *log, const struct fault *fault, const char *path);

#endif
