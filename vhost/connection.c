/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/message.h"
#include "common/process.h"
#include "vhost/connection.h"

#define BIT(number) (UINT64_C (1) << (number))

/* Features of the transport, among those of the device. */
#define FEATURE_PROTOCOL BIT (30)
#define FEATURES_OF_ALL \
  (BIT (VIRTIO_F_VERSION_1) | BIT (VIRTIO_RING_F_INDIRECT_DESC) | BIT (VIRTIO_RING_F_EVENT_IDX) | FEATURE_PROTOCOL)

/* Linux needs REQUESTS, though it is never asked for anything: it takes its interrupt from there. */
#define PROTOCOL_REPLY_ACK BIT (3)
#define PROTOCOL_BACKEND_REQUESTS BIT (5)
#define PROTOCOL_CONFIG BIT (9)
#define PROTOCOL_FEATURES (PROTOCOL_REPLY_ACK | PROTOCOL_BACKEND_REQUESTS | PROTOCOL_CONFIG)

static void
forget_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* A guest may be several processes, and what is left of one that was killed may have the connection open still.  What
 * made it is the guest.
 */
static int
watch_process (int fd)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 ? process_watch (peer.pid) : -1;
}

void
vhost_connection_begin (struct vhost_connection *connection, int fd, const struct vhost_device *device)
{
  *connection = (struct vhost_connection) {
    .device = device, .fd = fd, .process_fd = watch_process (fd), .backend_fd = -1
  };
  for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++)
    connection->queues[i].kick_fd = connection->queues[i].call_fd = -1;
}

void
vhost_connection_stop (struct vhost_connection *connection)
{
  for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++)
    connection->queues[i].is_mapped = false;
}

void
vhost_connection_end (struct vhost_connection *connection)
{
  for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++) {
    forget_fd (&connection->queues[i].kick_fd);
    forget_fd (&connection->queues[i].call_fd);
  }
  forget_fd (&connection->backend_fd);
  forget_fd (&connection->process_fd);
  vhost_memory_release (&connection->memory);
}

bool
vhost_is_connected (const struct vhost_connection *connection)
{
  struct pollfd fds[] = {
    { .fd = connection->fd, .events = POLLRDHUP }, { .fd = connection->process_fd, .events = POLLIN }
  };

  return poll (fds, 2, 0) == 0;
}

struct vhost_queue *
vhost_queue_of (struct vhost_connection *connection, unsigned index)
{
  struct vhost_queue *queue = &connection->queues[index];

  return queue->is_mapped && queue->is_enabled ? queue : NULL;
}

static int
refuse (const char *what)
{
  error_message ("vhost: the guest %s", what);
  return -1;
}

/* The queue number INDEX, or NULL after a message. */
static struct vhost_queue *
named_queue (struct vhost_connection *connection, uint64_t index)
{
  if (index < connection->device->queue_count)
    return &connection->queues[index];
  refuse ("names a queue that there is not");
  return NULL;
}

static uint64_t
offered (const struct vhost_connection *connection)
{
  return connection->device->features | FEATURES_OF_ALL;
}

static int
get_features (struct vhost_connection *connection, struct vhost_message *message)
{
  message->payload.number = offered (connection);
  return 0;
}

static int
set_features (struct vhost_connection *connection, struct vhost_message *message)
{
  if (message->payload.number & ~offered (connection) || !(message->payload.number & BIT (VIRTIO_F_VERSION_1)))
    return refuse ("wants features that there are not");
  connection->features = message->payload.number;
  return 0;
}

static int
get_protocol_features (struct vhost_connection *connection, struct vhost_message *message)
{
  (void) connection;
  message->payload.number = PROTOCOL_FEATURES;
  return 0;
}

static int
set_protocol_features (struct vhost_connection *connection, struct vhost_message *message)
{
  if (message->payload.number & ~PROTOCOL_FEATURES)
    return refuse ("wants features of the protocol that there are not");
  connection->protocol_features = message->payload.number;
  return 0;
}

/* A queue runs once all is said of it: it has a descriptor to be kicked by, which comes last, and is enabled. */
static int
run_queue (struct vhost_connection *connection, struct vhost_queue *queue)
{
  if (queue->kick_fd < 0 || !queue->is_enabled || queue->is_mapped)
    return 0;
  return vhost_queue_map (queue, &connection->memory, connection->features & BIT (VIRTIO_RING_F_EVENT_IDX));
}

static int
set_memory (struct vhost_connection *connection, struct vhost_message *message)
{
  const uint32_t count = message->payload.memory.count;

  if (count > VHOST_REGIONS_MAX)
    return refuse ("gives more memory than there can be");
  vhost_connection_stop (connection);
  vhost_memory_release (&connection->memory);
  for (uint32_t i = 0; i < count; i++)
    if (vhost_memory_add (&connection->memory, message->fds[i], message->payload.memory.regions[i].offset,
                          message->payload.memory.regions[i].size, message->payload.memory.regions[i].guest_address,
                          message->payload.memory.regions[i].driver_address) == -1)
      return -1;
  for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++)
    if (run_queue (connection, &connection->queues[i]) == -1)
      return -1;
  return 0;
}

static int
set_size (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.queue.index);

  if (queue == NULL)
    return -1;
  queue->size = message->payload.queue.value;
  queue->is_mapped = false;
  return run_queue (connection, queue);
}

static int
set_addresses (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.ring.index);

  if (queue == NULL)
    return -1;
  queue->descriptors_at = message->payload.ring.descriptors;
  queue->available_at = message->payload.ring.available;
  queue->used_at = message->payload.ring.used;
  queue->is_mapped = false;
  return run_queue (connection, queue);
}

static int
set_base (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.queue.index);

  if (queue == NULL)
    return -1;
  queue->taken = (uint16_t) message->payload.queue.value;
  return 0;
}

/* The driver wants the queue to stop, too. */
static int
get_base (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.queue.index);

  if (queue == NULL)
    return -1;
  message->payload.queue.value = queue->taken;
  queue->is_mapped = false;
  forget_fd (&queue->kick_fd);
  return 0;
}

/* Let *FD be the descriptor of MESSAGE, if there is one, and never wait for it: what can be read or written there is
 * no more than a sign.
 */
static int
set_fd (struct vhost_message *message, int *fd)
{
  forget_fd (fd);
  if (message->payload.number & MESSAGE_NO_FD)
    return 0;
  *fd = vhost_message_take_fd (message);
  if (*fd >= 0 && fcntl (*fd, F_SETFL, fcntl (*fd, F_GETFL) | O_NONBLOCK) == 0)
    return 0;
  return refuse ("gives no descriptor that could be used");
}

static int
set_kick (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.number & MESSAGE_QUEUE_MASK);

  if (queue == NULL || set_fd (message, &queue->kick_fd) == -1)
    return -1;
  /* Without the protocol's features there is no message that enables it. */
  if (!(connection->features & FEATURE_PROTOCOL))
    queue->is_enabled = true;
  return run_queue (connection, queue);
}

static int
set_call (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.number & MESSAGE_QUEUE_MASK);

  return queue ? set_fd (message, &queue->call_fd) : -1;
}

static int
enable (struct vhost_connection *connection, struct vhost_message *message)
{
  struct vhost_queue *queue = named_queue (connection, message->payload.queue.index);

  if (queue == NULL)
    return -1;
  queue->is_enabled = message->payload.queue.value != 0;
  return run_queue (connection, queue);
}

static int
set_backend_fd (struct vhost_connection *connection, struct vhost_message *message)
{
  forget_fd (&connection->backend_fd);
  connection->backend_fd = vhost_message_take_fd (message);
  return 0;
}

/* Zeros stand after the end of the configuration space. */
static int
get_config (struct vhost_connection *connection, struct vhost_message *message)
{
  const struct vhost_device *device = connection->device;
  const uint32_t offset = message->payload.config.offset, size = message->payload.config.size;

  if (size > MESSAGE_CONFIG_MAX || message->header.size != offsetof (struct vhost_message, payload.config.bytes)
      - offsetof (struct vhost_message, payload) + size)
    return refuse ("asks for a configuration that cannot be sent");
  memset (message->payload.config.bytes, 0, size);
  if (offset < device->config_bytes)
    memcpy (message->payload.config.bytes, (const char *) device->config + offset,
            size < device->config_bytes - offset ? size : device->config_bytes - offset);
  return 0;
}

/* What needs nothing to be done: there is no owner, no error to report, and nothing to configure. */
static int
ignore (struct vhost_connection *connection, struct vhost_message *message)
{
  (void) connection;
  (void) message;
  return 0;
}

struct vhost_action {
  int (*obey) (struct vhost_connection *connection, struct vhost_message *message);
  bool has_answer;              /* the payload is one */
  uint32_t answer_bytes;        /* of it; 0: as many as came */
};

static const struct vhost_action actions[] = {
  [REQUEST_GET_FEATURES] = { get_features, true, sizeof (uint64_t) },
  [REQUEST_SET_FEATURES] = { set_features, false, 0 },
  [REQUEST_SET_OWNER] = { ignore, false, 0 },
  [REQUEST_SET_MEM_TABLE] = { set_memory, false, 0 },
  [REQUEST_SET_VRING_NUM] = { set_size, false, 0 },
  [REQUEST_SET_VRING_ADDR] = { set_addresses, false, 0 },
  [REQUEST_SET_VRING_BASE] = { set_base, false, 0 },
  [REQUEST_GET_VRING_BASE] = { get_base, true, sizeof (uint64_t) },
  [REQUEST_SET_VRING_KICK] = { set_kick, false, 0 },
  [REQUEST_SET_VRING_CALL] = { set_call, false, 0 },
  [REQUEST_SET_VRING_ERR] = { ignore, false, 0 },
  [REQUEST_GET_PROTOCOL_FEATURES] = { get_protocol_features, true, sizeof (uint64_t) },
  [REQUEST_SET_PROTOCOL_FEATURES] = { set_protocol_features, false, 0 },
  [REQUEST_SET_VRING_ENABLE] = { enable, false, 0 },
  [REQUEST_SET_BACKEND_REQ_FD] = { set_backend_fd, false, 0 },
  [REQUEST_GET_CONFIG] = { get_config, true, 0 },
  [REQUEST_SET_CONFIG] = { ignore, false, 0 },
};

int
vhost_connection_obey (struct vhost_connection *connection, struct vhost_message *message)
{
  const uint32_t request = message->header.request;
  const struct vhost_action *action = request < sizeof actions / sizeof *actions ? &actions[request] : NULL;

  if (action == NULL || action->obey == NULL)
    return refuse ("asks for what it was told that there is not");
  if (action->obey (connection, message) == -1)
    return -1;
  if (action->has_answer) {
    if (action->answer_bytes)
      message->header.size = action->answer_bytes;
    return vhost_message_answer (connection->fd, message);
  }
  if (!(connection->protocol_features & PROTOCOL_REPLY_ACK && message->header.flags & MESSAGE_NEEDS_REPLY))
    return 0;
  message->payload.number = 0;
  message->header.size = sizeof message->payload.number;
  return vhost_message_answer (connection->fd, message);
}
