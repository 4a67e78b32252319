/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/message.h"
#include "vhost/connection.h"
#include "vhost/vhost.h"

/* What is waited for: the stop, the guest's process, the connection, the queues that run, and what the device has
 * itself.
 */
enum {
  WAIT_STOP, WAIT_PROCESS, WAIT_CONNECTION, WAIT_QUEUES,
  WAIT_MAX = WAIT_QUEUES + VHOST_QUEUES_MAX + VHOST_WATCHED_MAX
};

struct vhost_wait {
  struct pollfd fds[WAIT_MAX];
  unsigned queues[VHOST_QUEUES_MAX];    /* their numbers, in the order of their descriptors */
  unsigned queue_count, own_count;
  int timeout_ms;
};

static void
collect (struct vhost_connection *connection, int stop_fd, struct vhost_wait *wait)
{
  const struct vhost_device *device = connection->device;

  wait->fds[WAIT_STOP] = (struct pollfd) { .fd = stop_fd, .events = POLLIN };
  wait->fds[WAIT_PROCESS] = (struct pollfd) { .fd = connection->process_fd, .events = POLLIN };
  wait->fds[WAIT_CONNECTION] = (struct pollfd) { .fd = connection->fd, .events = POLLIN };
  wait->queue_count = 0;
  wait->timeout_ms = -1;
  for (unsigned i = 0; i < device->queue_count; i++)
    if (vhost_queue_of (connection, i)) {
      wait->fds[WAIT_QUEUES + wait->queue_count]
        = (struct pollfd) { .fd = connection->queues[i].kick_fd, .events = POLLIN };
      wait->queues[wait->queue_count++] = i;
      if (connection->queues[i].is_unfinished)
        wait->timeout_ms = 0;
    }
  wait->own_count = device->watch
    ? device->watch (device->opaque, connection, &wait->fds[WAIT_QUEUES + wait->queue_count]) : 0;
}

/* Take one message, and do what it says.  As vhost_message_receive. */
static int
hear (struct vhost_connection *connection, int stop_fd)
{
  struct vhost_message message;
  int r = vhost_message_receive (connection->fd, stop_fd, &message);

  if (r != 1)
    return r;
  r = vhost_connection_obey (connection, &message) == 0 ? 1 : -1;
  vhost_message_release (&message);
  return r;
}

/* The sign that QUEUE was kicked is taken away. */
static int
take_kick (const struct vhost_queue *queue)
{
  uint64_t kicks;
  const ssize_t r = read (queue->kick_fd, &kicks, sizeof kicks);

  if (r > 0 || (r == -1 && (errno == EAGAIN || errno == EINTR)))
    return 0;
  error_message ("vhost: the guest gives no descriptor that could be used");
  return -1;
}

/* Let the device look at the queue INDEX if there is reason to: it was kicked (REVENTS), or left something there. */
static int
look_at (struct vhost_connection *connection, unsigned index, short revents)
{
  const struct vhost_device *device = connection->device;
  struct vhost_queue *queue = &connection->queues[index];

  if (revents && take_kick (queue) == -1)
    return -1;
  if (!revents && !queue->is_unfinished)
    return 0;
  const int r = device->kicked (device->opaque, connection, index);
  queue->is_unfinished = r == 1;
  return r == -1 ? -1 : 0;
}

/* Do all that WAIT says is to be done.  Returns 1, 0 if the connection is over, or -1 after a message. */
static int
act (struct vhost_connection *connection, int stop_fd, const struct vhost_wait *wait)
{
  const struct vhost_device *device = connection->device;

  if (wait->fds[WAIT_STOP].revents || wait->fds[WAIT_PROCESS].revents)
    return 0;
  /* What is said may change the queues. */
  if (wait->fds[WAIT_CONNECTION].revents)
    return hear (connection, stop_fd);
  for (unsigned i = 0; i < wait->queue_count; i++)
    if (look_at (connection, wait->queues[i], wait->fds[WAIT_QUEUES + i].revents) == -1)
      return -1;
  if (wait->own_count > 0
      && device->ready (device->opaque, connection, &wait->fds[WAIT_QUEUES + wait->queue_count], wait->own_count) == -1)
    return -1;
  return 1;
}

int
vhost_serve (int fd, const struct vhost_device *device, int stop_fd)
{
  struct vhost_connection *connection = malloc (sizeof *connection);
  struct vhost_wait wait;
  int r = 1;

  if (connection == NULL)
    return out_of_memory ();
  vhost_connection_begin (connection, fd, device);
  while (r == 1) {
    collect (connection, stop_fd, &wait);
    if (poll (wait.fds, WAIT_QUEUES + wait.queue_count + wait.own_count, wait.timeout_ms) >= 0)
      r = act (connection, stop_fd, &wait);
    else if (errno != EINTR) {
      error_message ("vhost: poll: %m");
      r = -1;
    }
  }
  if (r == -1)
    vhost_connection_stop (connection);
  if (device->ended)
    device->ended (device->opaque, connection);
  vhost_connection_end (connection);
  free (connection);
  return r;
}
