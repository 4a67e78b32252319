/* SPDX-License-Identifier: BSD-3-Clause */
/* The modules that scripts import, as far as they are not the interpreter's own. */
#ifndef POWERCUT_GUEST_INITRAMFS_IMPORTS_H
#define POWERCUT_GUEST_INITRAMFS_IMPORTS_H

#include "guest/initramfs/entry.h"

/* Add the modules that TEXT, of LENGTH bytes and in LANGUAGE, imports, as far as they are beside it in DIRECTORY (or
 * NULL) or where the interpreter looks for those that are not its own; and so on, what these import.  Returns 0, or -1
 * after a message.
 */
extern int initramfs_add_imports (struct initramfs *initramfs, enum language language, const char *text, size_t length,
                                  const char *directory);

#endif
