/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run reads and writes: a crash state under a copy-on-write layer, and the report of what was done with it. */
#ifndef POWERCUT_NBD_PLUGIN_RUN_IO_H
#define POWERCUT_NBD_PLUGIN_RUN_IO_H

#include <stddef.h>
#include <stdint.h>

#include "log/crash-state.h"
#include "log/writer.h"

struct run_io;

/* Nothing is done yet; what is written takes at most BYTES_MAX of memory.  NULL with errno ENOMEM. */
extern struct run_io *run_io_new (uint64_t bytes_max);
extern void run_io_free (struct run_io *run);

/* Forget what was done; another run begins. */
extern void run_io_begin (struct run_io *run);

/* Read COUNT bytes at OFFSET of DEVICE, both whole sectors inside the device: what the run wrote, and where it did not,
 * STATE. Returns 0, or -1 with errno ENOMEM.
 */
extern int run_io_read (struct run_io *run, struct crash_state *state, unsigned device, void *buffer, uint32_t count,
                        uint64_t offset);

/* Do OPERATION, a write of DATA, a zero or a trim, likewise.  Returns 0, or -1 with errno: ENOSPC at the limit, after a
 * message the first time; ENOMEM.
 */
extern int run_io_write (struct run_io *run, const struct log_operation *operation, const void *data);

/* Note that DEVICE was flushed: what is written is in memory, and stays there. */
extern void run_io_flush (struct run_io *run, unsigned device);

/* The report (nbd-plugin/crashstate-control.h) as it is sent, with the decisions of STATE: *size bytes, to free, or
 * NULL with errno ENOMEM.
 */
extern char *run_io_report (const struct run_io *run, const struct crash_state *state, size_t *size);

/* What the run wrote so far (nbd-plugin/crashstate-control.h) as it is sent: *size bytes, to free, or NULL with errno
 * ENOMEM.
 */
extern char *run_io_written (const struct run_io *run, size_t *size);

/* The tape of the run so far (nbd-plugin/crashstate-control.h), likewise. */
extern char *run_io_tape (const struct run_io *run, size_t *size);

#endif
