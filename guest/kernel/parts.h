/* SPDX-License-Identifier: BSD-3-Clause */
/* What finding kernels and listing them share. */
#ifndef POWERCUT_GUEST_KERNEL_PARTS_H
#define POWERCUT_GUEST_KERNEL_PARTS_H

#include <stdbool.h>

/* The modules of RELEASE below BASE, in lib/modules or usr/lib/modules, if they are there and readable: to free, else NULL. */
extern char *kernel_modules_in (const char *base, const char *release);

/* Is NAME one of those that images have? */
extern bool kernel_is_image_name (const char *name);

#endif
