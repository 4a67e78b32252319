/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <check.h>
#include <linux/virtio_blk.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/vhost/driver.h"

#define FEATURE_PROTOCOL (UINT64_C (1) << 30)

int
driver_memory (char **memory)
{
  const int fd = memfd_create ("guest", MFD_CLOEXEC);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (ftruncate (fd, DRIVER_MEMORY), 0);
  *memory = mmap (NULL, DRIVER_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ck_assert_ptr_ne (*memory, MAP_FAILED);
  return fd;
}

struct driver_ring
driver_ring (char *memory, unsigned index)
{
  const uint32_t at = index * DRIVER_QUEUE_BYTES;

  return (struct driver_ring) {
    .descriptors = (struct vring_desc *) (memory + at),
    .available = (struct vring_avail *) (memory + at + 1024),
    .used = (struct vring_used *) (memory + at + 2048),
    .descriptors_at = DRIVER_OWN_ADDRESS + at,
    .available_at = DRIVER_OWN_ADDRESS + at + 1024,
    .used_at = DRIVER_OWN_ADDRESS + at + 2048,
  };
}

void
driver_send (int fd, uint32_t request, uint32_t flags, const void *payload, uint32_t size, const int *fds, size_t count)
{
  struct vhost_header header = { request, flags, size };
  struct iovec parts[] = { { &header, sizeof header }, { (void *) payload, size } };
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (MESSAGE_FDS_MAX * sizeof (int))];
  } space = { .header = { CMSG_LEN (count * sizeof (int)), SOL_SOCKET, SCM_RIGHTS } };
  struct msghdr whole = { .msg_iov = parts, .msg_iovlen = 2 };

  if (count > 0) {
    memcpy (CMSG_DATA (&space.header), fds, count * sizeof (int));
    whole.msg_control = &space;
    whole.msg_controllen = CMSG_SPACE (count * sizeof (int));
  }
  ck_assert_int_eq (sendmsg (fd, &whole, MSG_NOSIGNAL), (ssize_t) (sizeof header + size));
}

struct vhost_message
driver_answer (int fd, uint32_t request)
{
  struct vhost_message message;

  memset (&message, 0, sizeof message);
  ck_assert_int_eq (recv (fd, &message.header, sizeof message.header, MSG_WAITALL), sizeof message.header);
  ck_assert_uint_eq (message.header.request, request);
  ck_assert_uint_eq (message.header.flags, MESSAGE_VERSION | MESSAGE_IS_REPLY);
  ck_assert_uint_le (message.header.size, sizeof message.payload);
  ck_assert_int_eq (recv (fd, &message.payload, message.header.size, MSG_WAITALL), (ssize_t) message.header.size);
  return message;
}

void
driver_tell (int fd, uint32_t request, const void *payload, uint32_t size, int with_fd)
{
  driver_send (fd, request, MESSAGE_VERSION | MESSAGE_NEEDS_REPLY, payload, size, &with_fd, with_fd >= 0);
  ck_assert_uint_eq (driver_answer (fd, request).payload.number, 0);
}

uint64_t
driver_ask (int fd, uint32_t request)
{
  driver_send (fd, request, MESSAGE_VERSION, NULL, 0, NULL, 0);
  const struct vhost_message message = driver_answer (fd, request);
  ck_assert_uint_eq (message.header.size, sizeof message.payload.number);
  return message.payload.number;
}

static void
tell_number (struct driver *driver, uint32_t request, uint64_t number, int fd)
{
  driver_tell (driver->fd, request, &number, sizeof number, fd);
}

/* A queue's number and another, as one. */
static void
tell_queue (struct driver *driver, uint32_t request, uint32_t index, uint32_t value)
{
  tell_number (driver, request, index | (uint64_t) value << 32, -1);
}

static void
greet (struct driver *driver)
{
  int ends[2];

  driver_send (driver->fd, REQUEST_SET_OWNER, MESSAGE_VERSION, NULL, 0, NULL, 0);
  ck_assert_uint_ne (driver_ask (driver->fd, REQUEST_GET_FEATURES) & FEATURE_PROTOCOL, 0);
  const uint64_t features = driver_ask (driver->fd, REQUEST_GET_PROTOCOL_FEATURES);
  driver_send (driver->fd, REQUEST_SET_PROTOCOL_FEATURES, MESSAGE_VERSION, &features, sizeof features, NULL, 0);
  ck_assert_int_eq (pipe (ends), 0);
  driver->backend_fd = ends[0];
  driver_tell (driver->fd, REQUEST_SET_BACKEND_REQ_FD, NULL, 0, ends[1]);
  close (ends[1]);
}

static void
give_memory (struct driver *driver)
{
  struct vhost_message message = { .payload.memory = { .count = 1, .regions = {
    { DRIVER_GUEST_ADDRESS, DRIVER_MEMORY, DRIVER_OWN_ADDRESS, 0 } } } };

  driver->memory_fd = driver_memory (&driver->memory);
  /* Linux always sends two regions. */
  driver_tell (driver->fd, REQUEST_SET_MEM_TABLE, &message.payload, 8 + 2 * 32, driver->memory_fd);
}

static void
make_queue (struct driver *driver, unsigned index)
{
  struct driver_queue *queue = &driver->queues[index];
  int ends[2];

  *queue = (struct driver_queue) { .ring = driver_ring (driver->memory, index), .kick_fd = eventfd (0, 0) };
  ck_assert_int_ge (queue->kick_fd, 0);
  ck_assert_int_eq (pipe (ends), 0);
  queue->call_fd = ends[0];
  tell_number (driver, REQUEST_SET_VRING_CALL, index, ends[1]);
  close (ends[1]);
  tell_queue (driver, REQUEST_SET_VRING_NUM, index, DRIVER_QUEUE_SIZE);
  tell_queue (driver, REQUEST_SET_VRING_BASE, index, 0);
  const struct vhost_message message = { .payload.ring = {
    index, 0, queue->ring.descriptors_at, queue->ring.used_at, queue->ring.available_at, UINT64_MAX } };
  driver_tell (driver->fd, REQUEST_SET_VRING_ADDR, &message.payload, sizeof message.payload.ring, -1);
}

void
driver_open (struct driver *driver, int fd, uint64_t without, unsigned queue_count)
{
  *driver = (struct driver) { .fd = fd, .queue_count = queue_count };
  greet (driver);
  tell_number (driver, REQUEST_SET_FEATURES, driver_ask (fd, REQUEST_GET_FEATURES) & ~without, -1);
  give_memory (driver);
  for (unsigned i = 0; i < queue_count; i++)
    make_queue (driver, i);
  for (unsigned i = 0; i < queue_count; i++) {
    tell_number (driver, REQUEST_SET_VRING_KICK, i, driver->queues[i].kick_fd);
    tell_queue (driver, REQUEST_SET_VRING_ENABLE, i, 1);
  }
}

void
driver_open_path (struct driver *driver, const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  ck_assert_uint_lt (strlen (path), sizeof address.sun_path);
  strcpy (address.sun_path, path);
  ck_assert_int_eq (connect (fd, (const struct sockaddr *) &address, sizeof address), 0);
  driver_open (driver, fd, 0, 1);
}

void
driver_close (struct driver *driver)
{
  for (unsigned i = 0; i < driver->queue_count; i++) {
    close (driver->queues[i].kick_fd);
    close (driver->queues[i].call_fd);
  }
  munmap (driver->memory, DRIVER_MEMORY);
  close (driver->memory_fd);
  close (driver->backend_fd);
  close (driver->fd);
}

void
driver_submit (struct driver *driver, unsigned index, const struct driver_buffer *buffers, size_t count)
{
  struct driver_queue *queue = &driver->queues[index];
  const uint16_t head = queue->next % DRIVER_QUEUE_SIZE;

  for (size_t i = 0; i < count; i++) {
    const uint16_t next = (uint16_t) (queue->next + 1) % DRIVER_QUEUE_SIZE;

    queue->ring.descriptors[queue->next++ % DRIVER_QUEUE_SIZE] = (struct vring_desc) {
      .addr = DRIVER_GUEST_ADDRESS + DRIVER_DATA + buffers[i].at, .len = buffers[i].length,
      .flags = (uint16_t) ((buffers[i].is_writable ? VRING_DESC_F_WRITE : 0)
                           | (i + 1 < count ? VRING_DESC_F_NEXT : 0)),
      .next = next,
    };
  }
  const uint16_t available = queue->ring.available->idx;
  queue->ring.available->ring[available % DRIVER_QUEUE_SIZE] = head;
  __atomic_store_n (&queue->ring.available->idx, (uint16_t) (available + 1), __ATOMIC_SEQ_CST);
  ck_assert_int_eq (eventfd_write (queue->kick_fd, 1), 0);
}

uint32_t
driver_wait (struct driver *driver, unsigned index)
{
  struct driver_queue *queue = &driver->queues[index];
  uint64_t count;

  /* With an event index, it is the next one that is wanted. */
  __atomic_store_n (&queue->ring.available->ring[DRIVER_QUEUE_SIZE], queue->seen, __ATOMIC_SEQ_CST);
  while (__atomic_load_n (&queue->ring.used->idx, __ATOMIC_ACQUIRE) == queue->seen)
    ck_assert_int_eq (read (queue->call_fd, &count, sizeof count), sizeof count);
  return queue->ring.used->ring[queue->seen++ % DRIVER_QUEUE_SIZE].len;
}

int
driver_blk (struct driver *driver, uint32_t type, uint64_t sector, char *data, uint32_t length, unsigned parts)
{
  enum { HEADER_AT = 0, STATUS_AT = 64, DATA_AT = 4096 };
  const struct virtio_blk_outhdr header = { .type = type, .sector = sector };
  char *memory = driver->memory + DRIVER_DATA;
  const bool is_read = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
  struct driver_buffer buffers[DRIVER_QUEUE_SIZE] = { { HEADER_AT, sizeof header, false } };

  memcpy (memory + HEADER_AT, &header, sizeof header);
  memory[STATUS_AT] = (char) 0xff;
  if (length > 0 && !is_read)
    memcpy (memory + DATA_AT, data, length);
  for (unsigned i = 0; i < parts; i++)
    buffers[1 + i] = (struct driver_buffer) { DATA_AT + i * (length / parts), length / parts, is_read };
  buffers[1 + parts] = (struct driver_buffer) { STATUS_AT, 1, true };
  driver_submit (driver, 0, buffers, parts + 2);
  driver_wait (driver, 0);
  if (length > 0 && is_read)
    memcpy (data, memory + DATA_AT, length);
  return (unsigned char) memory[STATUS_AT];
}
