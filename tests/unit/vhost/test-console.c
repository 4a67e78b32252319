/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ports, the first of which may be a console, and a guest that uses them. */
#include <config.h>

#include <errno.h>
#include <linux/virtio_console.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/vhost/driver.h"
#include "tests/unit/vhost/served.h"
#include "vhost/console.h"

#define PORTS 2
#define ROOM 64u                /* bytes of a buffer for what comes */

/* Queues. */
enum { TO_0, FROM_0, CONTROL_TO, CONTROL_FROM, TO_1, FROM_1, QUEUES };

static struct driver driver;
static struct vhost_console *console;
static int host[PORTS];         /* the other ends of the sockets */
static unsigned given[QUEUES];  /* buffers so far */

/* Where in the data buffer number NUMBER of QUEUE is. */
static uint32_t
place (unsigned queue, unsigned number)
{
  return queue * 16384 + number % DRIVER_QUEUE_SIZE * 2048;
}

/* Let the device have room for BYTES, at most 2048. */
static void
give_room (unsigned queue, uint32_t bytes)
{
  const struct driver_buffer buffer = { place (queue, given[queue]++), bytes, true };

  driver_submit (&driver, queue, &buffer, 1);
}

/* Wait for what comes in the first room that was given and not used: a text. */
static const char *
take_text (unsigned queue)
{
  static char text[2049];
  const unsigned number = driver.queues[queue].seen;
  const uint32_t length = driver_wait (&driver, queue);

  memcpy (text, driver.memory + DRIVER_DATA + place (queue, number), length);
  text[length] = '\0';
  return text;
}

/* Send COUNT BYTES, at most 2048.  Does not wait. */
static void
send_bytes (unsigned queue, const void *bytes, uint32_t count)
{
  const struct driver_buffer buffer = { place (queue, given[queue]++), count, false };

  memcpy (driver.memory + DRIVER_DATA + buffer.at, bytes, count);
  driver_submit (&driver, queue, &buffer, 1);
}

/* Say it, and wait until it was heard. */
static void
say (uint32_t port, uint16_t event, uint16_t value)
{
  const struct virtio_console_control control = { port, event, value };

  send_bytes (CONTROL_FROM, &control, sizeof control);
  ck_assert_uint_eq (driver_wait (&driver, CONTROL_FROM), 0);
}

/* The next thing that is said must be this of PORT, and with NAME, if it is not NULL. */
static void
hear (uint32_t port, uint16_t event, uint16_t value, const char *name)
{
  struct virtio_console_control control;
  const char *text = take_text (CONTROL_TO);

  memcpy (&control, text, sizeof control);
  ck_assert_uint_eq (control.id, port);
  ck_assert_uint_eq (control.event, event);
  ck_assert_uint_eq (control.value, value);
  ck_assert_str_eq (text + sizeof control, name ? name : "");
  give_room (CONTROL_TO, ROOM);
}

static int
nothing_is_said (void)
{
  return driver.queues[CONTROL_TO].ring.used->idx == driver.queues[CONTROL_TO].seen;
}

/* Ports `first` and `second`. */
static void
start (bool is_console)
{
  struct vhost_port ports[PORTS] = { { "first", -1, is_console }, { "second", -1, false } };

  memset (given, 0, sizeof given);
  for (unsigned i = 0; i < PORTS; i++) {
    int ends[2];

    ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
    host[i] = ends[0];
    ports[i].fd = ends[1];
    setsockopt (ends[1], SOL_SOCKET, SO_SNDBUF, &(const int) { 4096 }, sizeof (int));
  }
  console = vhost_console_new (ports, PORTS);
  driver_open (&driver, serve_device (vhost_console_device (console)), 0, QUEUES);
  for (unsigned i = 0; i < DRIVER_QUEUE_SIZE; i++)
    give_room (CONTROL_TO, ROOM);
}

static void
stop (void)
{
  driver_close (&driver);
  ck_assert_int_eq (device_result (), 0);
  vhost_console_free (console);
  ck_assert_uint_eq (message_count, 0);
}

/* The same, and the guest knows the ports, and has opened them. */
static void
start_open (void)
{
  start (false);
  say (VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
  for (unsigned i = 0; i < PORTS; i++)
    hear (i, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
  for (unsigned i = 0; i < PORTS; i++) {
    say (i, VIRTIO_CONSOLE_PORT_READY, 1);
    hear (i, VIRTIO_CONSOLE_PORT_NAME, 1, i ? "second" : "first");
    hear (i, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL);
    say (i, VIRTIO_CONSOLE_PORT_OPEN, 1);
  }
}

static void
host_says (unsigned port, const char *text)
{
  ck_assert_int_eq (write (host[port], text, strlen (text)), (ssize_t) strlen (text));
}

/* What comes next at the host must be COUNT BYTES. */
static void
host_hears (unsigned port, const void *bytes, size_t count)
{
  char found[65536];

  ck_assert_uint_le (count, sizeof found);
  ck_assert_int_eq (recv (host[port], found, count, MSG_WAITALL), (ssize_t) count);
  ck_assert_mem_eq (found, bytes, count);
}

static void
host_hears_the_end (unsigned port)
{
  char byte;

  ck_assert_int_eq (recv (host[port], &byte, 1, 0), 0);
}

START_TEST (ports_have_names)
{
  start_open ();
  ck_assert (nothing_is_said ());
  stop ();
}
END_TEST

START_TEST (a_port_may_be_a_console)
{
  start (true);
  say (VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
  hear (0, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
  hear (1, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
  say (0, VIRTIO_CONSOLE_PORT_READY, 1);
  hear (0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, NULL);
  hear (0, VIRTIO_CONSOLE_PORT_NAME, 1, "first");
  hear (0, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL);
  stop ();
}
END_TEST

START_TEST (both_sides_are_heard)
{
  start_open ();
  for (unsigned i = 0; i < PORTS; i++) {
    const unsigned to = i ? TO_1 : TO_0, from = i ? FROM_1 : FROM_0;

    give_room (to, ROOM);
    host_says (i, "hello");
    ck_assert_str_eq (take_text (to), "hello");
    send_bytes (from, "answer", 6);
    driver_wait (&driver, from);
    host_hears (i, "answer", 6);
  }
  stop ();
}
END_TEST

START_TEST (what_has_no_room_waits)
{
  start_open ();
  host_says (1, "0123456789");
  give_room (TO_1, 4);
  ck_assert_str_eq (take_text (TO_1), "0123");
  give_room (TO_1, 4);
  ck_assert_str_eq (take_text (TO_1), "4567");
  give_room (TO_1, 4);
  ck_assert_str_eq (take_text (TO_1), "89");
  stop ();
}
END_TEST

START_TEST (what_comes_before_the_port_is_open_waits)
{
  start (false);
  host_says (1, "early");
  give_room (TO_1, ROOM);
  say (VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
  say (1, VIRTIO_CONSOLE_PORT_READY, 1);
  ck_assert_uint_eq (driver.queues[TO_1].ring.used->idx, 0);
  say (1, VIRTIO_CONSOLE_PORT_OPEN, 1);
  ck_assert_str_eq (take_text (TO_1), "early");
  /* And after it was closed again. */
  say (1, VIRTIO_CONSOLE_PORT_OPEN, 0);
  give_room (TO_1, ROOM);
  host_says (1, "late");
  say (0, VIRTIO_CONSOLE_PORT_READY, 1);
  ck_assert_uint_eq (driver.queues[TO_1].ring.used->idx, 1);
  say (1, VIRTIO_CONSOLE_PORT_OPEN, 1);
  ck_assert_str_eq (take_text (TO_1), "late");
  stop ();
}
END_TEST

/* The guest sends until its queue is full, which the host sees only later: all of it, in order. */
START_TEST (what_the_host_does_not_take_waits)
{
  char expected[2048];
  unsigned sent = 0, heard = 0;

  start_open ();
  for (; sent < 500; sent++) {
    memset (expected, 'a' + (int) sent % 26, sizeof expected);
    if (sent >= DRIVER_QUEUE_SIZE) {
      /* The oldest must be done before its place is taken: the host takes one now and then. */
      while (driver.queues[FROM_1].ring.used->idx == driver.queues[FROM_1].seen) {
        char found[2048];

        memset (found, 'a' + (int) heard++ % 26, sizeof found);
        host_hears (1, found, sizeof found);
      }
      driver_wait (&driver, FROM_1);
    }
    send_bytes (FROM_1, expected, sizeof expected);
  }
  ck_assert_uint_lt (heard, sent);
  for (; heard < sent; heard++) {
    memset (expected, 'a' + (int) heard % 26, sizeof expected);
    host_hears (1, expected, sizeof expected);
  }
  /* The other port was never in the way. */
  send_bytes (FROM_0, "x", 1);
  host_hears (0, "x", 1);
  stop ();
}
END_TEST

START_TEST (what_the_host_closes_is_closed)
{
  start_open ();
  give_room (TO_1, 4);
  host_says (1, "last words");
  close (host[1]);
  ck_assert_str_eq (take_text (TO_1), "last");
  ck_assert (nothing_is_said ());
  give_room (TO_1, ROOM);
  ck_assert_str_eq (take_text (TO_1), " words");
  give_room (TO_1, ROOM);
  hear (1, VIRTIO_CONSOLE_PORT_OPEN, 0, NULL);
  /* What the guest still sends goes nowhere, and does not stay. */
  for (unsigned i = 0; i < 20; i++) {
    send_bytes (FROM_1, "x", 1);
    driver_wait (&driver, FROM_1);
  }
  send_bytes (FROM_0, "y", 1);
  host_hears (0, "y", 1);
  stop ();
}
END_TEST

START_TEST (a_host_that_only_sends_is_heard)
{
  start_open ();
  ck_assert_int_eq (shutdown (host[1], SHUT_RD), 0);
  send_bytes (FROM_1, "x", 1);
  driver_wait (&driver, FROM_1);
  give_room (TO_1, ROOM);
  host_says (1, "still here");
  ck_assert_str_eq (take_text (TO_1), "still here");
  stop ();
}
END_TEST

/* What a guest sends in its last moment comes, then the end. */
START_TEST (the_end_of_the_guest_is_the_end_of_its_ports)
{
  start_open ();
  send_bytes (FROM_1, "good", 4);
  send_bytes (FROM_1, "bye", 3);
  stop ();
  host_hears (1, "goodbye", 7);
  host_hears_the_end (1);
  host_hears_the_end (0);
}
END_TEST

START_TEST (a_console_never_waits_for_the_host)
{
  char bytes[2048];

  start (true);
  memset (bytes, 'x', sizeof bytes);
  for (unsigned i = 0; i < 500; i++) {
    send_bytes (FROM_0, bytes, sizeof bytes);
    driver_wait (&driver, FROM_0);
  }
  host_hears (0, bytes, sizeof bytes);
  stop ();
}
END_TEST

START_TEST (what_is_said_waits_for_room)
{
  start (false);
  /* All the room is used, and the device wants to say more. */
  for (unsigned i = 0; i < 3 * DRIVER_QUEUE_SIZE; i++)
    say (VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
  for (unsigned i = 0; i < DRIVER_QUEUE_SIZE; i++)
    hear (i % PORTS, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
  /* However often it was asked, a thing is said once when there is room. */
  hear (0, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
  hear (1, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
  say (1, VIRTIO_CONSOLE_PORT_READY, 1);
  hear (1, VIRTIO_CONSOLE_PORT_NAME, 1, "second");
  stop ();
}
END_TEST

START_TEST (nonsense_is_passed_over)
{
  start_open ();
  say (PORTS, VIRTIO_CONSOLE_PORT_READY, 1);
  say (UINT32_MAX, VIRTIO_CONSOLE_PORT_OPEN, 1);
  say (0, 99, 1);
  say (0, VIRTIO_CONSOLE_PORT_READY, 0);
  send_bytes (CONTROL_FROM, "short", 5);
  driver_wait (&driver, CONTROL_FROM);
  /* Buffers of no use: nothing to write to, nothing to read. */
  send_bytes (TO_1, "x", 1);
  give_room (TO_1, ROOM);
  host_says (1, "hello");
  ck_assert_uint_eq (driver_wait (&driver, TO_1), 0);
  ck_assert_str_eq (take_text (TO_1), "hello");
  give_room (FROM_1, 1);
  driver_wait (&driver, FROM_1);
  ck_assert (nothing_is_said ());
  stop ();
}
END_TEST

UNIT_TEST_MAIN_WITH ("vhost console", forget_messages, NULL, ports_have_names, a_port_may_be_a_console,
                     both_sides_are_heard, what_has_no_room_waits, what_comes_before_the_port_is_open_waits,
                     what_the_host_does_not_take_waits, what_the_host_closes_is_closed,
                     a_host_that_only_sends_is_heard, the_end_of_the_guest_is_the_end_of_its_ports,
                     a_console_never_waits_for_the_host, what_is_said_waits_for_room, nonsense_is_passed_over)
