/* SPDX-License-Identifier: BSD-3-Clause */
/* A private folder for sockets, initramfs and console of one command. */
#ifndef POWERCUT_COMMON_WORKDIR_H
#define POWERCUT_COMMON_WORKDIR_H

/* Make a folder that only this user can enter, under TMPDIR or /tmp.  Those are removed that processes of this user
 * have left there which were killed.  For one thread at a time.  Returns its path, to free, or NULL after a message.
 */
extern char *workdir_create (void);

/* Remove the folder, the files and the folders in it.  NULL is nothing to do. */
extern void workdir_remove (const char *path);

/* Remove all that this process has made and not removed yet; for one that ends at once, and prints nothing. */
extern void workdir_remove_all (void);

#endif
