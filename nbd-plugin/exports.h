/* SPDX-License-Identifier: BSD-3-Clause */
/* What both plugins have in common: exports disk0, disk1, ... and one more, and requests made of whole sectors. */
#ifndef POWERCUT_NBD_PLUGIN_EXPORTS_H
#define POWERCUT_NBD_PLUGIN_EXPORTS_H

#include <stddef.h>
#include <stdint.h>

struct nbdkit_exports;

#define EXPORT_OTHER (-1)

/* The device that the export which the client asked for stands for (the empty name is disk0), or EXPORT_OTHER if it
 * is the one named OTHER.  -2 after a message, with errno ENOENT, if it is neither.
 */
extern int export_open (size_t device_count, const char *other);

/* List disk0 ... and OTHER.  Returns 0 or -1, as .list_exports. */
extern int export_list (struct nbdkit_exports *exports, size_t device_count, const char *other,
                        const char *other_description);

/* As .block_size: a sector is what a log knows. */
extern int export_block_size (void *handle, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum);

/* 0 if a request is made of whole sectors; -1 after a message, with errno EINVAL, if not. */
extern int export_check_sectors (uint32_t count, uint64_t offset);

/* The file that NAME, which came by `control`, means: an entry of DIRECTORY, or what an entry that is a symbolic link
 * points to.  To free; NULL after a message and with errno EINVAL if it is no name, or there is no directory (NULL).
 */
extern char *control_path (const char *directory, const char *name);

#endif
