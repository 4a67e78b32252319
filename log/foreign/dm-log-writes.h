/* SPDX-License-Identifier: BSD-3-Clause */
/* The log format of the Linux device-mapper target log-writes, which QEMU's block driver blklogwrites writes, too.
 *
 *     LOG     = SUPER ENTRY*
 *     SUPER   = struct dm_log_super, zeros up to a sector
 *     ENTRY   = struct dm_log_entry, for a mark its text, zeros up to a sector; DATA
 *     DATA    = nr_sectors sectors, but none if flags has DM_LOG_DISCARD
 *
 * All numbers are little-endian.  The unit of sector and nr_sectors is the super block's sectorsize: the logical block
 * size of the device for the kernel, log-sector-size for QEMU.  The log is of one device, whose size it does not tell.
 *
 * An entry is one request of the device.  With DM_LOG_FLUSH, a flush; if there are sectors, too, the flush comes before
 * the write.  With DM_LOG_MARK, data_len bytes of text and nothing else.  Any other entry has sectors.
 *
 * nr_entries is how many entries there are.  The kernel stores it behind every FUA and mark, QEMU behind every flush
 * and once in so many requests (log-super-update-interval); a log that was not finished has entries behind the ones
 * that are counted. (Linux Documentation/admin-guide/device-mapper/log-writes.rst; QEMU, BlockdevOptionsBlklogwrites.)
 */
#ifndef POWERCUT_LOG_FOREIGN_DM_LOG_WRITES_H
#define POWERCUT_LOG_FOREIGN_DM_LOG_WRITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/format.h"

#define DM_LOG_MAGIC UINT64_C (0x6a736677736872)
#define DM_LOG_VERSION 1
#define DM_LOG_SECTOR_MIN 32    /* a struct dm_log_entry fits */
#define DM_LOG_SECTOR_MAX (1 << 23)

struct dm_log_super {
  le64 magic;                   /* DM_LOG_MAGIC */
  le64 version;                 /* DM_LOG_VERSION */
  le64 nr_entries;              /* at least so many entries follow */
  le32 sectorsize;              /* bytes, a power of two */
} __attribute__ ((packed));
_Static_assert (sizeof (struct dm_log_super) == 28, "the super block has no padding");

struct dm_log_entry {
  le64 sector;                  /* where on the device */
  le64 nr_sectors;
  le64 flags;                   /* enum dm_log_flag */
  le64 data_len;                /* bytes of a mark's text; else zero, or the length of the data in bytes */
};
_Static_assert (sizeof (struct dm_log_entry) == 32, "the entry has no padding");

enum dm_log_flag {
  DM_LOG_FLUSH = 1,
  DM_LOG_FUA = 2,
  DM_LOG_DISCARD = 4,
  DM_LOG_MARK = 8,
  DM_LOG_METADATA = 16,         /* a hint that changes nothing */
};

/* Reading.  The file is mapped; what it says is checked entry by entry. */
struct dm_log {
  const char *path;             /* the caller's */
  const char *map;
  uint64_t file_size;
  uint32_t sector_bytes;
  uint64_t counted;             /* nr_entries of the super block */
  uint64_t known_flags;         /* an entry with any other flag is not valid */
  uint64_t offset;              /* of the next entry */
  uint64_t entries;             /* that were read */
  uint64_t uncounted_flags;     /* of the entries that were read behind those that are counted */
};

/* An entry that is valid. */
struct dm_log_request {
  uint64_t file_offset;         /* of the entry */
  uint64_t flags;
  uint64_t offset_bytes;        /* on the device */
  uint64_t length_bytes;        /* a multiple of LOG_SECTOR, as the offset is; 0 for a mark, and a flush alone */
  const char *data;             /* length_bytes of them, NULL for a discard; of a mark, the text */
  uint32_t text_length;         /* of a mark */
};

/* Begin to read the log at PATH, which must outlive it; KNOWN_FLAGS are those that its writer uses.  Returns 0, or -1
 * after a message.  Free with dm_log_close.
 */
extern int dm_log_open (struct dm_log *log, const char *path, uint64_t known_flags);
extern void dm_log_close (struct dm_log *log);

/* The next entry into *request.  Returns 1; 0 at the end; -1 after a message, which has the byte in the file, if an
 * entry that is counted is not valid.  Behind those that are counted the first that is not valid is the end, and so is
 * one behind a FUA or mark there: the writer would have counted those, so that it is left over from an older log.
 */
extern int dm_log_next (struct dm_log *log, struct dm_log_request *request);

/* Writing, with sectors of LOG_SECTOR bytes. */
struct dm_log_writer;

#define DM_LOG_TEXT_MAX (LOG_SECTOR - sizeof (struct dm_log_entry) - 1) /* bytes of a mark, which a NUL ends */

/* Make a log at PATH; what is there is replaced.  Returns NULL with errno. */
extern struct dm_log_writer *dm_log_create (const char *path);

/* Append an entry for LENGTH_BYTES at OFFSET_BYTES, with DATA, which may be NULL for zeros.  Returns 0, or -1 with
 * errno.
 */
extern int dm_log_put (struct dm_log_writer *writer, uint64_t flags, uint64_t offset_bytes, uint64_t length_bytes,
                       const void *data);

/* Append a mark; LENGTH is at most DM_LOG_TEXT_MAX.  Returns 0, or -1 with errno. */
extern int dm_log_put_mark (struct dm_log_writer *writer, const char *text, size_t length);

/* Write the super block and close.  Returns 0, or -1 with errno. */
extern int dm_log_finish (struct dm_log_writer *writer);

#endif
