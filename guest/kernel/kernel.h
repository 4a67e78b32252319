/* SPDX-License-Identifier: BSD-3-Clause */
/* A kernel that guests boot: finding one is guest/kernel/find.h. */
#ifndef POWERCUT_GUEST_KERNEL_KERNEL_H
#define POWERCUT_GUEST_KERNEL_KERNEL_H

#include <stdbool.h>

struct kernel {
  char *image;                  /* path of the bootable image (vmlinuz, bzImage), or of a program (program.h) */
  char *release;                /* as `uname -r` will say, such as 6.1.0-56-cloud-amd64: read from the image itself;
                                   of a program with KERNEL_PROGRAM_SUFFIX after it, 6.1.176-uml */
  char *modules;                /* directory with kernel/ and modules.dep, or NULL: everything needed is built in */
  char *suite;                  /* which it was fetched from, or NULL: not fetched, or nobody knows any more */
};

extern void kernel_free (struct kernel *kernel);

/* Debian's flavours: REL-cloud-amd64 is small, with the drivers of virtual machines alone; REL-amd64 has all. */
#define KERNEL_CLOUD "cloud"
#define KERNEL_FULL "full"
#define KERNEL_UML "uml"        /* REL-uml: a program */

/* Which flavour of Debian's a kernel with this RELEASE is, or NULL: neither. */
extern const char *kernel_flavour (const char *release);

/* Does RELEASE begin with VERSION, as 6.1.0-56-cloud-amd64 does with 6.1 and 6.1.0-56 but not with 6.1.0-5? */
extern bool kernel_release_matches (const char *release, const char *version);

/* The modules of RELEASE below BASE, in lib/modules or usr/lib/modules, if they are there and readable: to free, else
 * NULL.
 */
extern char *kernel_modules_in (const char *base, const char *release);

/* Whether KERNEL is a program, which needs no machine to run on. */
extern bool kernel_runs_alone (const struct kernel *kernel);

/* The release for which KERNEL has its modules, which it must have. */
extern const char *kernel_modules_release (const struct kernel *kernel);

/* See that the modules of KERNEL, if it has any, have the index that modprobe reads.  Returns 0, or -1 after a message.
 */
extern int kernel_prepare_modules (const struct kernel *kernel);

/* Whether KERNEL has all MODULES (NULL at the end), built in or not; one without modules has them for all that is
 * known.
 */
extern bool kernel_has_modules (const struct kernel *kernel, const char *const *modules);

#endif
