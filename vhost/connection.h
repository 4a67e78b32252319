/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection: what the driver has said so far, and what is answered. */
#ifndef POWERCUT_VHOST_CONNECTION_H
#define POWERCUT_VHOST_CONNECTION_H

#include <stdint.h>

#include "vhost/message.h"
#include "vhost/queue.h"
#include "vhost/vhost.h"

struct vhost_connection {
  const struct vhost_device *device;
  int fd;
  int process_fd;               /* readable once the process that connected has ended; -1: not known */
  uint64_t features, protocol_features;         /* that the driver has accepted */
  int backend_fd;               /* for requests of ours, of which there are none; the driver expects it to be open */
  struct vhost_memory memory;
  struct vhost_queue queues[VHOST_QUEUES_MAX];
};

/* Nothing was said yet over FD. */
extern void vhost_connection_begin (struct vhost_connection *connection, int fd, const struct vhost_device *device);
/* No queue runs any more. */
extern void vhost_connection_stop (struct vhost_connection *connection);
extern void vhost_connection_end (struct vhost_connection *connection);

/* Do as MESSAGE says, and answer it.  Returns 0, or -1 after a message. */
extern int vhost_connection_obey (struct vhost_connection *connection, struct vhost_message *message);

#endif
