/* SPDX-License-Identifier: BSD-3-Clause */
/* Getting a kernel of Debian's. */
#ifndef POWERCUT_GUEST_KERNEL_FETCH_H
#define POWERCUT_GUEST_KERNEL_FETCH_H

#include "guest/kernel/kernel.h"

/* Which kernel to fetch. */
struct kernel_wish {
  const char *version;          /* its release begins so; NULL: the newest */
  const char *suite;            /* as trixie-backports; NULL: the machine's own, and if they have no such version some
                                   others */
  const char *flavour;          /* NULL: that of VERSION, if that is a whole release, else cloud */
};

/* Where a version is sought that the machine's own suites do not have; NULL at the end. */
extern const char *const kernel_other_suites[];

/* Get the newest of Debian's kernels that is what WISH says, and unpack it into the cache without installing it.
 * Where a version is named, a kernel in the cache that fits is kept, without a look at the network.  One that cannot
 * be had or has not all of its parts is passed over for the next older one, in one line.  Returns 0 and fills *kernel,
 * or -1 after a message.
 */
extern int kernel_fetch (const struct kernel_wish *wish, struct kernel *kernel);

#endif
