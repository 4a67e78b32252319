/* SPDX-License-Identifier: BSD-3-Clause */
/* Making the file system that a recording begins with. */
#ifndef POWERCUT_MKFS_H
#define POWERCUT_MKFS_H

#include <stddef.h>
#include <stdint.h>

/* Make a sparse image of SIZE_BYTES at PATH with a file system of TYPE, by the host's mkfs.TYPE; ARGUMENTS are more words for
 * it, separated by spaces, or NULL.  Returns 0, or -1 after a message (no such mkfs, a size that it refuses).
 */
extern int mkfs_image (const char *type, uint64_t size_bytes, const char *arguments, const char *path);

/* The file systems that powercut knows how to make, by number, or NULL behind the last. */
extern const char *mkfs_type (size_t index);

/* Is there a program that makes file systems of TYPE?  Returns 0, or -1 after a message. */
extern int mkfs_check (const char *type);

#endif
