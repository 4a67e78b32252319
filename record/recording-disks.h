/* SPDX-License-Identifier: BSD-3-Clause */
/* The disks of a recording, and what is made on them. */
#ifndef POWERCUT_RECORD_RECORDING_DISKS_H
#define POWERCUT_RECORD_RECORDING_DISKS_H

#include "record/record.h"

/* Give RECORDING the disks of TEXTS, arguments NAME:SIZE of --disk, or one of SIZE_BYTES (0: the default); LOG_DISK,
 * or NULL, is the one of them that has the file system's journal.  Its mount options are then a text to free.  Returns
 * 0, or -1 after a message.
 */
extern int recording_take_disks (struct recording *recording, const struct option_texts *texts, uint64_t size_bytes,
                                 const char *log_disk);

/* The arguments of the mkfs that makes the file system of RECORDING on PLACES, or if that is NULL, of that which makes
 * its journal's disk one; to free, or NULL after a message.
 */
extern char *recording_mkfs_arguments (const struct recording *recording, const char *places);

/* Whether the disk of the journal has to be made one. */
extern bool recording_makes_journal (const struct recording *recording);

/* Of PLACES, where the disks of RECORDING are or what is made of them, those that its file system is on, as the agent
 * has it; to free, or NULL after a message.
 */
extern char *recording_places (const struct recording *recording, const char *places);

/* What RECORDING's file system is mounted with, to free, or NULL after a message. */
extern char *recording_mount_options (const struct recording *recording);

#endif
