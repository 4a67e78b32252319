/* SPDX-License-Identifier: BSD-3-Clause */
/* The cache of fetched kernels. */
#ifndef POWERCUT_GUEST_KERNEL_STORE_H
#define POWERCUT_GUEST_KERNEL_STORE_H

/* The file in a fetched kernel's directory that says its suite, in one line. */
#define KERNEL_SUITE_NAME "suite"

/* The directory in powercut's cache that holds one directory for each fetched kernel, named after its release and laid
 * out like an unpacked package; to free; made if missing.  NULL after a message.
 */
extern char *kernel_cache_folder (void);

/* Move the kernel RELEASE out of WORK/unpacked, where its packages were unpacked, into the directory KERNELS, with
 * SUITE noted as where it came from: all of it or nothing.  What is in its place is replaced.  Returns 0; 1 with the
 * reason in *why, to free, if the packages hold no such kernel; or -1 after a message.
 */
extern int kernel_store (const char *kernels, const char *work, const char *release, const char *suite, char **why);

/* Move the kernel in the directory TOP, complete but for the index of its modules for RELEASE and the name of its
 * SUITE, to PLACE.  What is there is replaced.  Returns 0, or -1 after a message.
 */
extern int kernel_publish (const char *top, const char *place, const char *release, const char *suite);

#endif
