/* SPDX-License-Identifier: BSD-3-Clause */
/* What an initramfs is made of: for the files initramfs*.c alone. */
#ifndef POWERCUT_INITRAMFS_ENTRY_H
#define POWERCUT_INITRAMFS_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct initramfs_entry {
  char *path;                   /* absolute and canonical: no `.` or `..`, no symbolic link among its parents */
  mode_t mode;                  /* type and permissions */
  uid_t owner;
  gid_t group;
  dev_t device;                 /* of a device node */
  char *host;                   /* a file's contents are read here when the archive is written; or NULL ... */
  char *data;                   /* ... and they are here; or the target of a symbolic link, NUL behind it */
  size_t length;                /* of data, in bytes */
  bool is_program;              /* its needs have been added, or are being added further up the stack */
};

struct initramfs {
  void *entries;                /* tree of struct initramfs_entry (tsearch), by path */
  unsigned guessing;            /* > 0 while words that may be no programs are tried: nothing is said then */
};

/* The object GUEST: found, or made with MODE if it is new, with its parent folders.  NULL after a message, for example if
 * one is a folder and the other is none.
 */
extern struct initramfs_entry *initramfs_entry (struct initramfs *initramfs, const char *guest, mode_t mode,
                                                bool *is_new);

/* error_message, unless guessing. */
extern void initramfs_complain (const struct initramfs *initramfs, const char *format, ...)
  __attribute__ ((format (printf, 2, 3)));

#endif
