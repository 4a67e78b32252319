/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that is served over vhost-user, beside NBD, to a guest that is a process of this machine. */
#ifndef POWERCUT_NBD_PLUGIN_DIRECT_DISK_H
#define POWERCUT_NBD_PLUGIN_DIRECT_DISK_H

#include <pthread.h>
#include <stdint.h>

#include "log/crash-state.h"
#include "nbd-plugin/run-io.h"
#include "vhost/blk.h"

/* What is served, and to whom else. */
struct direct_source {
  struct run_io *run;
  struct crash_state *const *state;     /* which may change, as what is in it */
  pthread_mutex_t *lock;        /* of who uses them */
};

struct direct_disk {
  unsigned device;              /* its number */
  char *socket;                 /* path */
  int listen_fd;                /* 0: it does not listen */
  struct vhost_blk *blk;
  struct vhost_server *server;
  struct direct_source source;
};

/* Listen at the socket, which is new, before the server changes its process.  Returns 0, or -1 after a message. */
extern int direct_disk_listen (struct direct_disk *disk);

/* Serve the device, which has SIZE_BYTES, from SOURCE.  Returns 0, or -1 after a message. */
extern int direct_disk_start (struct direct_disk *disk, uint64_t size_bytes, const struct direct_source *source);

/* Serve it no more. */
extern void direct_disk_stop (struct direct_disk *disk);

/* Remove the socket, and free what DISK has. */
extern void direct_disk_release (struct direct_disk *disk);

#endif
