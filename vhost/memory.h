/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a guest, as much of it as the driver gave. */
#ifndef POWERCUT_VHOST_MEMORY_H
#define POWERCUT_VHOST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define VHOST_REGIONS_MAX 8

/* Two addresses are known for the same bytes: what the guest's devices are told, and the driver's own. */
struct vhost_memory {
  struct vhost_region {
    uint64_t guest_address, driver_address, size;       /* bytes */
    char *start;
    void *mapping;              /* that it is a part of */
    size_t mapping_bytes;
  } regions[VHOST_REGIONS_MAX];
  size_t count;
};

/* Add the SIZE bytes at OFFSET of the file FD, which may be closed then.  Returns 0, or -1 after a message. */
extern int vhost_memory_add (struct vhost_memory *memory, int fd, uint64_t offset, uint64_t size,
                             uint64_t guest_address, uint64_t driver_address);

/* Forget all of it. */
extern void vhost_memory_release (struct vhost_memory *memory);

/* Where LENGTH bytes at a guest's, or a driver's, ADDRESS are; NULL if they are not all in one region. */
extern void *vhost_memory_of_guest (const struct vhost_memory *memory, uint64_t address, uint64_t length);
extern void *vhost_memory_of_driver (const struct vhost_memory *memory, uint64_t address, uint64_t length);

#endif
