/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of other recorders, put together byte by byte from the descriptions of their formats, for the tests of
 * log/foreign/import.h and log/foreign/export.h.  Nothing here uses the code that is tested.  The contents of sectors
 * are the letters of make-log.h.
 */
#ifndef POWERCUT_TESTS_UNIT_FOREIGN_LOG_H
#define POWERCUT_TESTS_UNIT_FOREIGN_LOG_H

#include "log/foreign/import.h"
#include "tests/unit/make-log.h"

/* The bytes of a file in the making. */
struct bytes {
  char *at;
  size_t size;
};

extern void bytes_free (struct bytes *bytes);
/* Put NUMBER at OFFSET, WIDTH bytes, little-endian. */
extern void set_little (struct bytes *bytes, size_t offset, uint64_t number, unsigned width);
extern uint64_t get_little (const struct bytes *bytes, size_t offset, unsigned width);
extern void set_big (struct bytes *bytes, size_t offset, uint64_t number, unsigned width);

/* dm-log-writes: begin with a super block; each entry counts itself there. */
extern void dm_begin (struct bytes *bytes, uint32_t sector_size);
/* An entry for the data LETTERS at SECTOR, both in sectors of 512 bytes. */
extern void dm_write (struct bytes *bytes, uint64_t flags, uint64_t sector, const char *letters);
extern void dm_discard (struct bytes *bytes, uint64_t flags, uint64_t sector, uint64_t count);
extern void dm_flush (struct bytes *bytes);
extern void dm_mark (struct bytes *bytes, const char *text);

/* Add the entries of TEXT, apart by spaces: `w1=ab` a write at sector 1, `t2+3` a discard of 3 sectors, `f` a flush,
 * `m:TEXT` a mark; a capital W or T has the flag FUA, and of the letters before it F is FLUSH and M METADATA.
 */
extern void dm_entries (struct bytes *bytes, const char *text);
/* A whole log of them. */
extern struct bytes dm_log (const char *text);

/* nbd-server's data log: begin with the option record. */
extern void nbd_begin (struct bytes *bytes);
/* A request; LETTERS, unless NULL, are the data of a write and its length, else it is COUNT sectors long. */
extern void nbd_request (struct bytes *bytes, uint32_t type, uint64_t cookie, uint64_t sector, uint32_t count,
                         const char *letters);
extern void nbd_reply (struct bytes *bytes, uint64_t cookie, uint32_t error);

/* Add the records of TEXT, apart by spaces: `7:w1=ab` a request to write at sector 1 with the cookie 7, `7:z2+3` one
 * for zeros and `7:t2+3` a trim of 3 sectors, each with FUA for a capital letter, `7:r2+3` a read, `7:f` a flush, `7:x`
 * a disconnect; `d7` the reply to the cookie 7, `d7!5` with error 5.
 */
extern void nbd_records (struct bytes *bytes, const char *text);
/* A whole log of them. */
extern struct bytes nbd_log (const char *text);

extern struct bytes read_bytes (const char *path);

/* A log's events as a text: `w1=ab` a write at sector 1, `W1=ab` with FUA, `z2+3` a zero and `t2+3` a trim of 3
 * sectors, `f` a flush, `d4` the completion of what was issued at position 4, `d4!5` with error 5, `m:TEXT` a mark.  To
 * free.
 */
extern char *describe (const struct write_log *log);

#endif
