/* SPDX-License-Identifier: BSD-3-Clause */
/* What every guest's initramfs begins with. */
#ifndef POWERCUT_GUEST_IMAGE_H
#define POWERCUT_GUEST_IMAGE_H

#include <stdbool.h>

#include "guest/initramfs/initramfs.h"
#include "guest/kernel/kernel.h"

/* As kernel_find, but of several fetched kernels that SPEC stands for, one that has all of FILESYSTEMS (names with
 * commas between them), and with HOST_ROOT what guest_image_add_host_root needs, if there is one.
 */
extern int guest_kernel_find (const char *spec, const char *filesystems, bool host_root, struct kernel *kernel);

/* An initramfs with the agent as init, the modules for FILESYSTEM and the devices, and its fsck if recovery needs it;
 * with NBD also those for the kernel's own NBD client.  NULL after a message (an unknown file system, a kernel without
 * it).
 */
extern struct initramfs *guest_image_new (const struct kernel *kernel, const char *filesystem, bool nbd);

/* Whether KERNEL has a driver for FILESYSTEM: 1 or 0, or -1 after a message.  Of one without modules nobody knows: 1.
 */
extern int guest_image_supports (const struct kernel *kernel, const char *filesystem);

/* The same for a guest that is kept for others of FILESYSTEMS (names with commas between them), as far as its kernel
 * has them: which of these FILESYSTEM is makes no difference.  What needs an fsck (filesystem/filesystem.h) gets an
 * image of its own all the same.
 */
extern struct initramfs *guest_image_new_for_many (const struct kernel *kernel, const char *filesystem,
                                                   const char *filesystems, bool nbd);

/* Pack what the checker CHECK needs, with the COUNT paths INCLUDED of the host, into FILE, for a log to carry
 * (initramfs_pack).  CONFINE, if not NULL, is as for initramfs_confine.  Returns 0, or -1 after a message.
 */
extern int guest_image_pack_checker (const char *check, const char *const *included, size_t count, const char *confine,
                                     const char *file);

/* Let the host's root be the guest's, as far as this user may read it: its file systems through 9p, which struct
 * vm_config must have, and what programs write in memory.  Returns 0, or -1 after a message, for example because KERNEL
 * has no 9p.
 */
extern int guest_image_add_host_root (struct initramfs *initramfs, const struct kernel *kernel);

/* Add what a person needs on a shell there: busybox under all its names, and the programs for FILESYSTEM that this host
 * has.  Returns 0, or -1 after a message.
 */
extern int guest_image_add_shell (struct initramfs *initramfs, const char *filesystem);

#endif
