/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's root: an initramfs in memory, written as a newc cpio archive. */
#ifndef POWERCUT_GUEST_INITRAMFS_INITRAMFS_H
#define POWERCUT_GUEST_INITRAMFS_INITRAMFS_H

#include <stdint.h>
#include <stdio.h>

#include "guest/kernel/kernel.h"

struct initramfs;

/* Begin an empty initramfs.  NULL after a message.  All functions below return 0, or -1 after a message. */
extern struct initramfs *initramfs_new (void);
extern void initramfs_free (struct initramfs *initramfs);

/* From now on, take files of the host from below FOLDER and from the directories of the system's programs and libraries
 * alone, from these what everybody may read, wherever symbolic links lead: what is added was named by somebody who may
 * not know what else is on the host.  No interpreter is asked then but those of the system.
 */
extern int initramfs_confine (struct initramfs *initramfs, const char *folder);

/* Add the file HOST as GUEST (absolute), with its mode, following symbolic links; parent folders are made.  The same
 * GUEST path added again is ignored.
 */
extern int initramfs_add_file (struct initramfs *initramfs, const char *host, const char *guest);

/* Add LENGTH bytes as a file GUEST with MODE. */
extern int initramfs_add_data (struct initramfs *initramfs, const char *guest, const void *data, size_t length,
                               unsigned mode);

/* Make GUEST a symbolic link to TARGET, unless there is something already. */
extern int initramfs_add_link (struct initramfs *initramfs, const char *guest, const char *target);

/* Add the folder HOST with all that is in it (owners, modes, symbolic links, xattrs are not needed) as GUEST. */
extern int initramfs_add_tree (struct initramfs *initramfs, const char *host, const char *guest);

/* From now on, an interpreter that is added may be run, to be asked where its library is, which is then added.  Only
 * where all that is added was named by the user: never for what a log names.
 */
extern void initramfs_ask_interpreters (struct initramfs *initramfs);

/* Add a program of the host under the path that it has here, with what it needs: the shared libraries and the loader of
 * a dynamic executable, the interpreter of a script and the modules that it imports; and if it is a shell script, the
 * programs that it names, and what is named by those of them that are shell scripts, too, and no part of the system
 * (but not what these name).  WORD is a path or a name in PATH.  If it is no executable, the message says so.
 * *guest_path, if not NULL, is the absolute path in the guest, to free.
 */
extern int initramfs_add_program (struct initramfs *initramfs, const char *word, char **guest_path);

/* Add what the shell's TEXT, written by the user, names: each word that is the name of an executable in PATH, as by
 * initramfs_add_program, and each absolute path of a file that is not too large.  Other words are no error.
 */
extern int initramfs_add_named_programs (struct initramfs *initramfs, const char *text);

/* Add in the same way what the arguments of COMMAND, NULL at the end, name. */
extern int initramfs_add_arguments (struct initramfs *initramfs, const char *const *command);

/* Add what the shell command COMMAND needs: the shell, and the programs that it names. */
extern int initramfs_add_shell_command (struct initramfs *initramfs, const char *command);

/* Add the file or directory PATH of the host under the path that it has here, with the symbolic links on the way to it,
 * and the shared libraries of the ELF files in it.  The message of an error begins with --include.
 */
extern int initramfs_add_included (struct initramfs *initramfs, const char *path);

/* Add what an external checker needs that the user named: the shell command CHECK, and the COUNT paths INCLUDED of the
 * host, with the environment.  Interpreters are asked (initramfs_ask_interpreters).
 */
extern int initramfs_add_checker (struct initramfs *initramfs, const char *check, const char *const *included,
                                  size_t count);

/* Give the programs in the guest the PATH that this process has, where its loader and its interpreters look for
 * libraries, the names of its user, and HOME, which is made if it is missing.
 */
extern int initramfs_add_environment (struct initramfs *initramfs);

/* Add the modules of KERNEL that NAMES (NULL at the end) stand for, with all that they depend on, uncompressed, under
 * /modules, and their order in /modules/order (one file name a line), by which they are loaded at boot; or, with TYPE
 * not NULL, in /modules/order.TYPE, by which they are loaded when a file system of TYPE is first asked for.  A name
 * ending in `?` may be missing.  A name that is neither built in nor a module of this kernel is an error that says
 * which.
 */
extern int initramfs_add_modules (struct initramfs *initramfs, const struct kernel *kernel, const char *type,
                                  const char *const *names);

/* A text that two initramfs have in common only if their archives are the same: a hash of all that is in them, where
 * size and time of change stand for the contents of files of the host.  To free, or NULL after a message.
 */
extern char *initramfs_signature (const struct initramfs *initramfs);

/* The same of the contents themselves, which are read.  To free, or NULL after a message. */
extern char *initramfs_digest (struct initramfs *initramfs);

/* Let *memory_bytes, how much memory a guest is to have, be enough to unpack INITRAMFS besides what every guest has
 * (guest/base.h): if it is not, a note says that it is made more.  Returns -1 after a message with the largest files
 * if this host has not so much.
 */
extern int initramfs_fit (const struct initramfs *initramfs, uint64_t *memory_bytes);

/* Print the files that are in it, largest first, with their sizes in bytes. */
extern int initramfs_list (const struct initramfs *initramfs, FILE *file);

/* Print a line for each file of the host that it holds: its stamp (common/stamp.h), a space, and its path. */
extern int initramfs_list_sources (const struct initramfs *initramfs, FILE *file);

/* Write the archive to FILE. */
extern int initramfs_write (struct initramfs *initramfs, const char *file);

/* The same to the descriptor FD, where it stands; NAME is for messages. */
extern int initramfs_write_to (struct initramfs *initramfs, int fd, const char *name);

/* Write its files, folders and symbolic links to FILE, compressed, so that they can travel in a log. */
extern int initramfs_pack (struct initramfs *initramfs, const char *file);

/* Some bytes of what initramfs_pack wrote. */
struct packed_piece {
  const void *data;
  size_t length;
};

/* Add what initramfs_pack wrote, in the COUNT PIECES in their order, below the folder ROOT (absolute), which must be
 * new, with the folders that a guest mounts something on.  The pieces may be anybody's: whatever is no file, folder or
 * link, whatever is not below ROOT, and more than PACKED_MAX bytes in all or PACKED_ENTRIES_MAX objects is an error,
 * whose message begins with NAME.
 */
#define PACKED_MAX (INT64_C (512) << 20)
#define PACKED_ENTRIES_MAX 200000
extern int initramfs_add_packed (struct initramfs *initramfs, const struct packed_piece *pieces, size_t count,
                                 const char *root, const char *name);

#endif
