/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel has done with a device of blocks. */
#ifndef POWERCUT_GUEST_AGENT_ACTIVITY_H
#define POWERCUT_GUEST_AGENT_ACTIVITY_H

#include <limits.h>
#include <stdint.h>

struct activity {
  uint64_t sectors_changed;     /* written or discarded so far */
  uint64_t in_flight;           /* requests */
};

/* Where sysfs tells that of DEVICE, a path in /dev. */
extern void activity_file (const char *device, char stat_file[PATH_MAX]);

/* Read STAT_FILE.  Returns 0, or -1 with errno. */
extern int activity_read (const char *stat_file, struct activity *activity);

#endif
