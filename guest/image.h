/* SPDX-License-Identifier: BSD-3-Clause */
/* What is taken into a guest.
 *
 * It is two archives: the base (guest/base.h), which all guests of a kernel have in common, and the extras, which are
 * this guest's: programs, files and their environment.
 */
#ifndef POWERCUT_GUEST_IMAGE_H
#define POWERCUT_GUEST_IMAGE_H

#include <stdbool.h>

#include "guest/initramfs/initramfs.h"
#include "guest/kernel/kernel.h"

/* As kernel_find, but of several fetched kernels that SPEC stands for, one that has all of FILESYSTEMS (names with
 * commas between them), and with HOST_ROOT what guest_image_add_host_root needs, if there is one.
 */
extern int guest_kernel_find (const char *spec, const char *filesystems, bool host_root, struct kernel *kernel);

/* Begin the extras of a guest of KERNEL: the environment, and the fsck of FILESYSTEM, made with FEATURES
 * (filesystem/filesystem.h), if recovery needs it.  NULL after a message: for example because KERNEL has no driver for
 * FILESYSTEM or, with NBD, none for the guest's own NBD client.
 */
extern struct initramfs *guest_extras_new (const struct kernel *kernel, const char *filesystem, uint32_t features,
                                           bool nbd);

/* Add to the extras what checks FILESYSTEM and leaves it as it is.  Returns 0, or -1 after a message. */
extern int guest_image_add_fsck (struct initramfs *extras, const char *filesystem);

/* Whether KERNEL has a driver for FILESYSTEM: 1 or 0, or -1 after a message.  Of one without modules nobody knows: 1.
 */
extern int guest_image_supports (const struct kernel *kernel, const char *filesystem);

/* Pack what the checker CHECK needs, with the COUNT paths INCLUDED of the host, and what the shell command ASSEMBLE
 * does, into FILE, for a log to carry (initramfs_pack); one of the two commands may be NULL.  CONFINE, if not NULL, is
 * as for initramfs_confine.  Returns 0, or -1 after a message.
 */
extern int guest_image_pack (const char *check, const char *assemble, const char *const *included, size_t count,
                             const char *confine, const char *file);

/* Add to the extras what joins several paths to a disk.  Returns 0, or -1 after a message: KERNEL has not got it. */
extern int guest_image_add_multipath (struct initramfs *extras, const struct kernel *kernel);

/* Let the extras say that the host's root is the guest's, as far as this user may read it: its file systems through 9p,
 * which struct vm_config must have, and what programs write in memory.  Returns 0, or -1 after a message, for example
 * because KERNEL has no 9p.
 */
extern int guest_image_add_host_root (struct initramfs *extras, const struct kernel *kernel);

/* Add to the extras of a guest of KERNEL the modules of md and the device mapper, as far as there are any.  Returns 0,
 * or -1 after a message.
 */
extern int guest_image_add_assembly (struct initramfs *extras, const struct kernel *kernel);

/* Add to the extras what a person needs on a shell there: busybox under all its names, and the programs for FILESYSTEM
 * that this host has.  Returns 0, or -1 after a message.
 */
extern int guest_image_add_shell (struct initramfs *extras, const char *filesystem);

#endif
