/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog: what the devices hold, with and without a base. */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/plugin/writelog-client.h"

/* SIZE bytes of the loop test below go into the recorder's buffer or around it. */
static const size_t write_sizes[] = { 512, 4096, 32 * KIB, 32 * KIB + 512, MIB };

START_TEST (data_read_back_before_and_after_they_reach_the_file)
{
  size_t size = write_sizes[_i];
  CLEANUP_FREE char *data = malloc (size);

  START ("size=4M");
  struct nbd_handle *client = client_open ("disk0"), *other = client_open ("disk0");
  fill (data, size, 1);
  ck_nbd (nbd_pwrite (client, data, size, 512, 0));
  for (int flushed = 0; flushed < 2; flushed++) {
    check_content (client, NULL, 512, 0);
    check_content (client, data, size, 512);
    check_content (other, data, size, 512);
    check_content (client, NULL, 512, 512 + size);
    ck_nbd (nbd_flush (other, 0));
  }
  client_close (other);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (an_overwritten_sector_reads_as_what_came_last)
{
  char old[4096], new[1024];

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *other = client_open ("disk0");
  fill (old, sizeof old, 1);
  fill (new, sizeof new, 2);
  ck_nbd (nbd_pwrite (client, old, sizeof old, 8192, 0));
  ck_nbd (nbd_pwrite (other, new, sizeof new, 8192 + 1024, 0));
  memcpy (old + 1024, new, sizeof new);
  check_content (client, old, sizeof old, 8192);
  ck_nbd (nbd_zero (client, 512, 8192 + 1536, 0));
  memset (old + 1536, 0, 512);
  check_content (other, old, sizeof old, 8192);
  ck_nbd (nbd_trim (other, 1024, 8192 + 512, 0));
  memset (old + 512, 0, 1024);
  check_content (client, old, sizeof old, 8192);
  ck_nbd (nbd_pwrite (client, new, 512, 8192 + 512, 0));
  memcpy (old + 512, new, 512);
  check_content (other, old, sizeof old, 8192);
  client_close (other);
  client_close (client);
  server_stop ();
}
END_TEST

/* Choose a range of whole sectors, more often a small one. */
static void
random_range (uint64_t *state, uint32_t device_size, uint32_t *offset, uint32_t *count)
{
  uint32_t most = random_below (state, 2) ? 8 : 256;

  *count = (1 + random_below (state, most)) * 512;
  *offset = random_below (state, (device_size - *count) / 512 + 1) * 512;
}

START_TEST (many_operations_leave_what_they_would_leave_in_memory)
{
  CLEANUP_FREE char *model = calloc (1, MIB);
  CLEANUP_FREE char *image = malloc (MIB);
  uint64_t state = 1;

  START ("size=1M");
  struct nbd_handle *clients[] = { client_open ("disk0"), client_open ("disk0") };
  for (unsigned i = 0; i < 1000; i++) {
    uint32_t offset, count, kind = random_below (&state, 8);

    random_range (&state, MIB, &offset, &count);
    if (kind == 0)
      ck_nbd (nbd_zero (clients[i % 2], count, offset, 0));
    else if (kind == 1)
      ck_nbd (nbd_trim (clients[i % 2], count, offset, 0));
    if (kind < 2)
      memset (model + offset, 0, count);
    else {
      fill (model + offset, count, i);
      ck_nbd (nbd_pwrite (clients[i % 2], model + offset, count, offset, 0));
    }
    random_range (&state, MIB, &offset, &count);
    check_content (clients[(i + 1) % 2], model + offset, count, offset);
  }
  client_close (clients[0]);
  client_close (clients[1]);
  server_stop ();
  struct write_log *log = open_log ();
  replay (log, 0, image);
  ck_assert (memcmp (image, model, MIB) == 0);
  write_log_close (log);
}
END_TEST

#define CLIENT_COUNT 4
#define QUEUE_DEPTH 16
#define STORMS 20
#define STORM_BYTES (2 * MIB)   /* each storm has a part of the device of its own */
#define STORM_WRITE_BYTES 4096

/* Send operations on every connection before the first is answered: zeroes and trims that take long, and writes into
 * them.
 */
static void
storm (struct nbd_handle **clients, uint64_t *state, uint64_t start)
{
  char buffers[CLIENT_COUNT * QUEUE_DEPTH][STORM_WRITE_BYTES];
  int64_t cookies[CLIENT_COUNT * QUEUE_DEPTH];

  for (size_t i = 0; i < CLIENT_COUNT * QUEUE_DEPTH; i++) {
    struct nbd_handle *client = clients[i % CLIENT_COUNT];
    uint32_t kind = random_below (state, 8), sectors = 1 + random_below (state, STORM_WRITE_BYTES / 512);
    uint64_t offset = start + random_below (state, STORM_BYTES / 512 - sectors + 1) * 512;

    fill (buffers[i], STORM_WRITE_BYTES, *state);
    cookies[i] = kind == 0 ? nbd_aio_zero (client, STORM_BYTES, start, NBD_NULL_COMPLETION, 0)
      : kind == 1 ? nbd_aio_trim (client, STORM_BYTES, start, NBD_NULL_COMPLETION, 0)
      : nbd_aio_pwrite (client, buffers[i], sectors * 512, offset, NBD_NULL_COMPLETION, 0);
    ck_nbd (cookies[i]);
  }
  for (size_t i = 0; i < CLIENT_COUNT * QUEUE_DEPTH; i++) {
    int completed;

    while ((completed = nbd_aio_command_completed (clients[i % CLIENT_COUNT], (uint64_t) cookies[i])) == 0)
      ck_nbd (nbd_poll (clients[i % CLIENT_COUNT], -1));
    ck_nbd (completed);
  }
}

START_TEST (the_device_shows_what_the_log_says_when_clients_race)
{
  CLEANUP_FREE char *seen = malloc (STORMS * STORM_BYTES);
  CLEANUP_FREE char *image = malloc (STORMS * STORM_BYTES);
  struct nbd_handle *clients[CLIENT_COUNT];
  uint64_t state = 1;

  START ("size=40M");
  for (size_t i = 0; i < CLIENT_COUNT; i++)
    clients[i] = client_open ("disk0");
  for (size_t i = 0; i < STORMS; i++) {
    storm (clients, &state, i * STORM_BYTES);
    ck_nbd (nbd_pread (clients[0], seen + i * STORM_BYTES, STORM_BYTES, i * STORM_BYTES, 0));
  }
  for (size_t i = 0; i < CLIENT_COUNT; i++)
    client_close (clients[i]);
  server_stop ();
  struct write_log *log = open_log ();
  ck_assert_uint_eq (log->write_count, STORMS * CLIENT_COUNT * QUEUE_DEPTH);
  replay (log, 0, image);
  ck_assert (memcmp (image, seen, STORMS * STORM_BYTES) == 0);
  write_log_close (log);
}
END_TEST

/* A file with data, a hole, blocks of zeros, a lone sector and an end in the middle of a sector. */
#define BASE_BYTES (3 * MIB + 700)

static void
make_base (char *image)
{
  CLEANUP_CLOSE int fd = open ("base.img", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  static const struct {
    size_t offset, size;
  } parts[] = {
    { 0, 4096 }, { 12 * KIB, 1536 }, { 64 * KIB + 512, 512 }, { 2 * MIB - 8192, MIB }, { 3 * MIB + 512, 188 }
  };

  ck_assert_int_ne (fd, -1);
  ck_assert_int_eq (ftruncate (fd, BASE_BYTES), 0);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    fill (image + parts[i].offset, parts[i].size, i);
    ck_assert_int_gt (pwrite (fd, image + parts[i].offset, parts[i].size, (off_t) parts[i].offset), 0);
  }
  ck_assert_int_eq (pwrite (fd, image + 32 * KIB, 16 * KIB, 32 * KIB), 16 * KIB);      /* zeros that are no hole */
}

/* The 4 KiB blocks of IMAGE that are not all zeros, in bytes. */
static uint64_t
used_bytes (const char *image, size_t size)
{
  static const char zeros[4096];
  uint64_t used = 0;

  for (size_t at = 0; at < size; at += sizeof zeros) {
    size_t part = size - at < sizeof zeros ? size - at : sizeof zeros;

    used += memcmp (image + at, zeros, part) != 0 ? part : 0;
  }
  return used;
}

/* The log must begin with a base of these contents: writes, one flush, then the mark. */
static void
check_base_in_log (const char *image, uint64_t device_size)
{
  CLEANUP_FREE char *replayed = malloc (device_size);
  struct write_log *log = open_log ();
  uint64_t written = 0;

  ck_assert_uint_eq (log->device_sizes[0], device_size);
  replay (log, 0, replayed);
  ck_assert (memcmp (replayed, image, device_size) == 0);
  for (uint32_t i = 0; i < log->write_count; i++) {
    ck_assert_int_eq (log->writes[i].kind, LOG_WRITE);
    written += log->writes[i].length_bytes;
  }
  ck_assert_uint_eq (written, used_bytes (image, device_size));
  ck_assert_uint_eq (log->flush_count, 1);
  ck_assert_uint_eq (log->mark_count, 1);
  ck_assert_uint_gt (log->flushes[0].issue, log->writes[log->write_count - 1].completion);
  ck_assert_uint_lt (log->flushes[0].completion, log->marks[0].position);
  ck_assert_uint_eq (log->event_count, log->marks[0].position + 1);
  ck_assert_uint_eq (log->marks[0].length, 4);
  ck_assert_mem_eq (log->marks[0].text, "base", 4);
  write_log_close (log);
}

START_TEST (a_base_is_the_first_content_and_stands_before_its_mark)
{
  const size_t size = 3 * MIB + 1024;   /* whole sectors */
  CLEANUP_FREE char *image = calloc (1, size);

  make_base (image);
  START ("base=base.img");
  struct nbd_handle *client = client_open ("disk0");
  ck_assert_int_eq (nbd_get_size (client), size);
  check_content (client, image, size, 0);
  client_close (client);
  server_stop ();
  check_base_in_log (image, size);
}
END_TEST

START_TEST (a_base_may_be_smaller_than_its_device)
{
  const size_t size = 8 * MIB + 512;
  CLEANUP_FREE char *image = calloc (1, size);

  make_base (image);
  START ("size=8389120", "base=base.img");
  struct nbd_handle *client = client_open ("disk0");
  check_content (client, image, size, 0);
  client_close (client);
  server_stop ();
  check_base_in_log (image, size);
}
END_TEST

START_TEST (a_base_can_be_overwritten)
{
  CLEANUP_FREE char *image = calloc (1, 3 * MIB + 1024);
  char sector[512];

  make_base (image);
  START ("base=base.img");
  struct nbd_handle *client = client_open ("disk0");
  fill (sector, sizeof sector, 99);
  ck_nbd (nbd_pwrite (client, sector, sizeof sector, 512, 0));
  memcpy (image + 512, sector, sizeof sector);
  check_content (client, image, 4096, 0);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (every_disk_can_have_a_base)
{
  CLEANUP_FREE char *image = calloc (1, 3 * MIB + 1024);

  make_base (image);
  ck_assert_int_ne (truncate ("base.img", 1536), -1);
  START ("base=base.img", "base=base.img");
  struct nbd_handle *client = client_open ("disk1");
  check_content (client, image, 1536, 0);
  client_close (client);
  stop_and_check_log ("disk0 write 0 1536\n"
                      "done 0\n"
                      "disk0 flush\n"
                      "done 2\n"
                      "disk1 write 0 1536\n"
                      "done 4\n"
                      "disk1 flush\n"
                      "done 6\n"
                      "mark base\n");
}
END_TEST

PLUGIN_TEST_MAIN ("writelog-content", LOOP_OVER (data_read_back_before_and_after_they_reach_the_file, write_sizes),
                  an_overwritten_sector_reads_as_what_came_last,
                  many_operations_leave_what_they_would_leave_in_memory,
                  the_device_shows_what_the_log_says_when_clients_race,
                  a_base_is_the_first_content_and_stands_before_its_mark, a_base_may_be_smaller_than_its_device,
                  a_base_can_be_overwritten, every_disk_can_have_a_base)
