/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin crashstate over vhost-user: it is the disk that NBD clients have. */
#include <config.h>

#include <linux/virtio_blk.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "nbd-plugin/parameters.h"
#include "tests/plugin/crashstate-client.h"
#include "tests/unit/vhost/driver.h"

static struct driver driver;

static void
serve_directly (void)
{
  make_log ();
  server_start ("crashstate", "log=log.bin", "vhost=v.sock", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk0");
  driver_open_path (&driver, "v.sock");
}

static void
stop_serving_directly (void)
{
  driver_close (&driver);
  stop_serving ();
  ck_assert_int_eq (access ("v.sock", F_OK), -1);
}

/* Read COUNT bytes at OFFSET over vhost-user. */
static void
read_directly (char *buffer, uint32_t count, uint64_t offset)
{
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_IN, offset / LOG_SECTOR, buffer, count, 1), VIRTIO_BLK_S_OK);
}

START_TEST (a_state_is_the_same_over_both)
{
  char expected[8192], found[8192];

  serve_directly ();
  for (unsigned absent = 0; absent < 1u << WRITES; absent += 2) {
    select_writes (control, 0, absent, PREFER_PRESENT);
    make_content (expected, ALL & ~absent);
    read_directly (found, sizeof found, 0);
    ck_assert_mem_eq (found, expected, sizeof found);
    check_present (disk, ALL & ~absent);
  }
  stop_serving_directly ();
}
END_TEST

/* Undecided, a state becomes what is asked of it: in the order of the reads, and the report says so. */
START_TEST (reads_decide_and_are_reported_as_over_nbd)
{
  char content[8192];
  struct control_report over_nbd, directly;

  serve_directly ();
  select_writes (control, ALL & ~(1u << OLD), 0, PREFER_PRESENT);
  read_directly (content, 512, 4096);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT);
  read_directly (content, 512, 512);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT, SECTOR);
  read_directly (content, 4096, 0);
  CHECK_DECISIONS (control, CHOICE_PRESENT, NEXT, SECTOR, NEW, TRIM);
  directly = read_report (control);
  select_writes (control, ALL & ~(1u << OLD), 0, PREFER_PRESENT);
  read_range (disk, 4096, 512);
  read_range (disk, 512, 512);
  read_range (disk, 0, 4096);
  over_nbd = read_report (control);
  ck_assert_uint_eq (directly.reads, 3);
  ck_assert_mem_eq (&directly, &over_nbd, sizeof directly);
  stop_serving_directly ();
}
END_TEST

START_TEST (a_request_in_parts_is_one)
{
  char content[4096];

  serve_directly ();
  select_writes (control, 0, 0, PREFER_PRESENT);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_IN, 0, content, sizeof content, 4), VIRTIO_BLK_S_OK);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_OUT, 0, content, sizeof content, 4), VIRTIO_BLK_S_OK);
  const struct control_report report = read_report (control);
  ck_assert_uint_eq (report.reads, 1);
  ck_assert_uint_eq (report.read_bytes, sizeof content);
  ck_assert_uint_eq (report.writes, 1);
  ck_assert_uint_eq (report.written_bytes, sizeof content);
  stop_serving_directly ();
}
END_TEST

START_TEST (writes_are_seen_by_the_others_and_forgotten)
{
  struct virtio_blk_discard_write_zeroes range = { .sector = 1, .num_sectors = 1 };
  char content[1536], before[1536];

  serve_directly ();
  select_writes (control, 0, 0, PREFER_PRESENT);
  read_directly (before, sizeof before, 0);
  memset (content, 'x', sizeof content);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_OUT, 0, content, sizeof content, 1), VIRTIO_BLK_S_OK);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_WRITE_ZEROES, 0, (char *) &range, sizeof range, 1),
                    VIRTIO_BLK_S_OK);
  range.sector = 2;
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_DISCARD, 0, (char *) &range, sizeof range, 1), VIRTIO_BLK_S_OK);
  ck_assert_int_eq (driver_blk (&driver, VIRTIO_BLK_T_FLUSH, 0, NULL, 0, 0), VIRTIO_BLK_S_OK);
  memset (content + 512, 0, 1024);
  check_content (disk, content, sizeof content, 0);
  ck_nbd (nbd_pwrite (disk, content + 512, 512, 0, 0));
  read_directly (content, 512, 0);
  ck_assert_mem_eq (content, content + 512, 512);
  check_tape (control, "0 write 0+1536\n0 zero 512+512\n0 trim 1024+512\n0 flush 0+0\n0 write 0+512\n");
  select_writes (control, 0, 0, PREFER_PRESENT);
  read_directly (content, sizeof content, 0);
  ck_assert_mem_eq (content, before, sizeof content);
  stop_serving_directly ();
}
END_TEST

START_TEST (one_guest_follows_the_other)
{
  char content[512];

  serve_directly ();
  for (unsigned i = 0; i < 3; i++) {
    read_directly (content, sizeof content, 0);
    driver_close (&driver);
    driver_open_path (&driver, "v.sock");
  }
  read_directly (content, sizeof content, 0);
  stop_serving_directly ();
}
END_TEST

START_TEST (every_device_may_have_a_socket)
{
  char first[512], second[512];

  make_log ();
  server_start ("crashstate", "log=log.bin", "vhost=v.sock", "vhost=w.sock", NULL);
  control = client_open (CONTROL_EXPORT);
  disk = client_open ("disk1");
  driver_open_path (&driver, "w.sock");
  read_directly (second, sizeof second, 0);
  check_content (disk, second, sizeof second, 0);
  driver_close (&driver);
  driver_open_path (&driver, "v.sock");
  read_directly (first, sizeof first, 0);
  ck_assert_mem_ne (first, second, sizeof first);
  stop_serving_directly ();
}
END_TEST

START_TEST (sockets_that_cannot_be_are_refused)
{
  make_log ();
  CLEANUP_FREE char *many = server_refuse ("crashstate", (const char *const[]) {
    "log=log.bin", "vhost=a.sock", "vhost=b.sock", "vhost=c.sock", NULL });
  ck_assert_ptr_nonnull (strstr (many, "has 2 devices, not 3"));
  CLEANUP_FREE char *taken = server_refuse ("crashstate", (const char *const[]) {
    "log=log.bin", "vhost=log.bin", NULL });
  ck_assert_ptr_nonnull (strstr (taken, "log.bin: Address already in use"));
  ck_assert_int_eq (access ("log.bin", F_OK), 0);
}
END_TEST

PLUGIN_TEST_MAIN ("crashstate-vhost", a_state_is_the_same_over_both, reads_decide_and_are_reported_as_over_nbd,
                  a_request_in_parts_is_one, writes_are_seen_by_the_others_and_forgotten, one_guest_follows_the_other,
                  every_device_may_have_a_socket, sockets_that_cannot_be_are_refused)
