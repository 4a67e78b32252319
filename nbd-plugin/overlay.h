/* SPDX-License-Identifier: BSD-3-Clause */
/* What a guest wrote over a crash state, and what it read of it: a sparse copy-on-write layer by block and sector. */
#ifndef POWERCUT_NBD_PLUGIN_OVERLAY_H
#define POWERCUT_NBD_PLUGIN_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "log/crash-state.h"

struct overlay;

/* An empty layer, whose writes take at most BYTES_MAX of memory; or NULL with errno ENOMEM. */
extern struct overlay *overlay_new (uint64_t bytes_max);
extern void overlay_free (struct overlay *overlay);

/* Forget everything; the memory is kept for the next run. */
extern void overlay_clear (struct overlay *overlay);

/* Write the sectors of SECTORS (bit 0 is the first) of a block from their places in DATA, or, if DATA is NULL, zeros,
 * which take little memory.  Returns 0, or -1 with errno: ENOSPC at the limit, ENOMEM.
 */
extern int overlay_write (struct overlay *overlay, unsigned device, uint64_t block, unsigned sectors, const void *data);

/* Copy those of SECTORS that are written to their places in BUFFER.  Returns the sectors that are not. */
extern unsigned overlay_read (const struct overlay *overlay, unsigned device, uint64_t block, unsigned sectors,
                              void *buffer);

/* The next block after number *at, 0 at first, that has written sectors: they are in *sectors.  False at the end. */
extern bool overlay_next_written (const struct overlay *overlay, size_t *at, unsigned *device, uint64_t *block,
                                  unsigned *sectors);

/* Note that SECTORS of a block are read.  Returns those that were not noted before: all of them on a lack of memory. */
extern unsigned overlay_note_read (struct overlay *overlay, unsigned device, uint64_t block, unsigned sectors);

#endif
