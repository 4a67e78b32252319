/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk in memory, served to a driver. */
#include <config.h>

#include <errno.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "tests/unit/vhost/driver.h"
#include "tests/unit/vhost/served.h"
#include "vhost/blk.h"

#define SECTOR 512
#define SECTORS 64u
#define UNMAP VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP

/* The disk, and what was asked of it: a line for each call. */
static char content[SECTORS * SECTOR], asked[4096];
static bool is_busy;
static _Atomic bool fails;

static struct driver driver;
static struct vhost_blk *blk;
static _Atomic int gate_fd = -1;      /* `begin` waits until it can read a byte there; -1: it does not */

static int
note (const char *what, uint32_t count, uint64_t offset)
{
  sprintf (asked + strlen (asked), "%s%s %u at %u", *asked ? ", " : "", what, count / SECTOR,
           (unsigned) offset / SECTOR);
  ck_assert (is_busy);
  ck_assert_uint_le (offset + count, sizeof content);
  errno = EIO;
  return fails ? -1 : 0;
}

static int
read_disk (void *opaque, void *buffer, uint32_t count, uint64_t offset)
{
  (void) opaque;
  memcpy (buffer, content + offset, count);
  return note ("read", count, offset);
}

static int
write_disk (void *opaque, const void *buffer, uint32_t count, uint64_t offset)
{
  (void) opaque;
  memcpy (content + offset, buffer, count);
  return note ("write", count, offset);
}

static int
zero_disk (void *opaque, uint32_t count, uint64_t offset, bool may_trim)
{
  (void) opaque;
  return note (may_trim ? "unmap" : "zero", count, offset);
}

static int
trim_disk (void *opaque, uint32_t count, uint64_t offset)
{
  (void) opaque;
  return note ("trim", count, offset);
}

static int
flush_disk (void *opaque)
{
  (void) opaque;
  return note ("flush", 0, 0);
}

static void
begin (void *opaque)
{
  char byte;

  ck_assert_str_eq (opaque, "opaque");
  if (gate_fd >= 0)
    ck_assert_int_eq (read (gate_fd, &byte, 1), 1);
  is_busy = true;
}

static void
end (void *opaque)
{
  (void) opaque;
  is_busy = false;
}

static const struct vhost_blk_operations operations = {
  read_disk, write_disk, zero_disk, trim_disk, flush_disk, begin, end
};

static void
start (void)
{
  *asked = '\0';
  memset (content, 0, sizeof content);
  gate_fd = -1;
  blk = vhost_blk_new (sizeof content, "serial", &operations, "opaque");
  driver_open (&driver, serve_device (vhost_blk_device (blk)), 0, 1);
}

static void
stop (void)
{
  driver_close (&driver);
  ck_assert_int_eq (device_result (), 0);
  vhost_blk_free (blk);
}

/* A request whose data are SECTORS of LETTER. */
static int
request (uint32_t type, uint64_t sector, char letter, uint32_t sectors, unsigned parts)
{
  char data[SECTORS * SECTOR * 2];

  memset (data, letter, sizeof data);
  return driver_blk (&driver, type, sector, data, sectors * SECTOR, parts);
}

START_TEST (the_configuration_is_of_the_disk)
{
  struct vhost_message message = { .payload.config = { .offset = 0, .size = 60 } };
  struct virtio_blk_config config;

  start ();
  driver_send (driver.fd, REQUEST_GET_CONFIG, MESSAGE_VERSION, &message.payload, 12 + 60, NULL, 0);
  message = driver_answer (driver.fd, REQUEST_GET_CONFIG);
  ck_assert_uint_eq (message.header.size, 12 + 60);
  memcpy (&config, message.payload.config.bytes, 60);
  ck_assert_uint_eq (config.capacity, SECTORS);
  ck_assert_uint_eq (config.blk_size, SECTOR);
  ck_assert_uint_gt (config.seg_max, 64);
  ck_assert_uint_gt (config.max_discard_sectors, SECTORS);
  ck_assert_uint_gt (config.max_write_zeroes_sectors, SECTORS);
  stop ();
}
END_TEST

START_TEST (what_is_written_is_read)
{
  char data[4 * SECTOR];

  start ();
  ck_assert_int_eq (request (VIRTIO_BLK_T_OUT, 3, 'a', 4, 1), VIRTIO_BLK_S_OK);
  ck_assert_int_eq (request (VIRTIO_BLK_T_OUT, 5, 'b', 1, 2), VIRTIO_BLK_S_OK);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_IN, 4, data, sizeof data, 4), VIRTIO_BLK_S_OK);
  ck_assert_mem_eq (data, content + 4 * SECTOR, sizeof data);
  ck_assert_int_eq (data[0], 'a');
  ck_assert_int_eq (data[SECTOR], 'b');
  ck_assert_int_eq (data[3 * SECTOR], '\0');
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_IN, SECTORS - 1, data, SECTOR, 1), VIRTIO_BLK_S_OK);
  stop ();
  ck_assert_str_eq (asked, "write 4 at 3, write 1 at 5, read 4 at 4, read 1 at 63");
}
END_TEST

START_TEST (flush_and_serial_number)
{
  char serial[20];

  start ();
  ck_assert_int_eq (request (VIRTIO_BLK_T_FLUSH, 0, 0, 0, 0), VIRTIO_BLK_S_OK);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_GET_ID, 0, serial, sizeof serial, 1), VIRTIO_BLK_S_OK);
  ck_assert_str_eq (serial, "serial");
  stop ();
  ck_assert_str_eq (asked, "flush 0 at 0");
}
END_TEST

/* Ranges of sectors in one request, and what comes of it. */
static const struct {
  uint32_t type;
  struct virtio_blk_discard_write_zeroes ranges[2];
  int status;
  const char *asked;
} ranges[] = {
  { VIRTIO_BLK_T_DISCARD, { { 1, 2, 0 }, { 60, 4, 0 } }, VIRTIO_BLK_S_OK, "trim 2 at 1, trim 4 at 60" },
  { VIRTIO_BLK_T_WRITE_ZEROES, { { 1, 2, 0 }, { 0, 64, UNMAP } }, VIRTIO_BLK_S_OK, "zero 2 at 1, unmap 64 at 0" },
  { VIRTIO_BLK_T_DISCARD, { { 1, 2, UNMAP } }, VIRTIO_BLK_S_UNSUPP, "" },
  { VIRTIO_BLK_T_WRITE_ZEROES, { { 1, 2, 2 } }, VIRTIO_BLK_S_UNSUPP, "" },
  { VIRTIO_BLK_T_DISCARD, { { 1, 2, 0 }, { 60, 5, 0 } }, VIRTIO_BLK_S_IOERR, "trim 2 at 1" },
  { VIRTIO_BLK_T_DISCARD, { { UINT64_MAX, 2, 0 } }, VIRTIO_BLK_S_IOERR, "" },
  { VIRTIO_BLK_T_DISCARD, { { UINT64_MAX / SECTOR + 1, 2, 0 } }, VIRTIO_BLK_S_IOERR, "" },
  { VIRTIO_BLK_T_WRITE_ZEROES, { { 1, UINT32_MAX, 0 } }, VIRTIO_BLK_S_IOERR, "" },
  { VIRTIO_BLK_T_WRITE_ZEROES, { { 1, 0, 0 } }, VIRTIO_BLK_S_IOERR, "" },
};

START_TEST (ranges_are_trimmed_and_zeroed)
{
  struct virtio_blk_discard_write_zeroes data[2];
  const unsigned count = ranges[_i].ranges[1].num_sectors ? 2 : 1;

  start ();
  memcpy (data, ranges[_i].ranges, sizeof data);
  ck_assert_int_eq (driver_blk (&driver, ranges[_i].type, 0, (char *) data, count * sizeof *data, 1),
                    ranges[_i].status);
  stop ();
  ck_assert_str_eq (asked, ranges[_i].asked);
}
END_TEST

/* Requests that cannot be. */
static const struct {
  uint32_t type;
  uint64_t sector;
  uint32_t length;
  unsigned parts;
  int status;
} refused[] = {
  { VIRTIO_BLK_T_IN, SECTORS, SECTOR, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_IN, SECTORS - 1, 2 * SECTOR, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_OUT, SECTORS - 1, 2 * SECTOR, 2, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_OUT, UINT64_MAX, SECTOR, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_OUT, UINT64_MAX / SECTOR + 1, SECTOR, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_IN, 0, SECTOR - 1, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_OUT, 0, SECTOR + 1, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_IN, 0, 0, 0, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_OUT, 0, 0, 0, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_DISCARD, 0, 15, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_DISCARD, 0, 0, 0, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_DISCARD, 0, 17 * 16, 1, VIRTIO_BLK_S_IOERR },
  { VIRTIO_BLK_T_SECURE_ERASE, 0, 16, 1, VIRTIO_BLK_S_UNSUPP },
  { VIRTIO_BLK_T_BARRIER, 0, 0, 0, VIRTIO_BLK_S_UNSUPP },
  { UINT32_MAX, 0, 0, 0, VIRTIO_BLK_S_UNSUPP },
};

START_TEST (requests_that_cannot_be_are_errors)
{
  char data[4 * SECTOR] = "";

  start ();
  ck_assert_int_eq (driver_blk (&driver, refused[_i].type, refused[_i].sector, data, refused[_i].length,
                                refused[_i].parts), refused[_i].status);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_IN, 0, data, SECTOR, 1), VIRTIO_BLK_S_OK);
  stop ();
  ck_assert_str_eq (asked, "read 1 at 0");
}
END_TEST

START_TEST (chains_without_header_or_status_change_nothing)
{
  static const struct driver_buffer no_header[] = { { 0, 15, false }, { 64, 1, true } };
  static const struct driver_buffer no_status[] = { { 0, 16, false }, { 4096, SECTOR, false } };
  char data[SECTOR];

  start ();
  driver.memory[DRIVER_DATA + 64] = 'x';
  driver_submit (&driver, 0, no_header, 2);
  driver_wait (&driver, 0);
  ck_assert_int_eq (driver.memory[DRIVER_DATA + 64], VIRTIO_BLK_S_IOERR);
  driver_submit (&driver, 0, no_status, 2);
  ck_assert_uint_eq (driver_wait (&driver, 0), 0);
  driver_submit (&driver, 0, &no_status[1], 1);
  ck_assert_uint_eq (driver_wait (&driver, 0), 0);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_IN, 0, data, SECTOR, 1), VIRTIO_BLK_S_OK);
  stop ();
  ck_assert_str_eq (asked, "read 1 at 0");
}
END_TEST

/* The header and the data in parts that do not go by what they mean. */
START_TEST (the_layout_is_free)
{
  static const struct driver_buffer parts[] = {
    { 0, 1, false }, { 1, 14, false }, { 15, 1 + 100, false }, { 116, SECTOR - 100, false }, { 4096, 1, true }
  };
  const struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_OUT, .sector = 9 };

  start ();
  memcpy (driver.memory + DRIVER_DATA, &header, sizeof header);
  memset (driver.memory + DRIVER_DATA + sizeof header, 'z', SECTOR);
  driver_submit (&driver, 0, parts, 5);
  ck_assert_uint_eq (driver_wait (&driver, 0), 1);
  stop ();
  ck_assert_str_eq (asked, "write 1 at 9");
  ck_assert_int_eq (content[9 * SECTOR], 'z');
  ck_assert_int_eq (content[10 * SECTOR - 1], 'z');
}
END_TEST

START_TEST (errors_are_told)
{
  start ();
  fails = true;
  ck_assert_int_eq (request (VIRTIO_BLK_T_IN, 0, 0, 1, 1), VIRTIO_BLK_S_IOERR);
  ck_assert_int_eq (request (VIRTIO_BLK_T_OUT, 0, 0, 1, 1), VIRTIO_BLK_S_IOERR);
  ck_assert_int_eq (request (VIRTIO_BLK_T_FLUSH, 0, 0, 0, 0), VIRTIO_BLK_S_IOERR);
  fails = false;
  ck_assert_int_eq (request (VIRTIO_BLK_T_FLUSH, 0, 0, 0, 0), VIRTIO_BLK_S_OK);
  stop ();
}
END_TEST

START_TEST (many_requests_in_their_order)
{
  char expected[sizeof asked] = "";

  start ();
  for (unsigned i = 0; i < 100; i++) {
    ck_assert_int_eq (request (VIRTIO_BLK_T_OUT, i % SECTORS, 'x', 1, 1 + i % 2), VIRTIO_BLK_S_OK);
    sprintf (expected + strlen (expected), "%swrite 1 at %u", i ? ", " : "", i % SECTORS);
  }
  stop ();
  ck_assert_str_eq (asked, expected);
}
END_TEST

/* Whoever waits for its end, and then makes the disk another one, finds nothing written on that. */
START_TEST (a_guest_that_is_gone_writes_nothing)
{
  static const struct driver_buffer buffers[] = { { 0, 16, false }, { 4096, SECTOR, false }, { 64, 1, true } };
  const struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_OUT };
  int gate[2];

  ck_assert_int_eq (pipe (gate), 0);
  start ();
  gate_fd = gate[0];
  memcpy (driver.memory + DRIVER_DATA, &header, sizeof header);
  driver_submit (&driver, 0, buffers, 3);
  close (driver.fd);
  driver.fd = -1;
  ck_assert_int_eq (write (gate[1], "x", 1), 1);
  stop ();
  ck_assert_str_eq (asked, "");
}
END_TEST

UNIT_TEST_MAIN ("vhost blk", the_configuration_is_of_the_disk, what_is_written_is_read, flush_and_serial_number,
                LOOP_OVER (ranges_are_trimmed_and_zeroed, ranges),
                LOOP_OVER (requests_that_cannot_be_are_errors, refused),
                chains_without_header_or_status_change_nothing, the_layout_is_free, errors_are_told,
                many_requests_in_their_order, a_guest_that_is_gone_writes_nothing)
