/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages of vhost-user, as they go over the socket: numbers are in the machine's own order. */
#ifndef POWERCUT_VHOST_MESSAGE_H
#define POWERCUT_VHOST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "vhost/memory.h"

enum vhost_request {
  REQUEST_GET_FEATURES = 1,
  REQUEST_SET_FEATURES = 2,
  REQUEST_SET_OWNER = 3,
  REQUEST_SET_MEM_TABLE = 5,
  REQUEST_SET_VRING_NUM = 8,
  REQUEST_SET_VRING_ADDR = 9,
  REQUEST_SET_VRING_BASE = 10,
  REQUEST_GET_VRING_BASE = 11,
  REQUEST_SET_VRING_KICK = 12,
  REQUEST_SET_VRING_CALL = 13,
  REQUEST_SET_VRING_ERR = 14,
  REQUEST_GET_PROTOCOL_FEATURES = 15,
  REQUEST_SET_PROTOCOL_FEATURES = 16,
  REQUEST_SET_VRING_ENABLE = 18,
  REQUEST_SET_BACKEND_REQ_FD = 21,
  REQUEST_GET_CONFIG = 24,
  REQUEST_SET_CONFIG = 25,
};

/* Bits of `flags`; the others are the version, 1. */
#define MESSAGE_VERSION 1u
#define MESSAGE_VERSION_MASK 3u
#define MESSAGE_IS_REPLY 4u
#define MESSAGE_NEEDS_REPLY 8u

#define MESSAGE_CONFIG_MAX 256
#define MESSAGE_FDS_MAX VHOST_REGIONS_MAX

/* Bits of a number that goes with a descriptor. */
#define MESSAGE_QUEUE_MASK 0xffu
#define MESSAGE_NO_FD 0x100u

struct vhost_message {
  struct vhost_header {
    uint32_t request, flags;
    uint32_t size;              /* bytes of the payload */
  } header;
  union {
    uint64_t number;
    struct {
      uint32_t index, value;
    } queue;
    struct {
      uint32_t index, flags;
      uint64_t descriptors, used, available, log;
    } ring;
    struct {
      uint32_t count, padding;
      struct {
        uint64_t guest_address, size, driver_address, offset;
      } regions[VHOST_REGIONS_MAX];
    } memory;
    struct {
      uint32_t offset, size, flags;
      char bytes[MESSAGE_CONFIG_MAX];
    } config;
  } payload;                    /* zeros where the message has less */
  int fds[MESSAGE_FDS_MAX];     /* -1: there is none, or it was taken */
};
_Static_assert (offsetof (struct vhost_message, payload) == 16, "the payload is read apart from the header");

/* Receive a message from the socket FD, waiting for STOP_FD, too.  Returns 1 and what is to be released, 0 if the other
 * end was closed or STOP_FD is readable; or -1 after a message.
 */
extern int vhost_message_receive (int fd, int stop_fd, struct vhost_message *message);

/* Close the descriptors that were not taken out of MESSAGE. */
extern void vhost_message_release (struct vhost_message *message);

/* The first descriptor that came with MESSAGE, which is the caller's then, or -1. */
extern int vhost_message_take_fd (struct vhost_message *message);

/* Send MESSAGE back, its payload as it is now.  Returns 0, or -1 after a message. */
extern int vhost_message_answer (int fd, const struct vhost_message *message);

#endif
