/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for the tests, as far as they are looked at: an image is a boot header.  The program that links this sees its
 * own messages.
 */
#ifndef POWERCUT_TESTS_UNIT_PUT_KERNEL_H
#define POWERCUT_TESTS_UNIT_PUT_KERNEL_H

#include <stddef.h>

/* As long as two sectors of setup code: the release lies in the second. */
#define IMAGE_SIZE 1536
#define IMAGE_RELEASE_AT 1024

/* The cache directory of the running test, in which it stands. */
extern char *cache;

/* What error_message was last called with, in place of libmessage. */
extern char last_message[4096];

/* Unchecked fixture: a directory for all tests. */
extern void make_work_folder (void);
extern void remove_work_folder (void);

/* Checked fixture: an empty cache for each test, which runs in a process of its own. */
extern void use_empty_cache (void);
extern void forget_cache (void);

/* Write SIZE bytes to PATH, relative to the test's folder, and make the folders above it. */
extern void put_file (const char *path, const void *data, size_t size);
extern void put_text (const char *path, const char *text);

extern void fill_image (unsigned char *image, const char *release);
extern void put_image (const char *path, const char *release);

/* An unpacked package in the folder TOP. */
extern void put_package (const char *top, const char *release);

/* A kernel in the cache. */
extern void put_fetched (const char *release);

#endif
