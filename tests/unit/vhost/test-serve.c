/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages of vhost-user, as Linux sends them, and as it never would. */
#include <config.h>

#include <dirent.h>
#include <linux/virtio_config.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/vhost/driver.h"
#include "tests/unit/vhost/served.h"
#include "vhost/queue.h"

#define QUEUES 2

static struct driver driver;
static unsigned kicks;
static bool was_connected = true;
static _Atomic int gate_fd = -1;        /* the device waits until it can read a byte there; -1: it does not */

/* A device that puts back what it gets. */
static int
put_back (void *opaque, struct vhost_connection *connection, unsigned index)
{
  static struct vhost_chain chain;
  struct vhost_queue *queue = vhost_queue_of (connection, index);
  char byte;
  int r;

  (void) opaque;
  if (gate_fd >= 0)
    ck_assert_int_eq (read (gate_fd, &byte, 1), 1);
  kicks++;
  was_connected = vhost_is_connected (connection);
  while ((r = vhost_queue_take (queue, &chain)) == 1)
    vhost_queue_put (queue, &chain, (uint32_t) chain.count);
  vhost_queue_tell (queue);
  return r;
}

static const struct vhost_device device = {
  .features = 1, .config = "configuration", .config_bytes = 13, .queue_count = QUEUES, .kicked = put_back
};
static const struct driver_buffer buffer = { 0, 1, false };

static void
start (void)
{
  kicks = 0;
  driver_open (&driver, serve_device (&device), 0, QUEUES);
}

static void
stop (void)
{
  driver_close (&driver);
  ck_assert_int_eq (device_result (), 0);
  ck_assert_uint_eq (message_count, 0);
}

static void
tell_queue (uint32_t request, uint32_t index, uint32_t value)
{
  const uint32_t payload[] = { index, value };

  driver_tell (driver.fd, request, payload, sizeof payload, -1);
}

START_TEST (what_is_offered)
{
  const int fd = serve_device (&device);

  ck_assert_uint_eq (driver_ask (fd, REQUEST_GET_FEATURES),
                     1 | UINT64_C (1) << 28 | UINT64_C (1) << 29 | UINT64_C (1) << 30 | UINT64_C (1) << 32);
  ck_assert_uint_eq (driver_ask (fd, REQUEST_GET_PROTOCOL_FEATURES), 1u << 3 | 1u << 5 | 1u << 9);
  close (fd);
  ck_assert_int_eq (device_result (), 0);
}
END_TEST

START_TEST (queues_are_served)
{
  start ();
  for (unsigned i = 0; i < 3 * DRIVER_QUEUE_SIZE; i++) {
    driver_submit (&driver, i % QUEUES, &buffer, 1);
    ck_assert_uint_eq (driver_wait (&driver, i % QUEUES), 1);
  }
  stop ();
  ck_assert (was_connected);
}
END_TEST

/* Without REPLY_ACK nothing is answered that does not ask for something. */
START_TEST (queues_are_served_without_answers_and_event_index)
{
  const uint64_t none = 0;

  driver_open (&driver, serve_device (&device), UINT64_C (1) << VIRTIO_RING_F_EVENT_IDX, QUEUES);
  driver_send (driver.fd, REQUEST_SET_PROTOCOL_FEATURES, MESSAGE_VERSION, &none, sizeof none, NULL, 0);
  driver_send (driver.fd, REQUEST_SET_OWNER, MESSAGE_VERSION | MESSAGE_NEEDS_REPLY, NULL, 0, NULL, 0);
  driver_ask (driver.fd, REQUEST_GET_FEATURES);
  driver_submit (&driver, 1, &buffer, 1);
  ck_assert_uint_eq (driver_wait (&driver, 1), 1);
  stop ();
}
END_TEST

START_TEST (the_configuration_has_zeros_after_it)
{
  struct vhost_message asked = { .payload.config = { .offset = 3, .size = 20 } };

  start ();
  driver_send (driver.fd, REQUEST_GET_CONFIG, MESSAGE_VERSION, &asked.payload, 12 + 20, NULL, 0);
  asked = driver_answer (driver.fd, REQUEST_GET_CONFIG);
  ck_assert_mem_eq (asked.payload.config.bytes, "figuration\0\0\0\0\0\0\0\0\0", 20);
  asked.payload.config.offset = UINT32_MAX;
  driver_send (driver.fd, REQUEST_GET_CONFIG, MESSAGE_VERSION, &asked.payload, 12 + 20, NULL, 0);
  asked = driver_answer (driver.fd, REQUEST_GET_CONFIG);
  ck_assert_mem_eq (asked.payload.config.bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  stop ();
}
END_TEST

START_TEST (a_queue_that_is_not_enabled_waits)
{
  start ();
  tell_queue (REQUEST_SET_VRING_ENABLE, 0, 0);
  driver_submit (&driver, 0, &buffer, 1);
  driver_submit (&driver, 1, &buffer, 1);
  driver_wait (&driver, 1);
  ck_assert_uint_eq (driver.queues[0].ring.used->idx, 0);
  tell_queue (REQUEST_SET_VRING_ENABLE, 0, 1);
  driver_wait (&driver, 0);
  stop ();
}
END_TEST

START_TEST (a_queue_is_stopped_and_goes_on)
{
  const uint32_t index[] = { 0, 0 };

  start ();
  driver_submit (&driver, 0, &buffer, 1);
  driver_wait (&driver, 0);
  driver_send (driver.fd, REQUEST_GET_VRING_BASE, MESSAGE_VERSION, index, sizeof index, NULL, 0);
  ck_assert_uint_eq (driver_answer (driver.fd, REQUEST_GET_VRING_BASE).payload.queue.value, 1);
  driver_submit (&driver, 0, &buffer, 1);
  driver_submit (&driver, 1, &buffer, 1);
  driver_wait (&driver, 1);
  ck_assert_uint_eq (driver.queues[0].ring.used->idx, 1);
  tell_queue (REQUEST_SET_VRING_BASE, 0, 1);
  driver_tell (driver.fd, REQUEST_SET_VRING_KICK, &(const uint64_t) { 0 }, 8, driver.queues[0].kick_fd);
  driver_wait (&driver, 0);
  stop ();
}
END_TEST

START_TEST (memory_may_be_given_anew)
{
  struct vhost_message table = { .payload.memory = { .count = 1, .regions = {
    { DRIVER_GUEST_ADDRESS, DRIVER_MEMORY, DRIVER_OWN_ADDRESS, 0 } } } };

  start ();
  driver_submit (&driver, 0, &buffer, 1);
  driver_wait (&driver, 0);
  driver_tell (driver.fd, REQUEST_SET_MEM_TABLE, &table.payload, 8 + 32, driver.memory_fd);
  driver_submit (&driver, 0, &buffer, 1);
  ck_assert_uint_eq (driver_wait (&driver, 0), 1);
  stop ();
}
END_TEST

/* What ends the connection with one message, on a connection that works. */
static const struct {
  uint32_t request, flags;
  uint64_t payload[2];
  uint32_t size;
} bad_messages[] = {
  { REQUEST_GET_FEATURES, 0, {}, 0 },
  { REQUEST_GET_FEATURES, 2, {}, 0 },
  { REQUEST_GET_FEATURES, MESSAGE_VERSION, {}, sizeof ((struct vhost_message *) NULL)->payload + 1 },
  { REQUEST_GET_FEATURES, MESSAGE_VERSION, {}, UINT32_MAX },
  { 0, MESSAGE_VERSION, {}, 0 },
  { 4, MESSAGE_VERSION, {}, 0 },
  { 35, MESSAGE_VERSION, {}, 8 },
  { UINT32_MAX, MESSAGE_VERSION, {}, 0 },
  { REQUEST_SET_FEATURES, MESSAGE_VERSION, { UINT64_MAX }, 8 },
  { REQUEST_SET_FEATURES, MESSAGE_VERSION, { 1 }, 8 },
  { REQUEST_SET_PROTOCOL_FEATURES, MESSAGE_VERSION, { 1 }, 8 },
  { REQUEST_SET_VRING_NUM, MESSAGE_VERSION, { QUEUES }, 8 },
  { REQUEST_SET_VRING_NUM, MESSAGE_VERSION, { UINT32_MAX }, 8 },
  { REQUEST_SET_VRING_NUM, MESSAGE_VERSION, { UINT64_C (3) << 32 }, 8 },
  { REQUEST_SET_VRING_BASE, MESSAGE_VERSION, { QUEUES }, 8 },
  { REQUEST_GET_VRING_BASE, MESSAGE_VERSION, { QUEUES }, 8 },
  { REQUEST_SET_VRING_ADDR, MESSAGE_VERSION, { QUEUES }, 16 },
  { REQUEST_SET_VRING_ADDR, MESSAGE_VERSION, {}, 16 },
  { REQUEST_SET_VRING_KICK, MESSAGE_VERSION, { QUEUES }, 8 },
  { REQUEST_SET_VRING_KICK, MESSAGE_VERSION, {}, 8 },
  { REQUEST_SET_VRING_CALL, MESSAGE_VERSION, { 255 }, 8 },
  { REQUEST_SET_VRING_ENABLE, MESSAGE_VERSION, { QUEUES }, 8 },
  { REQUEST_SET_MEM_TABLE, MESSAGE_VERSION, { VHOST_REGIONS_MAX + 1 }, 8 },
  { REQUEST_SET_MEM_TABLE, MESSAGE_VERSION, { 1 }, 8 },
  { REQUEST_GET_CONFIG, MESSAGE_VERSION, {}, 16 },
  { REQUEST_GET_CONFIG, MESSAGE_VERSION, { UINT64_C (257) << 32 }, 12 },
  { REQUEST_GET_CONFIG, MESSAGE_VERSION, { UINT64_C (0xfffffffc) << 32 }, 8 },
};

START_TEST (bad_messages_end_the_connection)
{
  char byte, payload[16];
  const struct vhost_header header = { bad_messages[_i].request, bad_messages[_i].flags, bad_messages[_i].size };

  start ();
  memcpy (payload, bad_messages[_i].payload, sizeof payload);
  ck_assert_int_eq (send (driver.fd, &header, sizeof header, MSG_NOSIGNAL), sizeof header);
  if (header.size > 0 && header.size <= sizeof payload)
    ck_assert_int_eq (send (driver.fd, payload, header.size, MSG_NOSIGNAL), header.size);
  ck_assert_int_eq (recv (driver.fd, &byte, 1, 0), 0);
  driver_close (&driver);
  ck_assert_int_eq (device_result (), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_int_eq (strncmp (message, "vhost: ", 7), 0);
}
END_TEST

START_TEST (a_bad_ring_ends_the_connection)
{
  char byte;

  start ();
  driver.queues[1].ring.available->idx = 100;
  ck_assert_int_eq (eventfd_write (driver.queues[1].kick_fd, 1), 0);
  ck_assert_int_eq (recv (driver.fd, &byte, 1, 0), 0);
  driver_close (&driver);
  ck_assert_int_eq (device_result (), -1);
  ck_assert_uint_eq (message_count, 1);
}
END_TEST

/* Its other end is closed: it would be ready for ever. */
START_TEST (a_descriptor_that_never_kicks_ends_the_connection)
{
  int ends[2];

  start ();
  ck_assert_int_eq (pipe (ends), 0);
  driver_tell (driver.fd, REQUEST_SET_VRING_KICK, &(const uint64_t) { 0 }, 8, ends[0]);
  close (ends[0]);
  close (ends[1]);
  ck_assert_int_eq (device_result (), -1);
  ck_assert_uint_eq (message_count, 1);
  driver_close (&driver);
}
END_TEST

START_TEST (a_connection_may_end_anywhere)
{
  const struct vhost_header header = { REQUEST_SET_FEATURES, MESSAGE_VERSION, 8 };

  start ();
  ck_assert_int_eq (send (driver.fd, &header, (size_t) _i, MSG_NOSIGNAL), _i);
  stop ();
}
END_TEST

START_TEST (a_stop_ends_it_anywhere)
{
  start ();
  if (_i)
    ck_assert_int_eq (send (driver.fd, "x", 1, MSG_NOSIGNAL), 1);
  stop_device ();
  ck_assert_int_eq (device_result (), 0);
  driver_close (&driver);
}
END_TEST

static unsigned
open_files (void)
{
  DIR *folder = opendir ("/proc/self/fd");
  unsigned count = 0;

  while (readdir (folder))
    count++;
  closedir (folder);
  return count;
}

START_TEST (no_descriptor_is_left_open)
{
  const unsigned before = open_files ();

  start ();
  /* Descriptors that nobody asked for, and some that take the place of others. */
  driver_send (driver.fd, REQUEST_SET_OWNER, MESSAGE_VERSION, NULL, 0, (const int[]) { 0, 1, 2 }, 3);
  driver_tell (driver.fd, REQUEST_SET_VRING_CALL, &(const uint64_t) { 0 }, 8, driver.queues[0].call_fd);
  driver_tell (driver.fd, REQUEST_SET_VRING_KICK, &(const uint64_t) { 0 }, 8, driver.queues[0].kick_fd);
  driver_tell (driver.fd, REQUEST_SET_BACKEND_REQ_FD, NULL, 0, driver.backend_fd);
  driver_tell (driver.fd, REQUEST_SET_VRING_ERR, &(const uint64_t) { 0 }, 8, driver.backend_fd);
  stop ();
  ck_assert_uint_eq (open_files (), before);
}
END_TEST

START_TEST (a_guest_that_is_gone_is_known_to_be)
{
  int gate[2];

  ck_assert_int_eq (pipe (gate), 0);
  start ();
  gate_fd = gate[0];
  driver_submit (&driver, 0, &buffer, 1);
  close (driver.fd);
  driver.fd = -1;
  ck_assert_int_eq (write (gate[1], "x", 1), 1);
  stop ();
  gate_fd = -1;
  ck_assert_uint_le (kicks, 1);
  ck_assert (!was_connected || kicks == 0);
}
END_TEST

START_TEST (a_server_serves_one_after_the_other)
{
  char *path = new_path ();
  const int listen_fd = vhost_listen (path);
  struct vhost_server *server = vhost_start (listen_fd, &device);

  ck_assert_int_eq (vhost_listen (path), -1);
  ck_assert_uint_eq (message_count, 1);
  for (unsigned i = 0; i < 3; i++) {
    driver_open_path (&driver, path);
    driver_submit (&driver, 0, &buffer, 1);
    driver_wait (&driver, 0);
    if (i < 2)
      driver_close (&driver);
  }
  vhost_stop (server);
  driver_close (&driver);
  server = vhost_start (listen_fd, &device);
  vhost_stop (server);
  vhost_stop (NULL);
  close (listen_fd);
  free (path);
}
END_TEST

/* Connect to PATH and end, but leave a process that has the connection open until HOLD_FD has an end. */
static void
connect_and_end (const char *path, int hold_fd)
{
  char byte;

  driver_open_path (&driver, path);
  if (fork () == 0)
    ck_assert_int_eq (read (hold_fd, &byte, 1), 0);
  _exit (0);
}

START_TEST (a_guest_whose_process_has_ended_is_gone)
{
  char *path = new_path ();
  const int listen_fd = vhost_listen (path), watch_fd = process_watch (getpid ());
  int hold[2];

  ck_assert_int_eq (pipe (hold), 0);
  const pid_t child = fork ();
  if (child == 0) {
    close (hold[1]);
    connect_and_end (path, hold[0]);
  }
  struct vhost_server *server = vhost_start (listen_fd, &device);
  ck_assert_int_eq (waitpid (child, NULL, 0), child);
  /* valgrind cannot watch a process. */
  if (watch_fd == -1)
    close (hold[1]);
  driver_open_path (&driver, path);
  driver_submit (&driver, 0, &buffer, 1);
  driver_wait (&driver, 0);
  driver_close (&driver);
  vhost_stop (server);
  if (watch_fd >= 0)
    close (hold[1]);
  close (hold[0]);
  close (watch_fd);
  close (listen_fd);
  free (path);
}
END_TEST

START_TEST (a_name_that_is_too_long_is_refused)
{
  char path[200];

  memset (path, 'x', sizeof path);
  path[sizeof path - 1] = '\0';
  ck_assert_int_eq (vhost_listen (path), -1);
  ck_assert_ptr_nonnull (strstr (message, "too long"));
}
END_TEST

UNIT_TEST_MAIN_WITH ("vhost serve", forget_messages, NULL, what_is_offered, queues_are_served,
                     queues_are_served_without_answers_and_event_index, the_configuration_has_zeros_after_it,
                     a_queue_that_is_not_enabled_waits, a_queue_is_stopped_and_goes_on, memory_may_be_given_anew,
                     LOOP_OVER (bad_messages_end_the_connection, bad_messages), a_bad_ring_ends_the_connection,
                     a_descriptor_that_never_kicks_ends_the_connection, unit_loop (a_connection_may_end_anywhere, 13),
                     unit_loop (a_stop_ends_it_anywhere, 2), no_descriptor_is_left_open,
                     a_guest_that_is_gone_is_known_to_be, a_server_serves_one_after_the_other,
                     a_guest_whose_process_has_ended_is_gone, a_name_that_is_too_long_is_refused)
