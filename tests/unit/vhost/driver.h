/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver's side of vhost-user, as a guest with a little memory plays it. */
#ifndef POWERCUT_TESTS_UNIT_VHOST_DRIVER_H
#define POWERCUT_TESTS_UNIT_VHOST_DRIVER_H

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vhost/message.h"

/* The memory: its first half is for the rings, the second for whatever a test puts there. */
#define DRIVER_MEMORY (1u << 20)
#define DRIVER_DATA (DRIVER_MEMORY / 2)
#define DRIVER_GUEST_ADDRESS UINT64_C (0x10000)         /* of its first byte */
#define DRIVER_OWN_ADDRESS UINT64_C (0x7f0000001000)
#define DRIVER_QUEUE_SIZE 8u
#define DRIVER_QUEUES_MAX 16
#define DRIVER_QUEUE_BYTES 4096 /* of memory for each queue */

/* One queue's rings, where they are in MEMORY. */
struct driver_ring {
  struct vring_desc *descriptors;
  struct vring_avail *available;
  struct vring_used *used;
  uint64_t descriptors_at, available_at, used_at;       /* the driver's addresses */
};
extern struct driver_ring driver_ring (char *memory, unsigned index);

struct driver {
  int fd, memory_fd, backend_fd;
  char *memory;
  struct driver_queue {
    struct driver_ring ring;
    int kick_fd, call_fd;
    uint16_t next;              /* descriptor */
    uint16_t seen;              /* of the used ring */
  } queues[DRIVER_QUEUES_MAX];
  unsigned queue_count;
};

/* A file of DRIVER_MEMORY bytes of memory, and where it is mapped. */
extern int driver_memory (char **memory);

/* Fill in *PAYLOAD's first SIZE bytes and send REQUEST with COUNT descriptors. */
extern void driver_send (int fd, uint32_t request, uint32_t flags, const void *payload, uint32_t size, const int *fds,
                         size_t count);

/* Receive an answer to REQUEST. */
extern struct vhost_message driver_answer (int fd, uint32_t request);

/* Send REQUEST, which asks nothing, and wait until it is done. */
extern void driver_tell (int fd, uint32_t request, const void *payload, uint32_t size, int with_fd);

/* Ask for the number that REQUEST gives. */
extern uint64_t driver_ask (int fd, uint32_t request);

/* Connect over FD in the order in which Linux does it, with all features that are offered but those of WITHOUT, to
 * QUEUE_COUNT queues.
 */
extern void driver_open (struct driver *driver, int fd, uint64_t without, unsigned queue_count);
/* The same with a socket at PATH. */
extern void driver_open_path (struct driver *driver, const char *path);
extern void driver_close (struct driver *driver);

/* A part of the data in the memory. */
struct driver_buffer {
  uint32_t at;                  /* bytes after DRIVER_DATA */
  uint32_t length;
  bool is_writable;
};

/* Make a chain of COUNT BUFFERS available in queue INDEX, and kick. */
extern void driver_submit (struct driver *driver, unsigned index, const struct driver_buffer *buffers, size_t count);

/* Wait until the next chain is used.  Returns how many bytes were written. */
extern uint32_t driver_wait (struct driver *driver, unsigned index);

/* A request of virtio-blk, done: header, data of LENGTH bytes at DATA in PARTS equal buffers, status.  Returns the
 * status, and 255 if nothing was said.
 */
extern int driver_blk (struct driver *driver, uint32_t type, uint64_t sector, char *data, uint32_t length,
                       unsigned parts);

#endif
