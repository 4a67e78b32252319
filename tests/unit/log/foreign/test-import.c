/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of other recorders' logs: what each order means, and that nothing in a damaged file is believed. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "tests/unit/log/foreign/importing.h"
#include "tests/unit/message.h"

START_TEST (a_flush_entry_covers_what_is_logged_before_it)
{
  assert_imports (dm_log ("w3=ab Mw1=c f w0=d"), kernel, "m:base w3=ab d1 w1=c d3 f d5 w0=d d7");
  ck_assert_uint_eq (result.size_bytes, 5 * 512);
  ck_assert_uint_eq (result.writes, 3);
  ck_assert_uint_eq (result.flushes, 1);
}
END_TEST

START_TEST (a_fua_entry_is_durable_at_once_and_orders_nothing)
{
  assert_imports (dm_log ("W1=a w2=b f"), kernel, "m:base W1=a d1 w2=b d3 f d5");
  ck_assert_uint_eq (result.fua, 1);
}
END_TEST

static const struct {
  const struct import_options *options;
  const char *log, *imported;
} entries[] = {
  /* A flush with data flushes first. */
  { &kernel, "w1=a Fw2=b FW3=c", "m:base w1=a d1 f d3 w2=b d5 f d7 W3=c d9" },
  /* A discard has no data and leaves zeros. */
  { &kernel, "t4+8 w1=a T0+1", "m:base t4+8 d1 w1=a d3 T0+1 d5" },
  /* Data of zeros are a zero. */
  { &qemu, "w1=... w1=.a.", "m:base z1+3 d1 w1=.a. d3" },
  /* A mark `base` in the log is the base. */
  { &kernel, "w1=a m:base", "w1=a d0 m:base" },
};

START_TEST (each_entry_is_what_it_was_to_the_device)
{
  assert_imports (dm_log (entries[_i].log), *entries[_i].options, entries[_i].imported);
}
END_TEST

START_TEST (marks_are_text)
{
  struct import_options options = kernel;
  struct bytes bytes = dm_log ("w1=a");

  dm_mark (&bytes, "mkfs done");
  dm_entries (&bytes, "m:synced m:");
  options.begin = "mkfs done";
  options.commit = "synced";
  assert_imports (bytes, options, "m:base w1=a d1 m:begin mkfs done m:commit synced m:");
  ck_assert_uint_eq (result.marks, 3);
}
END_TEST

START_TEST (marks_that_are_not_there_or_are_powercuts_own_are_refused)
{
  struct import_options options = kernel;
  struct bytes bytes = dm_log ("w1=a m:one");

  options.begin = "two";
  assert_import_refused (&bytes, options, "no mark of the text --begin=two");
  options.begin = "one";
  options.commit = "on";
  assert_import_refused (&bytes, options, "no mark of the text --commit=on");
  dm_mark (&bytes, "powercut:old f");
  assert_import_refused (&bytes, kernel, "byte 2048: a mark whose name");
  bytes_free (&bytes);
}
END_TEST

START_TEST (sectors_have_the_size_that_the_super_block_says)
{
  for (uint32_t size = 64; size <= 4096; size *= 2) {
    struct bytes bytes = { NULL, 0 };

    dm_begin (&bytes, size);
    dm_entries (&bytes, "w8=abcdefgh f t16+8");
    assert_imports (bytes, qemu, "m:base w8=abcdefgh d1 f d3 t16+8 d5");
  }
}
END_TEST

/* A log whose super block counts its first entry alone. */
static struct bytes
log_with_one_counted (const char *text)
{
  struct bytes bytes = dm_log (text);

  set_little (&bytes, 16, 1, 8);
  return bytes;
}

START_TEST (entries_that_are_not_counted_are_taken_and_told)
{
  assert_imports (log_with_one_counted ("w1=a f w2=b"), kernel, "m:base w1=a d1 f d3 w2=b d5");
  ck_assert_uint_eq (result.counted, 1);
  ck_assert_uint_eq (result.uncounted, 2);
}
END_TEST

/* Of a log device that was used before. */
START_TEST (what_the_kernel_would_have_counted_is_left_over)
{
  struct bytes bytes = dm_log ("w1=a");

  dm_mark (&bytes, "counted a moment later");
  dm_entries (&bytes, "w2=b");
  set_little (&bytes, 16, 1, 8);
  assert_imports (bytes, kernel, "m:base w1=a d1 m:counted a moment later");
  ck_assert_uint_eq (result.uncounted, 1);
}
END_TEST

START_TEST (data_behind_the_last_entry_are_no_entry)
{
  struct bytes bytes = log_with_one_counted ("w1=a w2=b");

  bytes.at[2 * 512 + 512 + 511] = 'x';  /* the end of the second entry's sector */
  assert_imports (bytes, kernel, "m:base w1=a d1");
  ck_assert_uint_eq (result.uncounted, 0);
}
END_TEST

START_TEST (cautiously_the_operations_of_an_epoch_are_in_flight_together)
{
  assert_imports (dm_log ("W1=a m:x w2=b f FW3=c w4=d f f"), kernel_cautious,
                  "m:base W1=a w2=b d1 m:x d2 f d6 f d8 W3=c w4=d d10 d11 f d14 f d16");
}
END_TEST

START_TEST (cautiously_a_flush_of_qemu_covers_what_was_logged_before_the_last)
{
  assert_imports (dm_log ("w1=a f w2=b w3=c f f w4=d"), qemu_cautious,
                  "m:base w1=a f d1 d2 w2=b w3=c f d5 d6 d7 f d11 w4=d d13");
}
END_TEST

START_TEST (the_header_says_what_was_made_of_the_order)
{
  const char *info[] = { "filesystem=ext4" };
  struct import_options options = qemu_cautious;
  struct bytes bytes = dm_log ("w1=a");

  options.info = info;
  options.info_count = 1;
  options.size_bytes = 1 << 20;
  struct write_log *log = import_well (&bytes, options);
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
  struct bytes image = { NULL, 0 }, bytes = dm_log ("w1=x");
  struct import_options options = kernel;

  dm_begin (&image, 4096);
  dm_write (&image, 0, 0, "abcdefgh");
  write_bytes (base, image.at + 8192, 4096);
  options.base = base;
  struct write_log *log = import_well (&bytes, options);
  CLEANUP_FREE char *events = describe (log);
  ck_assert_str_eq (events, "w0=abcdefgh d0 f d2 m:base w1=x d5");
  ck_assert_uint_eq (result.writes, 1);
  write_log_close (log);
  dm_write (&bytes, 0, 8, "y");
  assert_import_refused (&bytes, options, "byte 1536: an entry that goes beyond the device of 4096 bytes");
  options.size_bytes = 512;
  assert_import_refused (&bytes, options, "beyond the device of 512 bytes");
  unlink (base);
  bytes_free (&image);
  bytes_free (&bytes);
}
END_TEST

START_TEST (what_is_larger_than_a_record_becomes_several)
{
  assert_imports (dm_log ("t8+10485760"), kernel_cautious,
                  "m:base t8+4194304 t4194312+4194304 t8388616+2097152 d1 d2 d3");
  assert_imports (nbd_log ("1:z0+6291456"), nbd, "m:base z0+4194304 z4194304+2097152");
}
END_TEST

START_TEST (requests_and_replies_are_issues_and_completions)
{
  assert_imports (nbd_log ("7:w1=ab 8:r0+100 9:W3=c d9 10:f d8 d7 7:z5+2 d10 11:T6+1 d11!5 12:x d7"), nbd,
                  "m:base w1=ab W3=c d2 f d1 z5+2 d4 T6+1 d8!5 d6");
  ck_assert_uint_eq (result.size_bytes, 7 * 512);
}
END_TEST

START_TEST (what_stands_behind_a_disconnect_is_of_an_older_log)
{
  assert_imports (nbd_log ("7:w1=a 0:x d7 d6"), nbd, "m:base w1=a d1");
  ck_assert_uint_eq (result.left_offset, 28 + 28 + 512 + 28 + 16);
}
END_TEST

START_TEST (a_request_that_the_server_refused_is_no_operation)
{
  struct import_options options = nbd;

  options.size_bytes = 1024;
  assert_imports (nbd_log ("1:w0=a 2:w1=bc d1 d2!28"), options, "m:base w0=a d1");
  struct bytes bytes = nbd_log ("2:w1=bc d2");
  assert_import_refused (&bytes, options, "byte 28: a request that goes beyond the device of 1024 bytes and succeeded");
  bytes_free (&bytes);
}
END_TEST

/* A valid log of dm-log-writes, or of blklogwrites with QEMU. */
static struct bytes
make_dm_log (bool for_qemu)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 128);
  dm_entries (&bytes, for_qemu ? "w1=ab t5+2 f" : "W1=ab t5+2 f");
  if (!for_qemu) {
    dm_mark (&bytes, "a mark");
    dm_entries (&bytes, "Fw2=c");
  }
  dm_entries (&bytes, "w6=d");
  return bytes;
}

static struct bytes
make_nbd_log (void)
{
  return nbd_log ("7:w1=ab 8:W3=c d8 9:f d7 d9 10:t4+2 d10!5");
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
  struct bytes bytes = make_dm_log (false);

  if (_i == sizeof dm_damages / sizeof dm_damages[0] - 1)
    set_little (&bytes, 128 * 10 + 24, 97, 8);
  else
    set_little (&bytes, damage->offset, damage->number, damage->width);
  assert_import_refused (&bytes, kernel, damage->reason);
  bytes_free (&bytes);
}
END_TEST

START_TEST (what_is_not_of_qemu_is_not_taken_for_it)
{
  struct bytes bytes = make_dm_log (false);

  assert_import_refused (&bytes, qemu, "byte 144: an entry with flags that are not known");
  bytes_free (&bytes);
}
END_TEST

static const struct damage nbd_damages[] = {
  { 0, 0x25609513, 4, "byte 0: a transaction log without data" }, { 0, 0x12345678, 4, "byte 0: wrong magic" },
  { 4, 2, 4, "byte 4: an option" }, { 24, 0, 4, "byte 4: an option" }, { 28, 0, 4, "byte 28: no record begins here" },
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
  struct bytes bytes = make_nbd_log ();

  set_big (&bytes, damage->offset, damage->number, damage->width);
  assert_import_refused (&bytes, nbd, damage->reason);
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

    ck_assert_msg (log || strstr (message, ": byte ") || strstr (message, "no write in it"), "%zu bytes: %s", size,
                   message);
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
  struct bytes bytes
    = options->format == IMPORT_NBD_DATALOG ? make_nbd_log () : make_dm_log (options->format == IMPORT_BLKLOGWRITES);

  assert_cut_is_refused (&bytes, options);
  assert_flips_are_survived (&bytes, options);
  bytes_free (&bytes);
}
END_TEST

UNIT_TEST_MAIN ("import", a_flush_entry_covers_what_is_logged_before_it,
                a_fua_entry_is_durable_at_once_and_orders_nothing,
                LOOP_OVER (each_entry_is_what_it_was_to_the_device, entries), marks_are_text,
                marks_that_are_not_there_or_are_powercuts_own_are_refused,
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
                unit_loop (no_cut_and_no_flipped_byte_does_harm, 5))
