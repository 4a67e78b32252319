/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel modules: which ones a name stands for (as kmod's tools say), and their contents. */
#ifndef POWERCUT_GUEST_KERNEL_MODULES_H
#define POWERCUT_GUEST_KERNEL_MODULES_H

#include <stddef.h>

#include "common/text-list.h"

/* See that FOLDER (.../lib/modules/RELEASE) has the index that modprobe reads, and make it with depmod if it has none.
 * Returns 0, or -1 after a message.
 */
extern int modules_prepare (const char *folder, const char *release);

/* The files of module NAME in FOLDER, with all that it depends on before it, and all that it wants without depending on
 * it (guest/kernel/softdep.h) as far as the kernel has it, in the order to load them, to be freed with text_list_free.
 * No file at all if NAME is built in.  Returns 0; 1 without a message if this kernel knows no such name; or -1 after a
 * message.
 */
extern int modules_find (const char *folder, const char *release, const char *name,
                         struct text_list *files);

/* Say that the kernel RELEASE does not have the module NAME.  Returns -1. */
extern int module_is_missing (const char *release, const char *name);

/* The module that FILE (.ko, or compressed: .ko.gz, .ko.xz, .ko.zst) holds: *data, to free.  Returns 0, or -1 after a
 * message.
 */
extern int module_read (const char *file, void **data, size_t *length);

#endif
