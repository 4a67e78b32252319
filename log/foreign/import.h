/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of other recorders become write logs.
 *
 * A write log has the issue and the completion of every operation (log/format.h), and what a crash may leave follows
 * from their order (replay/search/model.h).  Other formats know less.  What is missing is filled in here, and whatever
 * is filled in either leaves out crash states that were possible, or adds some that were not.  The usual reading,
 * ORDER_LOGGED, adds none: what a replay finds is real, but it may not find all.  With ORDER_CAUTIOUS it is the other
 * way round.  The log's header tells which was chosen, in the text `order`.
 *
 * dm-log-writes (the kernel's device-mapper target) logs requests once they are completed, so that nothing is known of
 * when they were issued.  A flush is logged when it is completed, and right before it everything that was completed
 * when it was issued, in the order of completion.  FUA writes are logged at once, and marks when they are written:
 * before the writes and discards of their epoch, which may have been completed earlier, or issued later.
 *   - An entry FLUSH is a flush, issued and completed; data that it has, too, are a write behind it.  So a write is
 *     durable from the next FLUSH entry on, or with FUA at once, and that is just what the target knew.
 *   - ORDER_LOGGED: an operation is issued where it is logged, the latest that it can have been.  Left out are the
 *     states in which it is on the disk before that: before a FUA write or a mark of its epoch, or before a flush that
 *     came while it was in flight.
 *   - ORDER_CAUTIOUS: the operations of an epoch, all that is logged behind one FLUSH up to the next, are issued
 *     together at its beginning.  Added are the states in which one is on the disk that was only issued when a FUA
 *     write of the epoch had been completed.  Still left out is what was in flight during a flush.
 *   - A DISCARD has no data; like a trim in the crash model it leaves zeros.
 *   - What cannot be seen in such a log, and is taken not to have happened: operations that failed; two flushes in
 *     flight together (the writes of the one that is completed last count as pending until then, though the other may
 *     have covered them, too); a FUA write over a part of a write of the same epoch (the latter is taken to be the
 *     newer one).
 *
 * blklogwrites (QEMU's block driver) uses the same format, but logs everything in the order of completion, flushes,
 * too.  So a write that was completed while a flush was in flight is logged before that flush, which did not cover it.
 * There is no FUA: QEMU makes it a write and a flush.  No two flushes are in flight together.
 *   - ORDER_LOGGED: a flush covers all that is logged before it.  Left out are the states behind a flush in which a
 *     write is missing that was completed during the flush, and those in which a write is on the disk before it is
 *     logged.
 *   - ORDER_CAUTIOUS: a flush covers what is logged before the flush before it, and the operations of an epoch are
 *     issued together at its beginning.  Added are the states in which a write is missing that the flush did cover.
 *
 * nbd-server's data log has each request when it arrives, with its data, and each reply when it is sent; that is issue
 * and completion, and nothing is filled in.  It is the server's view: a reply is logged before it is sent, and a
 * request after it was received, so that the client knew of a completion later than the log.
 *
 * Operations that are larger than a record can be become several, each of which may be there or not.  Data that are all
 * zeros are kept as a zero.  A mark keeps its text, and its meaning if it is one of powercut-log(5).
 */
#ifndef POWERCUT_LOG_FOREIGN_IMPORT_H
#define POWERCUT_LOG_FOREIGN_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum import_format {
  IMPORT_DM_LOG_WRITES,
  IMPORT_BLKLOGWRITES,
  IMPORT_NBD_DATALOG,
};

enum import_order {
  ORDER_LOGGED,
  ORDER_CAUTIOUS,
};

struct import_options {
  const char *file;             /* to import */
  enum import_format format;
  enum import_order order;      /* IMPORT_NBD_DATALOG leaves no choice */
  const char *base;             /* image of what the device holds at first, or NULL: zeros */
  uint64_t size_bytes;          /* of the device; 0: the base's, and without one as far as the operations reach */
  const char *begin, *commit;   /* texts of marks that become `begin TEXT` and `commit TEXT`, or NULL */
  const char *files;            /* an archive of the checker's programs for the log to carry (log/files.h), or NULL */
  const char *const *info;      /* KEY=VALUE texts for the header */
  size_t info_count;
};

/* What was imported. */
struct import_result {
  uint64_t size_bytes;          /* of the device */
  uint64_t writes, trims, zeroes, fua, flushes, marks;  /* in the log that was made, without the base */
  uint64_t counted, uncounted;  /* dm-log-writes and blklogwrites: entries that the super block counts, and others */
  uint64_t left_offset;         /* nbd-datalog: where an older log begins that was not overwritten; 0: nowhere */
};

/* The name of a format, as --from= has it. */
extern const char *import_format_name (enum import_format format);

/* Make the log PATH, which must not exist.  Returns 0, or -1 after a message, without leaving PATH behind.  What is
 * wrong with the file is told with the byte in it.
 */
extern int import_log (const struct import_options *options, const char *path, struct import_result *result);

#endif
