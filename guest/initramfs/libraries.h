/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared libraries of a program, found as its loader would find them, and without running it. */
#ifndef POWERCUT_GUEST_INITRAMFS_LIBRARIES_H
#define POWERCUT_GUEST_INITRAMFS_LIBRARIES_H

#include "common/text-list.h"

/* Add to LIST the paths of what the program or shared library PATH needs: its loader, the loader's cache, and all
 * libraries, also those that libraries need; nothing for a static program.  They are looked for where the loader of
 * glibc looks: in DT_RPATH, LD_LIBRARY_PATH, DT_RUNPATH, the cache, and the default directories; $ORIGIN is known
 * there.  Returns 0, or -1 with one line in WHY, which has room for WHY_SIZE bytes.  It prints nothing.
 */
extern int libraries_find (const char *path, struct text_list *list, char *why, size_t why_size);

#endif
