/* SPDX-License-Identifier: BSD-3-Clause */
/* Machines that are booted once, saved before anything of a recording is in them, and restored for each guest.
 *
 * A snapshot is for one kernel with its base (guest/base.h), QEMU, accelerator and amount of memory.  What guests
 * differ in comes after it is restored: disks, files, time, and the seed of random numbers.  A snapshot that does not
 * restore is removed: it costs time, and nothing else.
 */
#ifndef POWERCUT_GUEST_SNAPSHOT_H
#define POWERCUT_GUEST_SNAPSHOT_H

#include <stdbool.h>

#include "guest/vm.h"

/* Start a guest as CONFIG says from a snapshot, which is made if there is none.  Returns true with *vm, which is NULL
 * after a message, or silently after a stop; or false: it has to be booted.
 */
extern bool snapshot_start (const struct vm_config *config, struct vm **vm);

#endif
