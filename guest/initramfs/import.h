/* SPDX-License-Identifier: BSD-3-Clause */
/* Which modules a script says that it imports. */
#ifndef POWERCUT_GUEST_INITRAMFS_IMPORT_H
#define POWERCUT_GUEST_INITRAMFS_IMPORT_H

#include <stddef.h>

#include "guest/initramfs/language.h"

#define IMPORT_NAME_MAX 200

/* Called with the NAME of each module as a relative path without its suffix: of Python, that of the package that it is
 * in, or of itself; of Perl, such as File/Temp.  Returns 0, or -1 to end.
 */
typedef int import_found (void *data, const char *name);

/* Look through TEXT, of LENGTH bytes and in LANGUAGE.  Imports that are not a statement of their own are not seen, nor
 * are relative ones.  Returns 0, or -1 if FOUND did.
 */
extern int import_read (enum language language, const char *text, size_t length, import_found *found, void *data);

#endif
