/* SPDX-License-Identifier: BSD-3-Clause */
/* The device of a run, with all disks of the log: an nbdkit with the crashstate plugin, and our hand on its control
 * export.
 */
#ifndef POWERCUT_REPLAY_DEVICE_H
#define POWERCUT_REPLAY_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/disks.h"
#include "log/crash-state.h"
#include "nbd-plugin/crashstate-control.h"

struct device;

/* Serve LOG on a socket in FOLDER, and the first DIRECT of its disks, at most DISKS_MAX, each also on a socket for a
 * guest whose disks are vhost-user's.  NULL after a message.
 */
extern struct device *device_start (const char *log, const char *folder, size_t direct);
extern void device_stop (struct device *device);

/* Serve LOG, whose disks must be as large, from now on.  Returns 0, or -1 after a message. */
extern int device_change (struct device *device, const char *log);

/* The Unix socket that a guest's disks connect to. */
extern const char *device_socket (const struct device *device);

/* That of the disk NUMBER alone, or NULL. */
extern const char *device_direct (const struct device *device, size_t number);

/* The process that serves it, to be watched. */
extern pid_t device_server (const struct device *device);

/* The processor time that the device has used, in seconds. */
extern double device_cpu_seconds (const struct device *device);

/* Become the crash state of SELECTION.  Returns 0, or -1 after a message. */
extern int device_select (struct device *device, const struct selection *selection);

/* What a run did with the device since it was selected. */
struct device_report {
  struct control_report head;   /* in host order */
  const struct choice *decisions;       /* head.decision_count of them */
  const struct control_seen *seen;      /* head.seen_count of them */
};

/* Ask for the report.  What it points to stays valid until the next call.  Returns 0, or -1 after a message. */
extern int device_report (struct device *device, struct device_report *report);

/* Which sectors the run has written, in *written, valid until the next call, and how many entries that are.  Returns 0,
 * or -1 after a message.
 */
extern int device_written (struct device *device, const struct control_seen **written, size_t *count);

/* All that the run has written, and its flushes, in *tape, whose bytes are to free; they are NULL if it was too much.
 * Returns 0, or -1 after a message.
 */
extern int device_tape (struct device *device, struct log_tape *tape);

/* Read COUNT bytes at OFFSET of the first disk, whole sectors that the run has written.  Returns 0, or -1 after a
 * message.
 */
extern int device_read (struct device *device, void *buffer, size_t count, uint64_t offset);

#endif
