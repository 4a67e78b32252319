/* SPDX-License-Identifier: BSD-3-Clause */
/* A split ring of virtio, seen from the device: chains of buffers are taken from it in the order in which the driver
 * made them available, and put back as used, in any order.
 */
#ifndef POWERCUT_VHOST_QUEUE_H
#define POWERCUT_VHOST_QUEUE_H

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vhost/memory.h"

#define VHOST_QUEUE_SIZE_MAX 1024       /* descriptors */
#define VHOST_SEGMENTS_MAX VHOST_QUEUE_SIZE_MAX

struct vhost_queue {
  /* As the driver said.  The addresses are its own. */
  uint32_t size;
  uint64_t descriptors_at, available_at, used_at;
  int kick_fd, call_fd;         /* -1: none */
  bool is_enabled;
  bool is_unfinished;           /* the device has not seen all that is there */

  /* Where the ring is, while is_mapped. */
  bool is_mapped, event_idx;
  const struct vhost_memory *memory;
  const struct vring_desc *descriptors;
  const struct vring_avail *available;
  struct vring_used *used;

  uint16_t taken;               /* chains so far, and likewise */
  uint16_t answered;
  uint16_t told;                /* answered when the driver was last told */
};

/* A chain of buffers: what the device may read, then what it may write. */
struct vhost_chain {
  struct iovec segments[VHOST_SEGMENTS_MAX];
  size_t readable, count;       /* segments */
  uint16_t head;
};

/* Find the ring of QUEUE in MEMORY, which must stay while it is mapped.  Returns 0, or -1 after a message. */
extern int vhost_queue_map (struct vhost_queue *queue, const struct vhost_memory *memory, bool event_idx);

/* Whether there is a chain to take; if not, the driver kicks for the next one. */
extern bool vhost_queue_has (struct vhost_queue *queue);

/* Take the next chain.  Returns 1, 0 if there is none: the driver kicks for the next one; or -1 after a message. */
extern int vhost_queue_take (struct vhost_queue *queue, struct vhost_chain *chain);

/* The chain that was taken last, and is not put back, is the next one again. */
extern void vhost_queue_untake (struct vhost_queue *queue);

/* Put CHAIN back, of which so many bytes were WRITTEN. */
extern void vhost_queue_put (struct vhost_queue *queue, const struct vhost_chain *chain, uint32_t written);

/* Tell the driver of what was put back, if it wants to be told. */
extern void vhost_queue_tell (struct vhost_queue *queue);

#endif
