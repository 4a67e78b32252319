/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk for vhost_serve: virtio-blk with one queue and sectors of 512 bytes.
 *
 * Requests are done one after the other in the order of the queue, so that a flush covers all that was answered before
 * it was asked for, and more.
 */
#ifndef POWERCUT_VHOST_BLK_H
#define POWERCUT_VHOST_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "vhost/vhost.h"

/* What the disk does, each inside it and of whole sectors.  Each request is one call.  They return 0, or -1, which is
 * an error of I/O to the guest.  A BUFFER may be the guest's memory, which can change at any time.
 */
struct vhost_blk_operations {
  int (*read) (void *opaque, void *buffer, uint32_t count, uint64_t offset);
  int (*write) (void *opaque, const void *buffer, uint32_t count, uint64_t offset);
  int (*zero) (void *opaque, uint32_t count, uint64_t offset, bool may_trim);
  int (*trim) (void *opaque, uint32_t count, uint64_t offset);
  int (*flush) (void *opaque);

  /* Requests are taken from the queue, done and answered between these, and none is under way outside of them.  A
   * guest that was gone by `begin` does nothing any more.
   */
  void (*begin) (void *opaque);
  void (*end) (void *opaque);
};

#define VHOST_BLK_ID_BYTES 20

struct vhost_blk;

/* A disk of SIZE_BYTES, a whole number of sectors, with the serial number ID, of which VHOST_BLK_ID_BYTES count.
 * *OPERATIONS, called with OPAQUE, must stay.  NULL with errno ENOMEM.
 */
extern struct vhost_blk *vhost_blk_new (uint64_t size_bytes, const char *id,
                                        const struct vhost_blk_operations *operations, void *opaque);
extern void vhost_blk_free (struct vhost_blk *blk);

/* The disk as a device, which lives as long as it. */
extern const struct vhost_device *vhost_blk_device (const struct vhost_blk *blk);

#endif
