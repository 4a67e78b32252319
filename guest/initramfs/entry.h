/* SPDX-License-Identifier: BSD-3-Clause */
/* What an initramfs is made of: for the files of guest/initramfs alone.  From the ground up they are entry.c;
 * confine.c; host.c; tree.c; languages.c, imports.c, terminals.c and environment.c; programs.c; checker.c.  Each calls
 * only those before it.
 */
#ifndef POWERCUT_GUEST_INITRAMFS_ENTRY_H
#define POWERCUT_GUEST_INITRAMFS_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/text-list.h"
#include "guest/initramfs/language.h"

struct initramfs_entry {
  char *path;                   /* absolute and canonical: no `.` or `..`, no symbolic link among its parents */
  mode_t mode;                  /* type and permissions */
  uid_t owner;
  gid_t group;
  dev_t device;                 /* of a device node */
  char *host;                   /* a file's contents come from here; or NULL */
  char *data;                   /* they are here, or if this is NULL are read from there when the archive is written;
                                   or the target of a symbolic link, NUL after it */
  size_t length;                /* of data, in bytes */
  time_t seconds;               /* when it was changed, for who compares; 0: it does not matter */
  bool is_program;              /* its needs have been added, or are being added further up the stack */
  unsigned searched_levels;     /* for so many levels of scripts, so have the programs that it names */
};

#define LANGUAGES (LANGUAGE_OTHER + 1)

/* Symbolic links that are followed in one path: as many as the kernel follows. */
#define INITRAMFS_LINKS_MAX 40

struct initramfs {
  void *entries;                /* tree of struct initramfs_entry (tsearch), by path */
  char *confined;               /* see initramfs_confine; or NULL */
  unsigned guessing;            /* > 0 while words that may be no programs are tried: nothing is said then */
  bool asks_interpreters;       /* interpreters may be run to tell where their libraries are */
  struct text_list modules[LANGUAGES];  /* directories that hold modules which are not part of the language */
  struct text_list read;        /* files that were searched for the modules that they import */
};

/* The object GUEST: found, or made with MODE if it is new, with its parent folders.  NULL after a message, for example
 * if one is a folder and the other is none.
 */
extern struct initramfs_entry *initramfs_entry (struct initramfs *initramfs, const char *guest, mode_t mode,
                                                bool *is_new);

/* Make GUEST what MODE says, a directory or a node of DEVICE, unless there is something already.  Returns 0, or -1
 * after a message.
 */
extern int initramfs_add_special (struct initramfs *initramfs, const char *guest, mode_t mode, dev_t device);

/* The same for a file with the contents DATA, of LENGTH bytes, or a symbolic link with that target. */
extern int initramfs_add_bytes (struct initramfs *initramfs, const char *guest, mode_t mode, const void *data,
                                size_t length);

/* Whether the host's PATH may be taken; if not, a message says why. */
extern bool initramfs_may_take (const struct initramfs *initramfs, const char *path);

/* error_message, unless guessing. */
extern void initramfs_complain (const struct initramfs *initramfs, const char *format, ...)
  __attribute__ ((format (printf, 2, 3)));

#endif
