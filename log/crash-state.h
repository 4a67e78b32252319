/* SPDX-License-Identifier: BSD-3-Clause */
/* What is on the devices at a crash point under one choice for each pending write.
 *
 * This is mechanism: which writes are pending, and which choices come next, is decided elsewhere
 * (replay/search/model.h, replay/search/search.h).  Every write issued at the point or before is there, except where a
 * choice says otherwise; in each sector the latest write that is there wins, in issue order unless a choice says
 * otherwise of two that have none (log/orders.h); a trim or zero is a write of zeros; a sector that no write touched is
 * zeros.
 */
#ifndef POWERCUT_LOG_CRASH_STATE_H
#define POWERCUT_LOG_CRASH_STATE_H

#include "log/choice.h"

#define BLOCK_SIZE ((uint32_t) LOG_SECTOR << INDEX_BLOCK_LEVEL)
#define BLOCK_SECTORS (1u << INDEX_BLOCK_LEVEL)
#define BLOCK_ALL ((1u << BLOCK_SECTORS) - 1)

struct crash_state;

/* A state of LOG, which must outlive it: at first, everything in the log is there.  NULL with errno ENOMEM. */
extern struct crash_state *crash_state_new (const struct write_log *log);
extern void crash_state_free (struct crash_state *state);

/* Move to the crash point and the choices of SELECTION, which is not kept.  Returns 0, or -1 with errno EINVAL (no such
 * position, a write that is not issued by then, an unknown kind, mode or preference, a sector size that is none) or
 * ENOMEM; after an error the state is the one of crash_state_new.
 */
extern int crash_state_select (struct crash_state *state, const struct selection *selection);

/* Read the sectors of SECTORS (bit 0 is the first) of the 4 KiB block BLOCK of DEVICE into their places in BUFFER.  A
 * piece of an undecided write is decided if, and only if, the bytes of one of these sectors depend on it.
 */
extern void crash_state_read_block (struct crash_state *state, unsigned device, uint64_t block, unsigned sectors,
                                    void *buffer);

/* The sectors of the block BLOCK of its device that WRITE touches. */
extern unsigned write_block_sectors (const struct log_write *write, uint64_t block);

/* Read COUNT bytes at OFFSET, both multiples of LOG_SECTOR and inside the device. */
extern void crash_state_read (struct crash_state *state, unsigned device, void *buffer, size_t count, uint64_t offset);

/* The choices that reads have made since crash_state_select, in order; valid until the next read. */
extern const struct choice *crash_state_decisions (const struct crash_state *state, size_t *count);

/* Decide as CHOICE says, which tear_choice or tear_turned gave, as a read would: what of it is undecided still. */
extern void crash_state_decide (struct crash_state *state, struct choice choice);

/* Take back all decisions but the first COUNT. */
extern void crash_state_undo (struct crash_state *state, size_t count);

#endif
