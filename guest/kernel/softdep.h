/* SPDX-License-Identifier: BSD-3-Clause */
/* Soft dependencies of kernel modules: what a module asks the kernel for by name as it works, a cipher say, so that no
 * symbol tells.  A module may have many lines of them in the file modules.softdep, and kmod follows only one.
 */
#ifndef POWERCUT_GUEST_KERNEL_SOFTDEP_H
#define POWERCUT_GUEST_KERNEL_SOFTDEP_H

#include <stdbool.h>

/* Whether A and B name the same module: `-` and `_` are one there, and the name of a file ends before its `.ko`. */
extern bool softdep_same_module (const char *a, const char *b);

/* Call VISIT with OPAQUE and each name, which may be an alias, that MODULE wants loaded before it or, if POST, after
 * it, as FOLDER/modules.softdep has them; never if there is no such file.  Ends early if VISIT returns another value
 * than 0.  Returns what VISIT returned last, or 0.
 */
extern int softdep_each (const char *folder, const char *module, bool post,
                         int (*visit) (void *opaque, const char *name), void *opaque);

#endif
