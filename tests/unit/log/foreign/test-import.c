/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of other recorders' logs: what each order means, and that nothing in a damaged file is believed. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "replay/search/model.h"
#include "tests/unit/foreign-log.h"
#include "tests/unit/message.h"

#define FUA 2
#define FLUSH 1
#define METADATA 16
#define NBD_FUA (1 << 16)
#define NBD_NO_HOLE (1 << 17)

enum nbd_command { NBD_READ, NBD_WRITE, NBD_DISCONNECT, NBD_FLUSH, NBD_TRIM, NBD_CACHE, NBD_WRITE_ZEROES };

static struct import_result result;

/* Import BYTES with OPTIONS, whose file is not set.  NULL if it was refused: then nothing is left, and message says why. */
static struct write_log *
try_import (const struct bytes *bytes, struct import_options options)
{
  CLEANUP_FREE char *file = new_path ();
  CLEANUP_FREE char *path = new_path ();
  struct write_log *log = NULL;

  write_bytes (file, bytes->at, bytes->size);
  options.file = file;
  message[0] = '\0';
  if (import_log (&options, path, &result) == 0) {
    log = write_log_open (path);
    ck_assert_msg (log, "%s", message);
    ck_assert_int_eq (log->end, LOG_CLOSED);
    unlink (path);
  }
  else
    ck_assert_msg (message[0] && access (path, F_OK) == -1, "nothing said, or %s left", path);
  unlink (file);
  return log;
}

/* Import BYTES, which are freed, and hold the events against EXPECTED. */
static void
assert_imports (struct bytes *bytes, struct import_options options, const char *expected)
{
  struct write_log *log = try_import (bytes, options);

  ck_assert_msg (log, "%s", message);
  CLEANUP_FREE char *events = describe (log);
  ck_assert_str_eq (events, expected);
  write_log_close (log);
  bytes_free (bytes);
}

static void
assert_refused (const struct bytes *bytes, struct import_options options, const char *reason)
{
  struct write_log *log = try_import (bytes, options);

  ck_assert_msg (log == NULL, "taken, though %s", reason);
  ck_assert_msg (strstr (message, reason), "'%s' does not say '%s'", message, reason);
}

static const struct import_options kernel = { .format = IMPORT_DM_LOG_WRITES };
static const struct import_options kernel_cautious = { .format = IMPORT_DM_LOG_WRITES, .order = IMPORT_CAUTIOUS };
static const struct import_options qemu = { .format = IMPORT_BLKLOGWRITES };
static const struct import_options qemu_cautious = { .format = IMPORT_BLKLOGWRITES, .order = IMPORT_CAUTIOUS };
static const struct import_options nbd = { .format = IMPORT_NBD_DATALOG };

START_TEST (a_flush_entry_covers_what_is_logged_before_it)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 3, "ab");
  dm_write (&bytes, METADATA, 1, "c");
  dm_flush (&bytes);
  dm_write (&bytes, 0, 0, "d");
  assert_imports (&bytes, kernel, "m:base w3=ab d1 w1=c d3 f d5 w0=d d7");
  ck_assert_uint_eq (result.size_bytes, 5 * 512);
  ck_assert_uint_eq (result.writes, 3);
  ck_assert_uint_eq (result.flushes, 1);
}
END_TEST

START_TEST (a_fua_entry_is_durable_at_once_and_orders_nothing)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, FUA, 1, "a");
  dm_write (&bytes, 0, 2, "b");
  dm_flush (&bytes);
  assert_imports (&bytes, kernel, "m:base W1=a d1 w2=b d3 f d5");
  ck_assert_uint_eq (result.fua, 1);
}
END_TEST

START_TEST (a_flush_with_data_flushes_first)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_write (&bytes, FLUSH, 2, "b");
  dm_write (&bytes, FLUSH | FUA, 3, "c");
  assert_imports (&bytes, kernel, "m:base w1=a d1 f d3 w2=b d5 f d7 W3=c d9");
}
END_TEST

START_TEST (a_discard_has_no_data_and_leaves_zeros)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_discard (&bytes, 0, 4, 8);
  dm_write (&bytes, 0, 1, "a");
  dm_discard (&bytes, FUA, 0, 1);
  assert_imports (&bytes, kernel, "m:base t4+8 d1 w1=a d3 T0+1 d5");
}
END_TEST

START_TEST (data_of_zeros_are_a_zero)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "...");
  dm_write (&bytes, 0, 1, ".a.");
  assert_imports (&bytes, qemu, "m:base z1+3 d1 w1=.a. d3");
}
END_TEST

START_TEST (marks_are_text)
{
  struct import_options options = kernel;
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_mark (&bytes, "mkfs done");
  dm_mark (&bytes, "synced");
  dm_mark (&bytes, "");
  options.begin = "mkfs done";
  options.commit = "synced";
  assert_imports (&bytes, options, "m:base w1=a d1 m:begin mkfs done m:commit synced m:");
  ck_assert_uint_eq (result.marks, 3);
}
END_TEST

START_TEST (a_mark_base_in_the_log_is_the_base)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_mark (&bytes, "base");
  assert_imports (&bytes, kernel, "w1=a d0 m:base");
}
END_TEST

START_TEST (marks_that_are_not_there_or_are_powercuts_own_are_refused)
{
  struct import_options options = kernel;
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_mark (&bytes, "one");
  options.begin = "two";
  assert_refused (&bytes, options, "no mark of the text --begin=two");
  options.begin = "one";
  options.commit = "on";
  assert_refused (&bytes, options, "no mark of the text --commit=on");
  dm_mark (&bytes, "powercut:old f");
  assert_refused (&bytes, kernel, "byte 2048: a mark whose name");
  bytes_free (&bytes);
}
END_TEST

START_TEST (sectors_have_the_size_that_the_super_block_says)
{
  for (uint32_t size = 64; size <= 4096; size *= 2) {
    struct bytes bytes = { NULL, 0 };

    dm_begin (&bytes, size);
    dm_write (&bytes, 0, 8, "abcdefgh");
    dm_flush (&bytes);
    dm_discard (&bytes, 0, 16, 8);
    assert_imports (&bytes, qemu, "m:base w8=abcdefgh d1 f d3 t16+8 d5");
  }
}
END_TEST

START_TEST (entries_that_are_not_counted_are_taken_and_told)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_flush (&bytes);
  dm_write (&bytes, 0, 2, "b");
  set_little (&bytes, 16, 1, 8);
  assert_imports (&bytes, kernel, "m:base w1=a d1 f d3 w2=b d5");
  ck_assert_uint_eq (result.counted, 1);
  ck_assert_uint_eq (result.uncounted, 2);
}
END_TEST

/* Of a log device that was used before. */
START_TEST (what_the_kernel_would_have_counted_is_left_over)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_mark (&bytes, "counted a moment later");
  dm_write (&bytes, 0, 2, "b");
  set_little (&bytes, 16, 1, 8);
  assert_imports (&bytes, kernel, "m:base w1=a d1 m:counted a moment later");
  ck_assert_uint_eq (result.uncounted, 1);
}
END_TEST

START_TEST (data_behind_the_last_entry_are_no_entry)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_write (&bytes, 0, 2, "b");
  set_little (&bytes, 16, 1, 8);
  bytes.at[2 * 512 + 512 + 511] = 'x';  /* the end of the second entry's sector */
  assert_imports (&bytes, kernel, "m:base w1=a d1");
  ck_assert_uint_eq (result.uncounted, 0);
}
END_TEST

START_TEST (cautiously_the_operations_of_an_epoch_are_in_flight_together)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, FUA, 1, "a");
  dm_mark (&bytes, "x");
  dm_write (&bytes, 0, 2, "b");
  dm_flush (&bytes);
  dm_write (&bytes, FLUSH | FUA, 3, "c");
  dm_write (&bytes, 0, 4, "d");
  dm_flush (&bytes);
  dm_flush (&bytes);
  assert_imports (&bytes, kernel_cautious, "m:base W1=a w2=b d1 m:x d2 f d6 f d8 W3=c w4=d d10 d11 f d14 f d16");
}
END_TEST

START_TEST (cautiously_a_flush_of_qemu_covers_what_was_logged_before_the_last)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  dm_flush (&bytes);
  dm_write (&bytes, 0, 2, "b");
  dm_write (&bytes, 0, 3, "c");
  dm_flush (&bytes);
  dm_flush (&bytes);
  dm_write (&bytes, 0, 4, "d");
  assert_imports (&bytes, qemu_cautious, "m:base w1=a f d1 d2 w2=b w3=c f d5 d6 d7 f d11 w4=d d13");
}
END_TEST

START_TEST (the_header_says_what_was_made_of_the_order)
{
  const char *info[] = { "filesystem=ext4" };
  struct import_options options = qemu_cautious;
  struct bytes bytes = { NULL, 0 };

  options.info = info;
  options.info_count = 1;
  options.size_bytes = 1 << 20;
  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "a");
  struct write_log *log = try_import (&bytes, options);
  ck_assert_msg (log, "%s", message);
  ck_assert_str_eq (log_info (log, "filesystem"), "ext4");
  ck_assert_str_eq (log_info (log, "imported"), "blklogwrites");
  ck_assert_ptr_nonnull (strstr (log_info (log, "order"), "may be impossible"));
  ck_assert_uint_eq (log->device_sizes[0], 1 << 20);
  write_log_close (log);
  bytes_free (&bytes);
}
END_TEST

START_TEST (the_base_comes_first)
{
  CLEANUP_FREE char *base = new_path ();
  struct bytes image = { NULL, 0 }, bytes = { NULL, 0 };
  struct import_options options = kernel;

  dm_begin (&image, 4096);
  dm_write (&image, 0, 0, "abcdefgh");
  write_bytes (base, image.at + 8192, 4096);
  options.base = base;
  dm_begin (&bytes, 512);
  dm_write (&bytes, 0, 1, "x");
  struct write_log *log = try_import (&bytes, options);
  ck_assert_msg (log, "%s", message);
  CLEANUP_FREE char *events = describe (log);
  ck_assert_str_eq (events, "w0=abcdefgh d0 f d2 m:base w1=x d5");
  ck_assert_uint_eq (result.writes, 1);
  write_log_close (log);
  dm_write (&bytes, 0, 8, "y");
  assert_refused (&bytes, options, "byte 1536: an entry that goes beyond the device of 4096 bytes");
  options.size_bytes = 512;
  assert_refused (&bytes, options, "beyond the device of 512 bytes");
  unlink (base);
  bytes_free (&image);
  bytes_free (&bytes);
}
END_TEST

START_TEST (what_is_larger_than_a_record_becomes_several)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_discard (&bytes, 0, 8, (UINT64_C (5) << 30) / 512);
  assert_imports (&bytes, kernel_cautious, "m:base t8+4194304 t4194312+4194304 t8388616+2097152 d1 d2 d3");
  nbd_begin (&bytes);
  nbd_request (&bytes, NBD_WRITE_ZEROES, 1, 0, (3u << 30) / 512, NULL);
  assert_imports (&bytes, nbd, "m:base z0+4194304 z4194304+2097152");
}
END_TEST

START_TEST (requests_and_replies_are_issues_and_completions)
{
  struct bytes bytes = { NULL, 0 };

  nbd_begin (&bytes);
  nbd_request (&bytes, NBD_WRITE, 7, 1, 0, "ab");
  nbd_request (&bytes, NBD_READ, 8, 0, 100, NULL);
  nbd_request (&bytes, NBD_WRITE | NBD_FUA, 9, 3, 0, "c");
  nbd_reply (&bytes, 9, 0);
  nbd_request (&bytes, NBD_FLUSH, 10, 0, 0, NULL);
  nbd_reply (&bytes, 8, 0);
  nbd_reply (&bytes, 7, 0);
  nbd_request (&bytes, NBD_WRITE_ZEROES | NBD_NO_HOLE, 7, 5, 2, NULL);
  nbd_reply (&bytes, 10, 0);
  nbd_request (&bytes, NBD_TRIM | NBD_FUA, 11, 6, 1, NULL);
  nbd_reply (&bytes, 11, 5);
  nbd_request (&bytes, NBD_DISCONNECT, 12, 0, 0, NULL);
  nbd_reply (&bytes, 7, 0);
  assert_imports (&bytes, nbd, "m:base w1=ab W3=c d2 f d1 z5+2 d4 T6+1 d8!5 d6");
  ck_assert_uint_eq (result.size_bytes, 7 * 512);
}
END_TEST

START_TEST (what_stands_behind_a_disconnect_is_of_an_older_log)
{
  struct bytes bytes = { NULL, 0 };

  nbd_begin (&bytes);
  nbd_request (&bytes, NBD_WRITE, 7, 1, 0, "a");
  nbd_request (&bytes, NBD_DISCONNECT, 0, 0, 0, NULL);
  nbd_reply (&bytes, 7, 0);
  nbd_reply (&bytes, 6, 0);
  assert_imports (&bytes, nbd, "m:base w1=a d1");
  ck_assert_uint_eq (result.left_offset, 28 + 28 + 512 + 28 + 16);
}
END_TEST

START_TEST (a_request_that_the_server_refused_is_no_operation)
{
  struct import_options options = nbd;
  struct bytes bytes = { NULL, 0 };

  options.size_bytes = 1024;
  nbd_begin (&bytes);
  nbd_request (&bytes, NBD_WRITE, 1, 0, 0, "a");
  nbd_request (&bytes, NBD_WRITE, 2, 1, 0, "bc");
  nbd_reply (&bytes, 1, 0);
  nbd_reply (&bytes, 2, 28);
  assert_imports (&bytes, options, "m:base w0=a d1");
  nbd_begin (&bytes);
  nbd_request (&bytes, NBD_WRITE, 2, 1, 0, "bc");
  nbd_reply (&bytes, 2, 0);
  assert_refused (&bytes, options, "byte 28: a request that goes beyond the device of 1024 bytes and succeeded");
  bytes_free (&bytes);
}
END_TEST

/* A valid log of dm-log-writes, or of blklogwrites with QEMU. */
static void
make_dm_log (struct bytes *bytes, bool for_qemu)
{
  dm_begin (bytes, 128);
  dm_write (bytes, for_qemu ? 0 : FUA, 1, "ab");
  dm_discard (bytes, 0, 5, 2);
  dm_flush (bytes);
  if (!for_qemu) {
    dm_mark (bytes, "a mark");
    dm_write (bytes, FLUSH, 2, "c");
  }
  dm_write (bytes, 0, 6, "d");
}

static void
make_nbd_log (struct bytes *bytes)
{
  nbd_begin (bytes);
  nbd_request (bytes, NBD_WRITE, 7, 1, 0, "ab");
  nbd_request (bytes, NBD_WRITE | NBD_FUA, 8, 3, 0, "c");
  nbd_reply (bytes, 8, 0);
  nbd_request (bytes, NBD_FLUSH, 9, 0, 0, NULL);
  nbd_reply (bytes, 7, 0);
  nbd_reply (bytes, 9, 0);
  nbd_request (bytes, NBD_TRIM, 10, 4, 2, NULL);
  nbd_reply (bytes, 10, 5);
}

/* Change a field of a valid log; the byte that is named, and what is said. */
struct damage {
  size_t offset;
  uint64_t number;
  unsigned width;
  const char *reason;
};

static const struct damage dm_damages[] = {
  { 0, 1, 8, "byte 0: wrong magic" },
  { 8, 2, 8, "byte 8: version 2" },
  { 24, 0, 4, "byte 24: a sector size of 0" },
  { 24, 96, 4, "byte 24: a sector size of 96" },
  { 24, 16, 4, "byte 24: a sector size of 16" },
  { 24, 1 << 24, 4, "byte 24: a sector size of 16777216" },
  { 16, 7, 8, "byte 2944: the file ends where nr_entries says that an entry is (entry 7 of 7)" },
  { 16, UINT64_MAX, 8, "byte 2944: the file ends" },
  { 128, UINT64_MAX, 8, "byte 128: a sector beyond any device" },
  { 128, INT64_MAX / 128 - 1, 8, "byte 136: more sectors than any device has" },
  { 136, UINT64_MAX, 8, "byte 136: more sectors than any device has" },
  { 136, UINT64_MAX / 128 + 9, 8, "byte 136: more sectors than any device has" },     /* times 128 it is small */
  { 136, 22, 8, "byte 136: an entry whose data go beyond the end of the file" },
  { 136, 1 << 20, 8, "byte 136: an entry whose data go beyond the end of the file" },
  { 136, 0, 8, "byte 136: an entry that does nothing" },
  { 136, 7, 8, "byte 136: an entry that is not made of whole sectors" },
  { 128, 5, 8, "byte 136: an entry that is not made of whole sectors" },
  { 144, 32, 8, "byte 144: an entry with flags that are not known" },
  { 144, UINT64_C (1) << 63, 8, "byte 144: an entry with flags that are not known" },
  { 144, 8, 8, "byte 136: a mark with sectors" },
  { 144, 10, 8, "byte 144: an entry that is a mark and something else" },
  { 152, 1, 8, "byte 152: a length of data" },
  { 128 * 11 + 24, 97, 8, "byte 1304: a length of data" },
};

START_TEST (what_is_wrong_with_a_log_of_dm_log_writes_is_told_with_the_byte)
{
  const struct damage *damage = &dm_damages[_i];
  struct bytes bytes = { NULL, 0 };

  make_dm_log (&bytes, false);
  if (_i == sizeof dm_damages / sizeof dm_damages[0] - 1)
    set_little (&bytes, 128 * 10 + 24, 97, 8);
  else
    set_little (&bytes, damage->offset, damage->number, damage->width);
  assert_refused (&bytes, kernel, damage->reason);
  bytes_free (&bytes);
}
END_TEST

START_TEST (what_is_not_of_qemu_is_not_taken_for_it)
{
  struct bytes bytes = { NULL, 0 };

  make_dm_log (&bytes, false);
  assert_refused (&bytes, qemu, "byte 144: an entry with flags that are not known");
  bytes_free (&bytes);
}
END_TEST

static const struct damage nbd_damages[] = {
  { 0, 0x25609513, 4, "byte 0: a transaction log without data" },
  { 0, 0x12345678, 4, "byte 0: wrong magic" },
  { 4, 2, 4, "byte 4: an option" },
  { 24, 0, 4, "byte 4: an option" },
  { 28, 0, 4, "byte 28: no record begins here" },
  { 32, 9, 4, "byte 32: a request of a kind that is not known" },
  { 32, 1 << 25 | 1, 4, "byte 32: a request with flags that are not known" },
  { 44, 100, 8, "byte 44: a request that is not made of whole sectors" },
  { 52, UINT32_MAX, 4, "byte 52: a write whose data go beyond the end" },
  { 1080 + 8, 7, 8, "byte 1088: a request with the cookie of one that is not answered yet" },
  { 1620 + 8, 6, 8, "byte 1628: a reply to no request" },
};

START_TEST (what_is_wrong_with_a_log_of_nbd_server_is_told_with_the_byte)
{
  const struct damage *damage = &nbd_damages[_i];
  struct bytes bytes = { NULL, 0 };

  make_nbd_log (&bytes);
  set_big (&bytes, damage->offset, damage->number, damage->width);
  assert_refused (&bytes, nbd, damage->reason);
  bytes_free (&bytes);
}
END_TEST

/* A file that is cut anywhere is refused with the byte; but of nbd-server's, a piece of whole records is a log. */
static void
assert_cut_is_refused (const struct bytes *whole, const struct import_options *options)
{
  for (size_t size = 0; size < whole->size; size += 7) {  /* in the end, at every remainder of the sizes of fields */
    const struct bytes cut = { whole->at, size };
    struct write_log *log = try_import (&cut, *options);

    ck_assert_msg (log || strstr (message, ": byte ") || strstr (message, "no write in it"), "%zu bytes: %s", size, message);
    ck_assert_msg (log == NULL || options->format == IMPORT_NBD_DATALOG, "%zu bytes are taken", size);
    write_log_close (log);
  }
}

/* Whatever is changed in a file, it is imported or refused. */
static void
assert_flips_are_survived (struct bytes *bytes, const struct import_options *options)
{
  struct dice dice = { 0 };

  for (size_t at = 0; at < bytes->size; at += 1 + roll (&dice, 4)) {    /* no field is passed over */
    const char flip = (char) (1 + roll (&dice, 255));

    bytes->at[at] = (char) (bytes->at[at] ^ flip);
    struct write_log *log = try_import (bytes, *options);
    ck_assert_msg (log || strstr (message, ": byte "), "byte %zu: %s", at, message);
    write_log_close (log);
    bytes->at[at] = (char) (bytes->at[at] ^ flip);
  }
}

START_TEST (no_cut_and_no_flipped_byte_does_harm)
{
  static const struct import_options *const all[] = { &kernel, &kernel_cautious, &qemu, &qemu_cautious, &nbd };
  const struct import_options *options = all[_i];
  struct bytes bytes = { NULL, 0 };

  if (options->format == IMPORT_NBD_DATALOG)
    make_nbd_log (&bytes);
  else
    make_dm_log (&bytes, options->format == IMPORT_BLKLOGWRITES);
  assert_cut_is_refused (&bytes, options);
  assert_flips_are_survived (&bytes, options);
  bytes_free (&bytes);
}
END_TEST

/* The recorders themselves, played from their descriptions, record a random workload of which everything is known.  Each write
 * has a sector of its own, so that a state of the device is the set of writes that are there.
 */
#define PLAY_WRITES 7
#define PLAY_FLUSHES 4

struct play {
  struct log_maker *truth;
  struct bytes kernel, qemu;    /* what the recorders write */
  unsigned writes, flushes;     /* that were issued */
  struct {
    uint32_t issue;
    unsigned sector;
    bool fua;
  } flight[PLAY_WRITES];
  unsigned flight_count;
  unsigned unflushed[PLAY_WRITES], unflushed_count;     /* the kernel's list of completed writes, by sector */
  unsigned covered[PLAY_WRITES], covered_count;         /* those that were there when the flush was issued */
  uint32_t flush;               /* its issue */
  bool flushing;
};

static void
log_kernel_write (struct play *play, unsigned sector, uint64_t flags)
{
  dm_write (&play->kernel, flags, sector, (const char[]) { (char) ('a' + sector), '\0' });
}

static void
play_issue (struct play *play, bool fua)
{
  unsigned sector = play->writes++;

  play->flight[play->flight_count].sector = sector;
  play->flight[play->flight_count].fua = fua;
  play->flight[play->flight_count++].issue
    = add_write (play->truth, 0, sector, (const char[]) { (char) ('a' + sector), '\0' }, fua ? LOG_FUA : 0);
}

static void
play_complete (struct play *play, unsigned which)
{
  unsigned sector = play->flight[which].sector;

  add_completion (play->truth, play->flight[which].issue, 0);
  if (play->flight[which].fua)
    log_kernel_write (play, sector, FUA);
  else
    play->unflushed[play->unflushed_count++] = sector;
  dm_write (&play->qemu, 0, sector, (const char[]) { (char) ('a' + sector), '\0' });
  play->flight[which] = play->flight[--play->flight_count];
}

static void
play_flush (struct play *play)
{
  play->flush = add_flush (play->truth, 0);
  play->flushing = true;
  play->flushes++;
  memcpy (play->covered, play->unflushed, sizeof play->covered);
  play->covered_count = play->unflushed_count;
  play->unflushed_count = 0;
}

static void
play_flushed (struct play *play)
{
  add_completion (play->truth, play->flush, 0);
  play->flushing = false;
  for (unsigned i = 0; i < play->covered_count; i++)
    log_kernel_write (play, play->covered[i], 0);
  dm_flush (&play->kernel);
  dm_flush (&play->qemu);
}

enum quiet {
  QUIET_NEVER,
  QUIET_AT_COMPLETION,          /* nothing is in flight when a flush is completed */
  QUIET_DURING_FLUSH,           /* nothing is in flight as long as a flush is */
};

/* Play a workload to its end.  Without WITH_FUA there is none, as for QEMU. */
static struct write_log *
play_all (struct play *play, struct dice *dice, bool with_fua, enum quiet quiet)
{
  *play = (struct play) { .truth = make_log (1, PLAY_WRITES) };
  dm_begin (&play->kernel, 512);
  dm_begin (&play->qemu, 512);
  while (play->writes < PLAY_WRITES || play->flushing || play->flight_count > 0) {
    bool still = play->flushing && quiet == QUIET_DURING_FLUSH;

    switch (roll (dice, 4)) {
    case 0:
      if (play->writes < PLAY_WRITES && !still)
        play_issue (play, with_fua && roll (dice, 3) == 0);
      break;
    case 1:
      if (play->flight_count > 0)
        play_complete (play, roll (dice, play->flight_count));
      break;
    case 2:
      if (!play->flushing && play->flushes < PLAY_FLUSHES && (quiet != QUIET_DURING_FLUSH || play->flight_count == 0))
        play_flush (play);
      break;
    case 3:
      if (play->flushing && (quiet == QUIET_NEVER || play->flight_count == 0))
        play_flushed (play);
    }
  }
  /* The kernel logs the rest when the target is removed. */
  for (unsigned i = 0; i < play->unflushed_count; i++)
    log_kernel_write (play, play->unflushed[i], 0);
  return finish_log (play->truth);
}

/* The crash states, as sets of writes (a bit for each sector), behind each number of completed flushes. */
struct states {
  bool there[PLAY_FLUSHES + 1][1 << PLAY_WRITES];
};

static void
find_states (const struct write_log *log, struct states *states)
{
  memset (states, 0, sizeof *states);
  for (uint32_t position = 0; position < log->event_count; position++) {
    uint32_t *pending, issued = log_writes_until (log, position);
    int64_t count = model_pending (log, position, &pending);
    unsigned flushes = 0, durable = 0;

    for (uint32_t i = 0; i < log->flush_count; i++)
      flushes += log->flushes[i].completion <= position;
    for (uint32_t i = 0; i < issued; i++)
      if (model_find_pending (pending, (uint32_t) count, i) == NULL)
        durable |= 1u << log->writes[i].offset_bytes / LOG_SECTOR;
    for (unsigned choice = 0; choice < 1u << count; choice++) {
      unsigned there = durable;

      for (unsigned i = 0; i < count; i++)
        if (choice >> i & 1)
          there |= 1u << log->writes[pending[i]].offset_bytes / LOG_SECTOR;
      states->there[flushes][there] = true;
    }
    free (pending);
  }
}

/* Every state of A is one of B. */
static void
assert_states_within (const struct states *a, const struct states *b, int seed, const char *what)
{
  for (unsigned flushes = 0; flushes <= PLAY_FLUSHES; flushes++)
    for (unsigned there = 0; there < 1 << PLAY_WRITES; there++)
      ck_assert_msg (!a->there[flushes][there] || b->there[flushes][there], "seed %d: after %u flushes, writes %x: %s", seed,
                     flushes, there, what);
}

static void
hold_against (const struct bytes *bytes, const struct import_options *options, const struct states *truth, int seed)
{
  static struct states found;
  struct write_log *log = try_import (bytes, *options);

  ck_assert_msg (log, "%s", message);
  find_states (log, &found);
  write_log_close (log);
  if (options->order == IMPORT_LOGGED)
    assert_states_within (&found, truth, seed, "no crash can leave this");
  else
    assert_states_within (truth, &found, seed, "a crash can leave this, and it is not there");
}

static void
play_and_hold (int seed, bool for_qemu, enum import_order order, enum quiet quiet)
{
  struct dice dice = { (uint64_t) seed };
  static struct states truth;
  struct import_options options = for_qemu ? qemu : kernel;
  struct play play;
  struct write_log *log = play_all (&play, &dice, !for_qemu, quiet);

  find_states (log, &truth);
  options.order = order;
  options.size_bytes = PLAY_WRITES * LOG_SECTOR;
  hold_against (for_qemu ? &play.qemu : &play.kernel, &options, &truth, seed);
  write_log_close (log);
  bytes_free (&play.kernel);
  bytes_free (&play.qemu);
}

START_TEST (as_logged_no_state_is_impossible)
{
  for (int seed = 0; seed < 60; seed++) {
    play_and_hold (seed, false, IMPORT_LOGGED, QUIET_NEVER);
    play_and_hold (seed, true, IMPORT_LOGGED, QUIET_NEVER);
  }
}
END_TEST

START_TEST (cautiously_no_state_is_missing)
{
  for (int seed = 0; seed < 60; seed++) {
    play_and_hold (seed, false, IMPORT_CAUTIOUS, QUIET_DURING_FLUSH);
    play_and_hold (seed, true, IMPORT_CAUTIOUS, QUIET_AT_COMPLETION);
  }
}
END_TEST

UNIT_TEST_MAIN ("import", a_flush_entry_covers_what_is_logged_before_it,
                a_fua_entry_is_durable_at_once_and_orders_nothing, a_flush_with_data_flushes_first,
                a_discard_has_no_data_and_leaves_zeros, data_of_zeros_are_a_zero, marks_are_text,
                a_mark_base_in_the_log_is_the_base, marks_that_are_not_there_or_are_powercuts_own_are_refused,
                sectors_have_the_size_that_the_super_block_says, entries_that_are_not_counted_are_taken_and_told,
                what_the_kernel_would_have_counted_is_left_over, data_behind_the_last_entry_are_no_entry,
                cautiously_the_operations_of_an_epoch_are_in_flight_together,
                cautiously_a_flush_of_qemu_covers_what_was_logged_before_the_last,
                the_header_says_what_was_made_of_the_order, the_base_comes_first,
                what_is_larger_than_a_record_becomes_several, requests_and_replies_are_issues_and_completions,
                what_stands_behind_a_disconnect_is_of_an_older_log, a_request_that_the_server_refused_is_no_operation,
                LOOP_OVER (what_is_wrong_with_a_log_of_dm_log_writes_is_told_with_the_byte, dm_damages),
                what_is_not_of_qemu_is_not_taken_for_it,
                LOOP_OVER (what_is_wrong_with_a_log_of_nbd_server_is_told_with_the_byte, nbd_damages),
                unit_loop (no_cut_and_no_flipped_byte_does_harm, 5), as_logged_no_state_is_impossible,
                cautiously_no_state_is_missing)
