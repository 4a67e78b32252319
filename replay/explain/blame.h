/* SPDX-License-Identifier: BSD-3-Clause */
/* What a write wrote, in the words of the file system: `data of greeting`, `journal: commit of transaction 5`.
 *
 * ext2, ext3 and ext4 are asked through libext2fs, on a device with everything that was issued until the crash and
 * what the journal has; blocks that belong to nobody there, on one of the whole log: data may be written before what
 * points to them.  xfs and btrfs write into each block of metadata what it is, so that the write itself tells,
 * together with the fixed places of the superblock.  On every file system, a write that holds the whole of a file of
 * the expected trees is known by its content.
 *
 * Everything here comes from a log that is not trusted, and is read in a process without rights (common/sandbox.h):
 * at worst a name is wrong or missing.
 */
#ifndef POWERCUT_REPLAY_EXPLAIN_BLAME_H
#define POWERCUT_REPLAY_EXPLAIN_BLAME_H

#include "checker/oracle.h"
#include "log/crash-state.h"

struct blame;

/* For the writes of LOG, a log of one file system; TREES are what is expected of it.  Both must outlive it.  NULL
 * with errno ENOMEM.
 */
extern struct blame *blame_new (const struct write_log *log, const struct trees *trees);
extern void blame_free (struct blame *blame);

/* What write number WRITE wrote, as seen at POSITION: printable text to free, or NULL if that is not known; the first
 * time that it could not be found out, after a message.
 */
extern char *blame_write (struct blame *blame, uint32_t write, uint32_t position);

#endif
