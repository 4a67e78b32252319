/* SPDX-License-Identifier: BSD-3-Clause */
/* What violations of one cause have in common: the rule that is broken, the operation that had promised it, and what
 * the writes are that are lost.  It is read in what replay --json --minimize says; a generated corpus fails in a
 * thousand cells for a handful of causes.
 */
#ifndef POWERCUT_BATCH_CORPUS_CAUSE_H
#define POWERCUT_BATCH_CORPUS_CAUSE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* Texts without what differs from case to case: names of files, numbers, and hashes. */
struct cause {
  char *filesystem;
  char *kind;                   /* of violation */
  char *rule;                   /* of persistence; where none is named, what is said of the violation */
  char *operation;              /* `fsync`; NULL: none is named */
  char **lost;                  /* what the writes are that are missing in the smallest state, sorted, each once */
  size_t lost_count;            /* 0: they are all there, or it is not known */
};

/* Read the cause of VIOLATION, which was seen on FILESYSTEM.  Returns 0, or -1 after a message; to be freed with
 * cause_free in any case.
 */
extern int cause_read (struct cause *cause, const cJSON *violation, const char *filesystem);
extern void cause_free (struct cause *cause);

/* The cause of VIOLATION in one line, such as `ext4: durability: fsync-data (fsync); lost: data of *`, to free, or NULL
 * after a message.
 */
extern char *cause_of (const cJSON *violation, const char *filesystem);

#endif
