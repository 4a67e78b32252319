/* SPDX-License-Identifier: BSD-3-Clause */
/* Making the file system that a recording begins with: by this host's mkfs, but in the guest, where it can do no
 * harm.
 */
#ifndef POWERCUT_RECORD_MKFS_H
#define POWERCUT_RECORD_MKFS_H

#include "guest/initramfs/initramfs.h"

/* Is there a program that makes file systems of TYPE?  Returns 0, or -1 after a message. */
extern int mkfs_check (const char *type);

/* Add that program, and what it reads, to what a guest has; its path there, to free, in *guest_path.  Returns 0, or
 * -1 after a message.
 */
extern int mkfs_add (struct initramfs *initramfs, const char *type, char **guest_path);

/* Add the programs for TYPES (names with commas between them), as far as this host has them.  Returns 0, or -1 after
 * a message.
 */
extern int mkfs_add_all (struct initramfs *initramfs, const char *types);

/* The words of a command: PROGRAM, the words FIXED, NULL at the end, and ARGUMENTS, words with spaces between them.  To
 * free in one piece, or NULL after a message.
 */
extern char **mkfs_command (const char *program, const char *const *fixed, const char *arguments);

#endif
