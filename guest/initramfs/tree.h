/* SPDX-License-Identifier: BSD-3-Clause */
/* Directories of the host with all that is in them, at the places that they have there. */
#ifndef POWERCUT_GUEST_INITRAMFS_TREE_H
#define POWERCUT_GUEST_INITRAMFS_TREE_H

#include "guest/initramfs/entry.h"

/* What is different with a tree. */
struct tree_rules {
  bool (*unwanted) (const char *name);  /* what is left out, with all that is in it; or NULL */
  bool libraries;               /* the libraries of ELF files in it come, too */
  bool times;                   /* files keep the time of their last change */
};

/* Add the directory PATH of the host at its place, with the symbolic links on the way to it.  While guessing, what
 * cannot be read is left out.  Returns 0, or -1 after a message.
 */
extern int initramfs_add_host_tree (struct initramfs *initramfs, const char *path, const struct tree_rules *rules);

#endif
