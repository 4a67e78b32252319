/* SPDX-License-Identifier: BSD-3-Clause */
/* The layouts of file systems that blame.c asks for names. */
#ifndef POWERCUT_REPLAY_EXPLAIN_BLAME_LAYOUT_H
#define POWERCUT_REPLAY_EXPLAIN_BLAME_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "replay/explain/names.h"

/* What was written: LENGTH bytes at OFFSET of the device.  DATA is NULL where there are none (a zero or trim). */
struct written {
  uint64_t offset;
  uint32_t length;
  const unsigned char *data;
};

/* A device as it can be read: COUNT bytes at OFFSET, both multiples of 512 and inside of it.  Returns 0, or -1. */
struct image {
  int (*read) (void *opaque, void *buffer, size_t count, uint64_t offset);
  void *opaque;
  uint64_t size_bytes;
};

/* Name what ext2, ext3 or ext4 on IMAGE has in that place once its journal is recovered. */
extern void blame_ext (const struct image *image, const struct written *written, struct names *names);

/* The same for xfs and btrfs.  SUPERBLOCK are the 4096 bytes at xfs's offset 0, or at btrfs's offset
 * BTRFS_SUPERBLOCK.
 */
#define BTRFS_SUPERBLOCK 65536
extern void blame_xfs (const unsigned char *superblock, const struct written *written, struct names *names);
extern void blame_btrfs (const unsigned char *superblock, const struct written *written, struct names *names);

#endif
