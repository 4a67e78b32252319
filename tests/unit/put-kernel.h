/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for the tests, as far as they are looked at: an image is a boot header. */
#ifndef POWERCUT_TESTS_UNIT_PUT_KERNEL_H
#define POWERCUT_TESTS_UNIT_PUT_KERNEL_H

/* As long as two sectors of setup code: the release lies in the second. */
#define IMAGE_SIZE 1536
#define IMAGE_RELEASE_AT 1024

/* What goes before each test: a directory of its own (tests/unit/work.h), which is an empty cache. */
extern void use_empty_cache (void);

extern void fill_image (unsigned char *image, const char *release);
extern void put_image (const char *path, const char *release);

/* An unpacked package in the directory TOP. */
extern void put_package (const char *top, const char *release);

/* A kernel in the cache. */
extern void put_fetched (const char *release);

#endif
