/* SPDX-License-Identifier: BSD-3-Clause */
/* The write log, version 1: every I/O event of one or more block devices, in order, with its data.
 *
 *     LOG     = HEADER DEVICE* INFO RECORD*
 *     HEADER  = struct log_header
 *     DEVICE  = struct log_device_entry, device_count of them
 *     INFO    = info_size bytes: KEY=VALUE texts, each ended by a NUL; then zeros up to header_size
 *     RECORD  = struct log_record, data_size bytes of data, zeros up to a multiple of LOG_ALIGN
 *
 * All numbers are little-endian.  Every record begins at a multiple of LOG_ALIGN.
 *
 * An event is a record.  Its position is its number: the first record has position 0, the next 1, and so on.  An
 * operation (write, zero, trim, flush) has two events, its issue, which holds the data, and its completion, which holds
 * its error; the order of records is the order in which the recorder saw them.  An operation without a completion was
 * in flight when the log ended.  The order of two issues is the order in which their data replace each other on the
 * device.
 *
 * A record is valid if and only if
 *   - it lies in the file with all its data and padding, and the padding is zeros,
 *   - its checksum is right (it depends on the record's place in the file, so that an old or moved record is not
 *     valid),
 *   - its kind and flags are known ones, and fields that its kind does not use are zero,
 *   - its device exists; offset and length are multiples of LOG_SECTOR, not empty and inside the device,
 *   - a completion names an earlier issue that no completion has named before.
 * The log ends before the first record that is not valid.  A recorder that is closed writes an `end` record last; if
 * the file's last LOG_ALIGN-aligned record is a valid `end`, then nothing may be missing before it, and a record that
 * is not valid is damage.  Without one the recorder was cut off, and the valid prefix is the recording.
 *
 * Marks are texts that the guest or powercut writes.  The first word is the name; `base`, `begin`, `commit` and `end`
 * are described in powercut-log(5), and names that begin with `powercut:` are powercut's own.  Of these,
 * `powercut:files` has bytes behind its name: together they are the archive of what the checker needs (log/files.h).
 */
#ifndef POWERCUT_LOG_FORMAT_H
#define POWERCUT_LOG_FORMAT_H

#include <endian.h>
#include <stdint.h>

/* The line end, the control-Z and the lone newline show copies that were treated as text. */
#define LOG_MAGIC "PCLOG\r\x1a\n"
#define LOG_VERSION 1
#define LOG_ALIGN 8
#define LOG_SECTOR 512

#define LOG_DEVICES_MAX 64
#define LOG_INFO_MAX (1 << 20)
#define LOG_DATA_MAX (64 << 20) /* NBD servers take no larger request */

typedef uint16_t le16;
typedef uint32_t le32;
typedef uint64_t le64;

struct log_header {
  char magic[8];                /* LOG_MAGIC */
  le32 version;                 /* LOG_VERSION */
  le32 header_size;             /* bytes from the start of the file to the first record, a multiple of LOG_ALIGN */
  le32 device_count;            /* 1 to LOG_DEVICES_MAX */
  le32 info_size;               /* bytes, at most LOG_INFO_MAX */
  le64 created;                 /* when recording began, in nanoseconds since 1970 */
  le64 checksum;                /* XXH3-64 of what follows this struct up to header_size; seed: XXH3-64 of this struct
                                   with zero here */
};
_Static_assert (sizeof (struct log_header) == 40, "the header has no padding");

struct log_device_entry {
  le64 size_bytes;              /* a multiple of LOG_SECTOR, not zero */
};
_Static_assert (sizeof (struct log_device_entry) == 8, "the device entry has no padding");

enum log_kind {
  LOG_WRITE = 1,                /* issue: data_size bytes of data at offset; length is the same number */
  LOG_ZERO = 2,                 /* issue: length bytes of zeros at offset, no data */
  LOG_TRIM = 3,                 /* issue: length bytes at offset are no longer needed, no data */
  LOG_FLUSH = 4,                /* issue: offset and length are zero */
  LOG_COMPLETION = 5,           /* offset is the position of the issue, length the errno, 0 for success */
  LOG_MARK = 6,                 /* data_size bytes of text; device, offset and length are zero */
  LOG_END = 7,                  /* the recorder was closed; all other fields but time are zero */
};

/* In place of an errno: the device answered as if it had done what was asked for, and did nothing.  No recorder writes
 * this: it is in logs that were made for a fault (replay/fault.h).
 */
#define LOG_ERROR_PRETENDED UINT32_MAX

/* Likewise: power failed before this was durable, and the log goes on after that (log/aftermath.h). */
#define LOG_ERROR_CUT (UINT32_MAX - 1)

enum log_flag {
  LOG_FLAG_FUA = 1,             /* write, zero, trim: durable once completed */
  LOG_FLAG_MAY_TRIM = 2,        /* zero: the device may unmap (NBD without NBD_CMD_FLAG_NO_HOLE) */
  LOG_FLAG_PATH1 = 4,           /* write, zero, trim, flush: it came by the second path to the device, path 1 */
};

struct log_record {
  le64 checksum;                /* XXH3-64 of the rest of this struct; seed: XXH3-64 of the data (0 if none) + the file
                                   offset */
  le64 time;                    /* nanoseconds since the recording began, from a monotonic clock */
  uint8_t kind;                 /* enum log_kind */
  uint8_t flags;                /* enum log_flag */
  le16 device;                  /* number of the device, from 0 */
  le32 data_size;               /* bytes that follow; LOG_WRITE and LOG_MARK only */
  le64 offset;                  /* bytes from the start of the device; LOG_COMPLETION: a position */
  le32 length;                  /* bytes on the device; LOG_COMPLETION: an errno */
  le32 reserved;                /* zero */
};
_Static_assert (sizeof (struct log_record) == 40, "the record has no padding");

/* Bytes that a record with DATA_SIZE bytes of data takes in the file. */
static inline uint64_t
log_record_size (uint32_t data_size)
{
  return (sizeof (struct log_record) + (uint64_t) data_size + LOG_ALIGN - 1) & ~(uint64_t) (LOG_ALIGN - 1);
}

#endif
