/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel that the user means. */
#ifndef POWERCUT_GUEST_KERNEL_FIND_H
#define POWERCUT_GUEST_KERNEL_FIND_H

#include "guest/kernel/kernel.h"

/* Find the kernel that the user means.
 *   SPEC NULL       the first kernel of kernel_list_fetched, else the newest readable /boot/vmlinuz-* whose modules are
 *                   readable too
 *   a file          that image; its modules are sought in lib/modules/RELEASE and usr/lib/modules/RELEASE: beside it,
 *                   one and three directories above it, so that they are found in a built tree (TREE/arch/x86/boot), in
 *                   a root or an unpacked package (boot/vmlinuz-R, and lib/modules/R/vmlinuz since Debian's 6.19, in
 *                   Fedora and Arch), and in /
 *   a file          that is a program (guest/kernel/program.h): User Mode Linux
 *   a directory     the newest image in arch/x86/boot, boot, the directory itself, lib/modules/R or usr/lib/modules/R,
 *                   or a program `linux` or `linux.uml` in it or in usr/bin
 *   other text      the first fetched kernel whose release begins with it: 6.1, 6.12, 6.1.0-56-amd64; with -uml at its
 *                   end one that is a program: 6.1-uml, 6.1.176-uml, uml; without that, never
 * Where modules.dep is missing, depmod makes it if the directory can be written.
 * Returns 0 and fills *kernel, to be freed with kernel_free, or returns -1 after one message that says what to do.
 */
extern int kernel_find (const char *spec, struct kernel *kernel);

/* The same, but of several fetched kernels that SPEC stands for, the first that has all of MODULES (NULL at the end),
 * built in or not; and the first of all if none has.
 */
extern int kernel_find_with (const char *spec, const char *const *modules, struct kernel *kernel);

#endif
