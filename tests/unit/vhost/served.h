/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that is served by a thread of the test. */
#ifndef POWERCUT_TESTS_UNIT_VHOST_SERVED_H
#define POWERCUT_TESTS_UNIT_VHOST_SERVED_H

#include "vhost/vhost.h"

/* Serve DEVICE.  Returns the driver's end of the connection. */
extern int serve_device (const struct vhost_device *device);

/* Ask the thread to stop. */
extern void stop_device (void);

/* Wait for the end.  Returns what vhost_serve returned. */
extern int device_result (void);

#endif
