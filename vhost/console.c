/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <linux/virtio_console.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost/console.h"
#include "vhost/queue.h"
#include "vhost/segments.h"

/* Two queues for the first port, two for the control messages, two for each other port; of two, the first is for what
 * goes to the guest.
 */
enum { TO_GUEST, FROM_GUEST, CONTROL_TO_GUEST, CONTROL_FROM_GUEST };

_Static_assert (2 * (VHOST_PORTS_MAX + 1) <= VHOST_QUEUES_MAX && VHOST_PORTS_MAX <= VHOST_WATCHED_MAX,
                "there is room for all ports");

/* What is to be said to the guest of a port, in this order, a bit for each; and the message that says it. */
static const struct {
  uint16_t event, value;
} sayings[] = {
  { VIRTIO_CONSOLE_PORT_ADD, 1 }, { VIRTIO_CONSOLE_CONSOLE_PORT, 1 }, { VIRTIO_CONSOLE_PORT_NAME, 1 },
  { VIRTIO_CONSOLE_PORT_OPEN, 1 }, { VIRTIO_CONSOLE_PORT_OPEN, 0 },
};
enum { SAY_ADD = 1, SAY_CONSOLE = 2, SAY_NAME = 4, SAY_OPEN = 8, SAY_CLOSED = 16 };

#define SAYINGS (sizeof sayings / sizeof *sayings)

struct console_port {
  char *name;
  int fd;                       /* -1: the other end was closed */
  bool is_console;
  bool is_open;                 /* by the guest */
  bool is_stuck;                /* the socket takes no more */
  unsigned to_say;
  size_t sent;                  /* bytes of the next chain from the guest, so far */
};

struct vhost_console {
  struct console_port ports[VHOST_PORTS_MAX];
  size_t count;
  struct virtio_console_config config;
  struct vhost_device device;
  struct vhost_chain chain;     /* that is being looked at */
  size_t watched[VHOST_WATCHED_MAX];    /* ports */
};

/* The queue of the port NUMBER in DIRECTION, if it runs, or NULL. */
static struct vhost_queue *
queue_of (struct vhost_connection *connection, size_t number, unsigned direction)
{
  return vhost_queue_of (connection, (unsigned) (number == 0 ? 0 : 2 * number + 2) + direction);
}

/* Put the message for one of SAYINGS into the chain.  Returns its length. */
static uint32_t
fill_message (struct vhost_console *console, size_t number, size_t saying)
{
  const struct console_port *port = &console->ports[number];
  struct vhost_chain *chain = &console->chain;
  const size_t name_length = sayings[saying].event == VIRTIO_CONSOLE_PORT_NAME ? strlen (port->name) : 0;
  char bytes[sizeof (struct virtio_console_control) + VHOST_PORT_NAME_MAX];
  const struct virtio_console_control control = {
    .id = (uint32_t) number, .event = sayings[saying].event, .value = sayings[saying].value
  };

  memcpy (mempcpy (bytes, &control, sizeof control), port->name, name_length);
  return (uint32_t) segments_put (chain->segments + chain->readable, chain->count - chain->readable, bytes,
                                  sizeof control + name_length);
}

/* Say the first of what is to be said of the port NUMBER.  As vhost_queue_take. */
static int
say_one (struct vhost_console *console, struct vhost_queue *queue, size_t number)
{
  struct console_port *port = &console->ports[number];
  const size_t saying = (size_t) __builtin_ctz (port->to_say);
  const int r = vhost_queue_take (queue, &console->chain);

  if (r != 1)
    return r;
  vhost_queue_put (queue, &console->chain, fill_message (console, number, saying));
  port->to_say &= ~(1u << saying);
  return 1;
}

/* Say all that is to be said, as far as there is room for it.  Returns 0, or -1 after a message. */
static int
say (struct vhost_console *console, struct vhost_connection *connection)
{
  struct vhost_queue *queue = vhost_queue_of (connection, CONTROL_TO_GUEST);
  int r = 1;

  for (size_t i = 0; queue && i < console->count; i++)
    while (console->ports[i].to_say && r == 1)
      r = say_one (console, queue, i);
  if (queue)
    vhost_queue_tell (queue);
  return r == -1 ? -1 : 0;
}

/* The guest says something, perhaps of a port. */
static void
hear (struct vhost_console *console, const struct virtio_console_control *control)
{
  struct console_port *port = control->id < console->count ? &console->ports[control->id] : NULL;

  if (control->event == VIRTIO_CONSOLE_DEVICE_READY && control->value)
    for (size_t i = 0; i < console->count; i++)
      console->ports[i].to_say |= SAY_ADD;
  else if (port && control->event == VIRTIO_CONSOLE_PORT_READY && control->value)
    port->to_say |= (port->is_console ? SAY_CONSOLE : 0) | SAY_NAME | (port->fd >= 0 ? SAY_OPEN : 0);
  else if (port && control->event == VIRTIO_CONSOLE_PORT_OPEN)
    port->is_open = control->value != 0;
}

/* As .kicked. */
static int
hear_all (struct vhost_console *console, struct vhost_queue *queue)
{
  struct virtio_console_control control;
  int r = 1;

  for (uint32_t i = 0; i < queue->size && (r = vhost_queue_take (queue, &console->chain)) == 1; i++) {
    if (segments_get (console->chain.segments, console->chain.readable, &control, sizeof control) == sizeof control)
      hear (console, &control);
    vhost_queue_put (queue, &console->chain, 0);
  }
  vhost_queue_tell (queue);
  return r;
}

/* The other end of PORT was closed. */
static void
close_port (struct console_port *port)
{
  close (port->fd);
  port->fd = -1;
  port->is_stuck = false;
  port->to_say |= SAY_CLOSED;
}

/* Send what is left of the chain from the guest.  Returns whether PORT is done with it. */
static bool
send_chain (struct console_port *port, struct vhost_chain *chain)
{
  size_t count = chain->readable;
  struct iovec *segments = segments_skip (chain->segments, &count, port->sent);
  const struct msghdr header = { .msg_iov = segments, .msg_iovlen = count };
  ssize_t sent;

  if (port->fd < 0 || count == 0)
    return true;
  while ((sent = sendmsg (port->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1 && errno == EINTR)
    continue;
  /* Who does not read any more may still write. */
  if (port->is_console || (sent == -1 && errno != EAGAIN) || (size_t) sent == segments_bytes (segments, count))
    return true;
  port->sent += sent > 0 ? (size_t) sent : 0;
  return false;
}

/* Send what the guest has for the port NUMBER, as much as its socket takes.  As .kicked. */
static int
send_all (struct vhost_console *console, size_t number, struct vhost_queue *queue)
{
  struct console_port *port = &console->ports[number];
  int r = 1;

  port->is_stuck = false;
  for (uint32_t i = 0; i < queue->size && !port->is_stuck && (r = vhost_queue_take (queue, &console->chain)) == 1; i++)
    if (send_chain (port, &console->chain)) {
      port->sent = 0;
      vhost_queue_put (queue, &console->chain, 0);
    }
    else {
      port->is_stuck = true;
      vhost_queue_untake (queue);
      r = 0;
    }
  vhost_queue_tell (queue);
  return r;
}

/* Receive into the chain what the socket of PORT has.  Returns how many bytes; 0 if there is nothing now, or, the port
 * being closed then, will be nothing.
 */
static uint32_t
receive_chain (struct console_port *port, struct vhost_chain *chain)
{
  struct msghdr header = { .msg_iov = chain->segments + chain->readable, .msg_iovlen = chain->count - chain->readable };
  ssize_t received;

  while ((received = recvmsg (port->fd, &header, MSG_DONTWAIT)) == -1 && errno == EINTR)
    continue;
  if (received > 0)
    return (uint32_t) received;
  if (received == 0 || errno != EAGAIN)
    close_port (port);
  return 0;
}

/* Receive what there is for the port NUMBER, as far as the guest has room.  Returns 0, or -1 after a message. */
static int
receive_all (struct vhost_console *console, size_t number, struct vhost_queue *queue)
{
  struct console_port *port = &console->ports[number];
  struct vhost_chain *chain = &console->chain;
  uint32_t received = 1;
  int r = 1;

  for (uint32_t i = 0; i < queue->size && received > 0 && (r = vhost_queue_take (queue, chain)) == 1; i++) {
    /* Nothing can be received into nothing: it would look like the end. */
    received = chain->count > chain->readable ? receive_chain (port, chain) : 1;
    if (received == 0)
      vhost_queue_untake (queue);
    else
      vhost_queue_put (queue, chain, chain->count > chain->readable ? received : 0);
  }
  vhost_queue_tell (queue);
  return r == -1 ? -1 : 0;
}

static int
console_kicked (void *opaque, struct vhost_connection *connection, unsigned index)
{
  struct vhost_console *console = opaque;
  struct vhost_queue *queue = vhost_queue_of (connection, index);
  int r = 0;

  if (index == CONTROL_FROM_GUEST)
    r = hear_all (console, queue);
  else if (index % 2 == FROM_GUEST)
    r = send_all (console, index < CONTROL_TO_GUEST ? 0 : index / 2 - 1, queue);
  /* Room for what goes to the guest is seen when it is needed. */
  return say (console, connection) == -1 ? -1 : r;
}

static unsigned
console_watch (void *opaque, struct vhost_connection *connection, struct pollfd *fds)
{
  struct vhost_console *console = opaque;
  unsigned count = 0;

  for (size_t i = 0; i < console->count; i++) {
    const struct console_port *port = &console->ports[i];
    struct vhost_queue *queue = queue_of (connection, i, TO_GUEST);
    const bool has_room = port->is_open && queue && vhost_queue_has (queue);

    if (port->fd < 0 || !(has_room || port->is_stuck))
      continue;
    fds[count] = (struct pollfd) {
      .fd = port->fd, .events = (short) ((has_room ? POLLIN : 0) | (port->is_stuck ? POLLOUT : 0))
    };
    console->watched[count++] = i;
  }
  return count;
}

/* What REVENTS says is ready of the port NUMBER.  Returns 0, or -1 after a message. */
static int
do_port (struct vhost_console *console, struct vhost_connection *connection, size_t number, short revents)
{
  const struct console_port *port = &console->ports[number];
  struct vhost_queue *from = queue_of (connection, number, FROM_GUEST), *to = queue_of (connection, number, TO_GUEST);

  if (from && port->is_stuck && revents & ~POLLIN && send_all (console, number, from) == -1)
    return -1;
  return to && port->is_open && revents & ~POLLOUT ? receive_all (console, number, to) : 0;
}

static int
console_ready (void *opaque, struct vhost_connection *connection, const struct pollfd *fds, unsigned count)
{
  struct vhost_console *console = opaque;

  for (unsigned i = 0; i < count; i++)
    if (fds[i].revents && do_port (console, connection, console->watched[i], fds[i].revents) == -1)
      return -1;
  return say (console, connection);
}

/* What the guest had still sent, is still sent. */
static void
console_ended (void *opaque, struct vhost_connection *connection)
{
  struct vhost_console *console = opaque;

  for (size_t i = 0; i < console->count; i++) {
    struct console_port *port = &console->ports[i];
    struct vhost_queue *queue = queue_of (connection, i, FROM_GUEST);

    if (queue && port->fd >= 0)
      send_all (console, i, queue);
    if (port->fd >= 0)
      close_port (port);
  }
}

static bool
copy_ports (struct vhost_console *console, const struct vhost_port *ports, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    console->ports[i] = (struct console_port) {
      .name = strndup (ports[i].name, VHOST_PORT_NAME_MAX), .fd = ports[i].fd, .is_console = ports[i].is_console
    };
    if (console->ports[i].name == NULL)
      return false;
    console->count++;
  }
  return true;
}

struct vhost_console *
vhost_console_new (const struct vhost_port *ports, size_t count)
{
  struct vhost_console *console = calloc (1, sizeof *console);

  if (console == NULL)
    return NULL;
  console->config.max_nr_ports = (uint32_t) count;
  console->device = (struct vhost_device) {
    .features = UINT64_C (1) << VIRTIO_CONSOLE_F_MULTIPORT,
    .config = &console->config,
    .config_bytes = sizeof console->config,
    .queue_count = (unsigned) (2 * (count + 1)),
    .opaque = console,
    .kicked = console_kicked,
    .watch = console_watch,
    .ready = console_ready,
    .ended = console_ended,
  };
  if (copy_ports (console, ports, count))
    return console;
  for (size_t i = 0; i < console->count; i++)
    console->ports[i].fd = -1;
  vhost_console_free (console);
  return NULL;
}

void
vhost_console_free (struct vhost_console *console)
{
  if (console == NULL)
    return;
  for (size_t i = 0; i < console->count; i++) {
    if (console->ports[i].fd >= 0)
      close (console->ports[i].fd);
    free (console->ports[i].name);
  }
  free (console);
}

const struct vhost_device *
vhost_console_device (const struct vhost_console *console)
{
  return &console->device;
}
