/* SPDX-License-Identifier: BSD-3-Clause */
/* Serial ports for vhost_serve: virtio-console with named ports, each of which is joined to a stream socket.
 *
 * Nothing is lost: bytes are taken from the socket when the guest has opened its port and given room for them, and
 * from the guest when the socket takes them.  A port whose socket's other end is closed is closed for the guest, once
 * it has got what came before.  That the guest closes its port means nothing: it may open it again.
 *
 * A port may be a console of the guest's, /dev/hvc0.  Linux stands still until what it prints there was taken: what the
 * socket does not take at once is thrown away.
 */
#ifndef POWERCUT_VHOST_CONSOLE_H
#define POWERCUT_VHOST_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "vhost/vhost.h"

#define VHOST_PORTS_MAX 30
#define VHOST_PORT_NAME_MAX 63

struct vhost_port {
  const char *name;             /* at most VHOST_PORT_NAME_MAX characters of it */
  int fd;                       /* stream socket */
  bool is_console;
};

struct vhost_console;

/* A device with COUNT PORTS, at most VHOST_PORTS_MAX, in this order.  Their descriptors are its own from then on: they
 * are closed when a connection has ended, so that it is good for one.  NULL with errno ENOMEM, and they are not.
 */
extern struct vhost_console *vhost_console_new (const struct vhost_port *ports, size_t count);
extern void vhost_console_free (struct vhost_console *console);

/* The ports as a device, which lives as long as they. */
extern const struct vhost_device *vhost_console_device (const struct vhost_console *console);

#endif
