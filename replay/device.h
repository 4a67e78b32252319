/* SPDX-License-Identifier: BSD-3-Clause */
/* The device of a run: an nbdkit with the crashstate plugin, and our hand on its control export. */
#ifndef POWERCUT_DEVICE_H
#define POWERCUT_DEVICE_H

#include <stdint.h>

#include "log/crash-state.h"
#include "nbd-plugin/control.h"

struct device;

/* Serve LOG on a socket in FOLDER.  NULL after a message. */
extern struct device *device_start (const char *log, const char *folder);
extern void device_stop (struct device *device);

/* The Unix socket that a guest's disk connects to. */
extern const char *device_socket (const struct device *device);

/* Become the state at POINT under CHOICES; undecided writes become present when they are needed.  Returns 0, or -1 after a message. */
extern int device_select (struct device *device, uint32_t point, const struct choice *choices, size_t count);

/* What happened since: *report in host order, and the decisions in *decisions, which stay valid until the next call.  Returns 0, or -1 after a message. */
extern int device_report (struct device *device, struct control_report *report, const struct choice **decisions);

#endif
