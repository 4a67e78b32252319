/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that only grows, record by record, for what must outlast a process that is killed at any instant.
 *
 * It begins with a line of JOURNAL_TITLE_BYTES that says what it is of.  A record is a struct journal_head, in the
 * machine's own byte order, and its bytes.  What was being added when the process, or the machine, ended is no valid
 * record: the journal is what comes before the first of these.  One process at a time has it open for more.
 */
#ifndef POWERCUT_COMMON_JOURNAL_H
#define POWERCUT_COMMON_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_TITLE_BYTES 32
#define JOURNAL_RECORD_MAX (256u << 20)

struct journal_head {
  uint32_t bytes;               /* of the record after this */
  uint32_t kind;                /* the caller's, as is the key: what it belongs to */
  uint64_t key;
  uint64_t hash;                /* XXH3 of the bytes, seeded with what stands before it */
};
_Static_assert (sizeof (struct journal_head) == 24, "the head has no padding");

/* A record as it is read, valid until the visitor returns. */
struct journal_record {
  uint32_t kind;
  uint64_t key;
  const char *bytes;            /* with a NUL after them */
  size_t count;
};

struct journal_file;

/* Open the journal PATH of TITLE, at most JOURNAL_TITLE_BYTES - 1 bytes, for reading and for more; it is made if it is
 * not there.  What is no valid record at its end is cut off.  NULL after a message: it is another file, or another
 * process has it.
 */
extern struct journal_file *journal_open (const char *path, const char *title);

/* Open it, which must be there, for reading alone. */
extern struct journal_file *journal_look (const char *path, const char *title);

/* Everything that was added is on the disk then.  Returns 0, or -1 after a message. */
extern int journal_close (struct journal_file *journal);

extern const char *journal_path (const struct journal_file *journal);

/* Whether the file PATH is a journal of TITLE. */
extern bool journal_is (const char *path, const char *title);

/* Called with a record; returns 0 to go on, or -1 after a message. */
typedef int journal_visit (void *context, const struct journal_record *record);

/* Visit all records that were there when it was opened.  Returns 0, or -1 after a message. */
extern int journal_walk (struct journal_file *journal, journal_visit *visit, void *context);

/* Add a record of COUNT BYTES: once this returns, it outlasts the process; and the machine once one is added a second
 * later, or the journal is closed.  Any thread may do so.  Returns 0, or -1 after a message: what was added before is
 * there, and nothing can be added any more.
 */
extern int journal_add (struct journal_file *journal, uint32_t kind, uint64_t key, const void *bytes, size_t count);

#endif
