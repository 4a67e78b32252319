/* SPDX-License-Identifier: BSD-3-Clause */
/* What a device holds before a recording begins: the content of an image file goes into the log as ordinary writes. */
#ifndef POWERCUT_LOG_BASE_IMAGE_H
#define POWERCUT_LOG_BASE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of the regular file PATH, rounded up to a sector, into *size_bytes.  Returns 0, or -1 after a message; a
 * file that is empty has no size.
 */
extern int base_image_size (const char *path, uint64_t *size_bytes);

/* What to do with COUNT bytes at DATA, which stand at OFFSET.  Returns 0, or -1 after a message. */
typedef int base_image_put (void *opaque, uint64_t offset, const void *data, uint32_t count);

/* Hand all that the regular file PATH holds to PUT, in order, but for blocks of zeros, which a device of SIZE_BYTES has
 * anyway; blocks side by side come as one.  Returns 0, or -1 after a message, also if the file is larger than the
 * device.
 */
extern int base_image_read (const char *path, uint64_t size_bytes, base_image_put *put, void *opaque);

/* Whether LENGTH bytes, at least one, are all zeros. */
extern bool data_is_zero (const void *data, size_t length);

#endif
