/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel inside a boot image. */
#ifndef POWERCUT_GUEST_KERNEL_UNPACK_H
#define POWERCUT_GUEST_KERNEL_UNPACK_H

/* The kernel inside IMAGE as a file that QEMU boots at once: unpacked, once, beside the image, if that is a fetched
 * kernel's.  To free.  NULL, without a message, where the image itself has to do.
 */
extern char *kernel_unpacked (const char *image);

/* Does the kernel in IMAGE know the module parameter MODULE.NAME by itself, which it does only if that module is built
 * in?  1 or 0, or -1 without a message: what is in the image cannot be seen.
 */
extern int kernel_has_builtin (const char *image, const char *parameter);

#endif
