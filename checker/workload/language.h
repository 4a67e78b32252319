/* SPDX-License-Identifier: BSD-3-Clause */
/* The workload language: what a guest does to a file system, one operation a line.
 *
 * Words are separated by blanks; `#` begins a comment.  A PATH is relative to the root of the file system (`.` is the
 * root itself).  In paths, names and values, bytes that are blank, `#`, `%` or not printable are written %XX
 * (common/escape.h).  Where a file is written, synced or changed and not its name, `@NAME` is the one that is open as
 * NAME.  Numbers are bytes; K, M and G multiply them.
 *
 *     mkdir PATH                      creat PATH
 *     write PATH OFFSET LENGTH        dwrite PATH OFFSET LENGTH       append PATH LENGTH      each of them [sync|dsync]
 *     mmapwrite PATH OFFSET LENGTH    msync PATH OFFSET LENGTH
 *     falloc PATH MODE OFFSET LENGTH  truncate PATH SIZE              reflink FROM TO
 *     clone FROM TO [OFFSET LENGTH TO_OFFSET]
 *     copyrange FROM OFFSET TO TO_OFFSET LENGTH                       dedupe FROM OFFSET TO TO_OFFSET LENGTH
 *     link OLD NEW                    symlink TARGET PATH             unlink PATH             rmdir PATH
 *     rename OLD NEW [noreplace|whiteout]                             exchange A B
 *     open NAME PATH                  close NAME                      tmpfile NAME            linktmp NAME PATH
 *     setxattr PATH NAME VALUE        removexattr PATH NAME           chmod PATH MODE (octal)
 *     chown PATH UID GID              chattr PATH +LETTERS|-LETTERS   project PATH ID
 *     utimes PATH ATIME MTIME         mknod PATH b|c MAJOR MINOR      sync_file_range PATH OFFSET LENGTH
 *     mkfifo PATH                     dropcaches (forgets the inodes and names that the kernel keeps in memory)
 *     subvolume PATH                  snapshot FROM TO [ro]           delete-subvolume PATH
 *     fsync PATH                      fdatasync PATH                  sync                    syncfs
 *     checkpoint [TEXT]               remount OPTION[,OPTION...]
 *     COUNTx OPERATION                the same COUNT times; each `$` in it is the number of the time, from 1
 *     COUNTx { OPERATIONS }           the same with several, on lines of their own or separated by `;`
 *     { OPERATIONS | OPERATIONS }     done by two processes, or more, at the same time
 *     begin                           what stands before it is the setup; without it there is none
 *     rule +NAME, rule -NAME          hold the file system to a rule of the oracle (filesystem/rules.h), or do not
 *
 * All but the last two are operations, numbered from 1.  An operation that writes data writes those of workload_byte,
 * so that what a file holds follows from the text alone.  powercut-workload(5) says what each does.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_LANGUAGE_H
#define POWERCUT_CHECKER_WORKLOAD_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKLOAD_OPERATIONS_MAX 10000
#define WORKLOAD_TEXT_MAX (100 << 10)           /* it travels as one argument of a program, which takes 128 KiB */
#define WORKLOAD_PROCESSES_MAX 8        /* of a block */
#define WORKLOAD_REPEATED_MAX (16 << 20)        /* bytes of text, once what is repeated is written out */
#define WORKLOAD_TARGET_MAX 4095                /* of a symbolic link: Linux has no longer one */
#define WORKLOAD_WRITE_MAX (UINT64_C (32) << 20)        /* bytes of one write: the guest has them in memory */
#define WORKLOAD_FILE_MAX (UINT64_C (1) << 30)          /* size of a file: all of it is read after each crash */
#define WORKLOAD_XATTR_MAX 65536
#define WORKLOAD_DIRECT_ALIGN 512       /* of what O_DIRECT writes */
#define WORKLOAD_FILE_MODE 0644         /* of a file or FIFO that is made */
#define WORKLOAD_FOLDER_MODE 0755       /* of a folder, also of the root */

enum workload_verb {
  WORKLOAD_APPEND, WORKLOAD_CHATTR, WORKLOAD_CHECKPOINT, WORKLOAD_CHMOD, WORKLOAD_CHOWN, WORKLOAD_CLONE,
  WORKLOAD_CLOSE, WORKLOAD_COPYRANGE, WORKLOAD_CREAT, WORKLOAD_DEDUPE, WORKLOAD_DELETE_SUBVOLUME,
  WORKLOAD_DROPCACHES, WORKLOAD_DWRITE, WORKLOAD_EXCHANGE, WORKLOAD_FALLOC, WORKLOAD_FDATASYNC, WORKLOAD_FSYNC,
  WORKLOAD_LINK, WORKLOAD_LINKTMP, WORKLOAD_MKDIR, WORKLOAD_MKFIFO, WORKLOAD_MKNOD, WORKLOAD_MMAPWRITE,
  WORKLOAD_MSYNC, WORKLOAD_OPEN, WORKLOAD_PROJECT, WORKLOAD_REFLINK, WORKLOAD_REMOUNT, WORKLOAD_REMOVEXATTR,
  WORKLOAD_RENAME, WORKLOAD_RMDIR, WORKLOAD_SETXATTR, WORKLOAD_SNAPSHOT, WORKLOAD_SUBVOLUME, WORKLOAD_SYMLINK,
  WORKLOAD_SYNC, WORKLOAD_SYNCFS, WORKLOAD_SYNC_FILE_RANGE, WORKLOAD_TMPFILE, WORKLOAD_TRUNCATE, WORKLOAD_UNLINK,
  WORKLOAD_UTIMES, WORKLOAD_WRITE,
};

/* The flags of a MODE, joined by `+`; `alloc` is none of them. */
enum workload_falloc {
  FALLOC_KEEP = 1,              /* the size stays */
  FALLOC_PUNCH = 2,             /* a hole; the size stays */
  FALLOC_ZERO = 4,
  FALLOC_COLLAPSE = 8,          /* take the range out */
  FALLOC_INSERT = 16,           /* a hole before what stands at OFFSET */
};

/* What a write has waited for when it returns: O_DSYNC, O_SYNC. */
enum workload_sync { SYNC_NOTHING, SYNC_DATA, SYNC_ALL };

enum workload_rename { RENAME_PLAIN, RENAME_NOT_OVER, RENAME_LEAVING_WHITEOUT };

struct workload_operation {
  enum workload_verb verb;
  uint32_t line;                /* in the text, from 1 */
  uint32_t block;               /* of processes, from 1; 0: it is in none */
  unsigned process;             /* of the block, from 0; what one does stands before what those after it do */
  char *path;                   /* PATH, OLD, FROM, A, or the NAME of an open file; NULL: it has none */
  char *other;                  /* NEW, TO, B, TARGET, PATH after NAME, attribute's NAME, TEXT, OPTIONs; or NULL */
  char *value;                  /* of an attribute; may hold NULs */
  size_t value_length;
  uint64_t offset, length;      /* bytes; truncate's SIZE and chmod's MODE are length; clone's is 0: it is the whole */
  uint64_t to_offset;           /* in TO */
  unsigned falloc;              /* enum workload_falloc */
  uint32_t set, clear;          /* of chattr: FS_APPEND_FL and so on of linux/fs.h */
  enum workload_rename rename;
  enum workload_sync sync;      /* of write, dwrite, append */
  bool read_only;               /* of snapshot */
  char device;                  /* of mknod: b or c */
  uint32_t numbers[2];          /* UID and GID, MAJOR and MINOR, ATIME and MTIME, project's ID */
};

struct workload_rule {
  uint32_t line;
  bool on;
  char *name;
};

struct workload {
  const char *name;             /* for messages: the file's */
  struct workload_operation *operations;
  size_t count;
  size_t setup_count;           /* of them are before `begin` */
  struct workload_rule *rules;
  size_t rule_count;
};

/* Parse TEXT; NAME must outlive the workload.  Returns 0, or -1 after a message that begins with NAME:LINE.  Free in
 * any case.
 */
extern int workload_parse (const char *text, const char *name, struct workload *workload);
extern void workload_free (struct workload *workload);

/* The index after that of the last operation of the block in which operation INDEX is the first; INDEX + 1 if it is in
 * none.
 */
extern size_t workload_block_end (const struct workload *workload, size_t index);

/* The word for VERB. */
extern const char *workload_verb_name (enum workload_verb verb);

/* Whether an operation, once it has returned, promises something: fsync, fdatasync, msync, sync, syncfs, a write that
 * syncs, and a snapshot.
 */
extern bool workload_is_persistence (const struct workload_operation *operation);

/* Whether OPERATION changes what can be seen: the others that persist do not. */
extern bool workload_changes (const struct workload_operation *operation);

/* Whether OPERATION has to do with subvolumes, which btrfs alone has. */
extern bool workload_is_of_subvolumes (const struct workload_operation *operation);

#endif
