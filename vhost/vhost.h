/* SPDX-License-Identifier: BSD-3-Clause */
/* A vhost-user server: devices of virtio for a guest that runs as a process of this machine, as User Mode Linux does.
 *
 * The guest's driver connects to a Unix socket, says in messages how things are to be, and hands over its memory and a
 * descriptor for each queue, by which it says that there is something to do.  From then on requests and answers are
 * in that memory alone.  Specification: vhost-user (QEMU, docs/interop) and Virtual I/O Device 1.x, split rings.
 *
 * One connection at a time.  What comes from the guest is not believed: an address, length or index is held against
 * the memory that it gave, and each is read once.  A guest that breaks the rules is told of in one message, and its
 * connection ends.  What a guest can do to its device by making its memory smaller meanwhile, it can do to itself
 * by less.
 *
 * SIGPIPE is to be ignored or blocked where this is used.
 */
#ifndef POWERCUT_VHOST_VHOST_H
#define POWERCUT_VHOST_VHOST_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VHOST_QUEUES_MAX 64
#define VHOST_WATCHED_MAX 32

struct vhost_connection;
struct vhost_queue;             /* vhost/queue.h */

/* What a device is.  Its functions are called by the thread that serves, and those that return int return 0, or -1
 * after a message, which ends the connection.
 */
struct vhost_device {
  uint64_t features;            /* VIRTIO_*_F_*, by bit, of the kind of device; others come by themselves */
  const void *config;           /* its configuration space */
  size_t config_bytes;
  unsigned queue_count;
  void *opaque;                 /* for the functions */

  /* The driver may have put something into the queue INDEX.  1 if there may be more, after as much as the queue holds
   * at once: a guest must not keep the thread for itself.
   */
  int (*kicked) (void *opaque, struct vhost_connection *connection, unsigned index);

  /* Fill in which descriptors of the device's own are to be waited for, at most VHOST_WATCHED_MAX, and say how many;
   * then, once one of them is ready, what is ready.  Both NULL if it has none.
   */
  unsigned (*watch) (void *opaque, struct vhost_connection *connection, struct pollfd *fds);
  int (*ready) (void *opaque, struct vhost_connection *connection, const struct pollfd *fds, unsigned count);

  /* The connection is over, and what it left in its queues can still be taken, unless it broke the rules.  NULL if that
   * is nothing to the device.
   */
  void (*ended) (void *opaque, struct vhost_connection *connection);
};

/* The queue INDEX, if the driver has it running, or NULL. */
extern struct vhost_queue *vhost_queue_of (struct vhost_connection *connection, unsigned index);

/* Whether the guest still is there: its end of the connection is open, and the process that made it runs. */
extern bool vhost_is_connected (const struct vhost_connection *connection);

/* Serve the connection FD, which is left open, until it ends, or the process that made it, or STOP_FD becomes readable.
 * Returns 0, or -1 after a message if the guest broke the rules.
 */
extern int vhost_serve (int fd, const struct vhost_device *device, int stop_fd);

/* A socket, to close, that listens at the new path PATH; or -1 after a message. */
extern int vhost_listen (const char *path);

struct vhost_server;

/* Serve one connection after the other that is made to LISTEN_FD, which is left open, in a thread of its own, with all
 * signals blocked.  *DEVICE must stay until vhost_stop.  NULL after a message.
 */
extern struct vhost_server *vhost_start (int listen_fd, const struct vhost_device *device);

/* End the thread, and with it the connection that there may be. */
extern void vhost_stop (struct vhost_server *server);

#endif
