/* SPDX-License-Identifier: BSD-3-Clause */
/* The base of guests: an archive of what all guests of a kernel have in common, which is the agent, and the modules for
 * devices and for every file system that the kernel has.
 *
 * It is made once and kept (guest/saved.h) for as long as the files are the same that it was made of.
 */
#ifndef POWERCUT_GUEST_BASE_H
#define POWERCUT_GUEST_BASE_H

#include <stddef.h>
#include <sys/types.h>

#include "filesystem/filesystem.h"
#include "guest/kernel/kernel.h"

/* Most modules that are asked for by name for one file system. */
#define BASE_MODULES_MAX (1 + FILESYSTEM_MODULES_MAX)

/* What the guest's own NBD client needs. */
#define BASE_NBD_MODULES "virtio_net", "nbd"

struct guest_base {
  int fd;                       /* of a file that has the archive ... */
  off_t offset;                 /* ... from here to its end */
  char *identity;               /* two bases with this text are the same */
};

/* Have the base of guests of KERNEL.  Returns 0, or -1 after a message.  Release it in any case. */
extern int guest_base_open (const struct kernel *kernel, struct guest_base *base);
extern void guest_base_release (struct guest_base *base);

/* Put the modules for FILESYSTEM after the COUNT names in NAMES: one that ends in `?` may be missing.  Returns the new
 * count.
 */
extern size_t base_filesystem_modules (const char *filesystem, const char **names, size_t count);

#endif
