/* SPDX-License-Identifier: BSD-3-Clause */
/* What both plugins have in common: exports disk0, disk1, ... and others beside them, requests made of whole sectors,
 * and how texts are configured.
 */
#ifndef POWERCUT_NBD_PLUGIN_EXPORTS_H
#define POWERCUT_NBD_PLUGIN_EXPORTS_H

#include <stddef.h>
#include <stdint.h>

struct nbdkit_exports;

enum {
  EXPORT_OTHER = -1,            /* that which is listed after the devices */
  EXPORT_HIDDEN = -2,           /* that which is not listed */
};

/* What a client has opened. */
struct export {
  int device;                   /* its number, or one of the above */
  unsigned path;                /* by which it is reached, from 0 */
};

/* The handle of a device or other export, or NULL with errno ENOMEM; export_close is its .close. */
extern struct export *export_new (int device);
extern void export_close (void *opaque);

/* The handle of the export that the client asked for: a device by one of its paths (the empty name is disk0), or
 * EXPORT_OTHER if it is the one named OTHER.  NULL after a message, with errno ENOENT, if it is neither.
 */
extern struct export *export_open (size_t device_count, unsigned path_count, const char *other);

/* List disk0 ..., with all paths, and OTHER.  Returns 0 or -1, as .list_exports. */
extern int export_list (struct nbdkit_exports *exports, size_t device_count, unsigned path_count, const char *other,
                        const char *other_description);

/* As .default_export: disk0. */
extern const char *export_default (int readonly, int is_tls);

/* As .block_size: a sector is what a log knows. */
extern int export_block_size (void *opaque, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum);

/* As .can_multi_conn: all connections see one and the same device, so a flush on one covers what completed on the
 * others.
 */
extern int export_can_multi_conn (void *opaque);

/* As .can_fua: the plugin itself sees it. */
extern int export_can_fua (void *opaque);

/* 0 if a request is made of whole sectors; -1 after a message, with errno EINVAL, if not. */
extern int export_check_sectors (uint32_t count, uint64_t offset);

/* Let *TEXT be VALUE, which was allocated, or NULL after a message.  Returns 0, or -1 if it is NULL. */
extern int config_text (char **text, char *value);

/* The file that NAME, which came by `control`, means: an entry of DIRECTORY, or what an entry that is a symbolic link
 * points to.  To free; NULL after a message and with errno EINVAL if it is no name, or there is no directory (NULL).
 */
extern char *control_path (const char *directory, const char *name);

#endif
