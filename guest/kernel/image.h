/* SPDX-License-Identifier: BSD-3-Clause */
/* Boot images of x86 kernels, as files. */
#ifndef POWERCUT_GUEST_KERNEL_IMAGE_H
#define POWERCUT_GUEST_KERNEL_IMAGE_H

#include <stdbool.h>

/* Is NAME one of those that images have? */
extern bool kernel_is_image_name (const char *name);

/* The release text in the header of an x86 boot image (Documentation/arch/x86/boot.rst, kernel_version at offset
 * 0x20e), to free, or NULL after a message.
 */
extern char *kernel_image_release (const char *image);

/* The same without the message: *why says, after the image's name, what is wrong. */
extern char *kernel_read_release (const char *image, const char **why);

#endif
