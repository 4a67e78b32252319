/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels that are programs of this machine: User Mode Linux (`make ARCH=um`).  To boot one is to run a program of the
 * user's, so that it is only ever one that the user named.
 */
#ifndef POWERCUT_GUEST_KERNEL_PROGRAM_H
#define POWERCUT_GUEST_KERNEL_PROGRAM_H

#include <stdbool.h>

/* powercut's names for their releases end so: nobody shall take one for a kernel that QEMU boots. */
#define KERNEL_PROGRAM_SUFFIX "-uml"

/* A fetched one, below its directory in the cache; and, if this machine's C library is too old for it, a directory with
 * the one that it needs, whose loader it names by a path that begins with KERNEL_LIBRARIES: that is what the directory
 * has to be called where it is run.
 */
#define KERNEL_PROGRAM_PLACE "bin/linux"
#define KERNEL_LIBRARIES "libc"

/* Is FILE a program for x86-64?  What a machine boots has addresses that no program has. */
extern bool kernel_is_program (const char *file);

/* The directory KERNEL_LIBRARIES that came with PROGRAM, to free, or NULL if it does without. */
extern char *kernel_program_libraries (const char *program);

/* The release of PROGRAM, which is run for that, and KERNEL_PROGRAM_SUFFIX; to free, or NULL after a message. */
extern char *kernel_program_release (const char *program);

/* The modules for PROGRAM, whose RELEASE has the suffix: lib/modules beside it, above it or two above it (the top of
 * a built tree and what was installed into it, or a fetched kernel), or lib/uml/modules, where Debian's package has
 * them.  To free, or NULL: all that is needed is built in.
 */
extern char *kernel_program_modules (const char *program, const char *release);

#endif
