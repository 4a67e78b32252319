/* SPDX-License-Identifier: BSD-3-Clause */
/* What an initramfs is made of: for the files initramfs*.c alone. */
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
  char *host;                   /* a file's contents are read here when the archive is written; or NULL ... */
  char *data;                   /* ... and they are here; or the target of a symbolic link, NUL behind it */
  size_t length;                /* of data, in bytes */
  time_t seconds;               /* when it was changed, for who compares; 0: it does not matter */
  bool is_program;              /* its needs have been added, or are being added further up the stack */
  unsigned searched_levels;     /* for so many levels of scripts, so have the programs that it names */
};

#define LANGUAGES (LANGUAGE_OTHER + 1)

struct initramfs {
  void *entries;                /* tree of struct initramfs_entry (tsearch), by path */
  char *confined;               /* see initramfs_confine; or NULL */
  unsigned guessing;            /* > 0 while words that may be no programs are tried: nothing is said then */
  bool asks_interpreters;       /* interpreters may be run to tell where their libraries are */
  struct text_list modules[LANGUAGES];  /* directories that hold modules which are not part of the language */
  struct text_list read;        /* files that were searched for the modules that they import */
};

/* The object GUEST: found, or made with MODE if it is new, with its parent folders.  NULL after a message, for example if
 * one is a folder and the other is none.
 */
extern struct initramfs_entry *initramfs_entry (struct initramfs *initramfs, const char *guest, mode_t mode,
                                                bool *is_new);

/* Whether the host's PATH may be taken; if not, a message says why. */
extern bool initramfs_may_take (const struct initramfs *initramfs, const char *path);

/* error_message, unless guessing. */
extern void initramfs_complain (const struct initramfs *initramfs, const char *format, ...)
  __attribute__ ((format (printf, 2, 3)));

/* The path in the guest of what the host has as PATH: the same, unless the guest mounts something over it.  To free, or NULL after
 * a message.
 */
extern char *initramfs_guest_path (const char *path);

/* Make each symbolic link on the way to PATH one of the guest's, too.  Returns where it leads, to free, or NULL after a message. */
extern char *initramfs_follow (struct initramfs *initramfs, const char *path);

/* Add the file PATH of the host at its place, with the symbolic links on the way to it.  Returns 0, or -1 after a message. */
extern int initramfs_add_host_file (struct initramfs *initramfs, const char *path);

/* Add the shared libraries of FILE if it is an ELF file.  Returns 0, or -1 after a message. */
extern int initramfs_add_libraries (struct initramfs *initramfs, const char *file);

/* Add what the host knows of the terminals that programs may be on in the guest.  Returns 0, or -1 after a message. */
extern int initramfs_add_terminals (struct initramfs *initramfs);

/* What is different with a tree. */
struct tree_rules {
  bool (*unwanted) (const char *name);  /* what is left out, with all that is in it; or NULL */
  bool libraries;               /* the libraries of ELF files in it come, too */
  bool times;                   /* files keep the time of their last change */
};

/* As initramfs_add_tree.  While guessing, what cannot be read is left out. */
extern int initramfs_add_tree_by_rules (struct initramfs *initramfs, const char *host, const char *guest,
                                        const struct tree_rules *rules);

/* Add the library of PROGRAM, the path (perhaps a link) of an interpreter of LANGUAGE, as far as it may be asked where that is.
 * *real, to free, is the interpreter that PROGRAM starts if it is none itself, as of pyenv's, else NULL.  Returns 0, or -1 after a
 * message.
 */
extern int initramfs_add_language (struct initramfs *initramfs, const char *program, enum language language, char **real);

/* Add the modules that TEXT, of LENGTH bytes and in LANGUAGE, imports, as far as they are beside it in DIRECTORY (or NULL) or where
 * the interpreter looks for those that are not its own; and so on, what these import.  Returns 0, or -1 after a message.
 */
extern int initramfs_add_imports (struct initramfs *initramfs, enum language language, const char *text, size_t length,
                                  const char *directory);

#endif
