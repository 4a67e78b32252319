/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory of the cache for what is made once for many guests, and can be made again at any time.
 *
 * Who has a file open there is not disturbed if it is removed.  What is there is run in guests and read by QEMU: files
 * that somebody else could have written are not used.
 */
#ifndef POWERCUT_GUEST_SAVED_H
#define POWERCUT_GUEST_SAVED_H

/* Where the file NAME.KIND is, or is to be, to free; NULL without a message where nothing can be kept: there is no
 * cache, it cannot be written, or it is not this user's own.
 */
extern char *saved_path (const char *name, const char *kind);

/* Open the file PATH, which counts as used now.  Returns a descriptor, or -1 without a message. */
extern int saved_open (const char *path);

/* Keep what is in the file FD, all of it, as PATH.  A failure costs time and is nothing to complain of. */
extern void saved_write (const char *path, int fd);

#endif
