/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of the host, at the places that they have there. */
#ifndef POWERCUT_GUEST_INITRAMFS_HOST_H
#define POWERCUT_GUEST_INITRAMFS_HOST_H

#include "guest/initramfs/entry.h"

/* The path in the guest of what the host has as PATH: the same, unless the guest mounts something over it.  To free, or
 * NULL after a message.
 */
extern char *initramfs_guest_path (const char *path);

/* Make each symbolic link on the way to PATH one of the guest's, too.  Returns where it leads, to free, or NULL after a
 * message.
 */
extern char *initramfs_follow (struct initramfs *initramfs, const char *path);

/* Add the file PATH of the host at its place, with the symbolic links on the way to it.  Returns 0, or -1 after a
 * message.
 */
extern int initramfs_add_host_file (struct initramfs *initramfs, const char *path);

/* Add the shared libraries of FILE if it is an ELF file.  Returns 0, or -1 after a message. */
extern int initramfs_add_libraries (struct initramfs *initramfs, const char *file);

#endif
