/* SPDX-License-Identifier: BSD-3-Clause */
/* The rings are in memory that the guest changes meanwhile: each of its fields is read once, then judged. */
#include <config.h>

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "common/message.h"
#include "vhost/queue.h"

_Static_assert (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the rings of virtio 1 are little-endian");

static int
refuse (const char *what)
{
  error_message ("vhost: the guest's queue has %s", what);
  return -1;
}

/* Where the driver has LENGTH bytes of a ring, or NULL if it has none there that are aligned so. */
static void *
part_of_ring (const struct vhost_memory *memory, uint64_t address, uint64_t length, uintptr_t alignment)
{
  void *part = vhost_memory_of_driver (memory, address, length);

  return (uintptr_t) part % alignment == 0 ? part : NULL;
}

int
vhost_queue_map (struct vhost_queue *queue, const struct vhost_memory *memory, bool event_idx)
{
  const uint64_t size = queue->size;

  if (size == 0 || size > VHOST_QUEUE_SIZE_MAX || (size & (size - 1)) != 0)
    return refuse ("a size that it cannot have");
  /* After each of the two rings there is the place of an event index. */
  queue->descriptors = part_of_ring (memory, queue->descriptors_at, size * sizeof (struct vring_desc),
                                     VRING_DESC_ALIGN_SIZE);
  queue->available = part_of_ring (memory, queue->available_at, sizeof (struct vring_avail) + (size + 1) * 2,
                                   VRING_AVAIL_ALIGN_SIZE);
  queue->used = part_of_ring (memory, queue->used_at, sizeof (struct vring_used) + size * sizeof (vring_used_elem_t)
                              + sizeof (uint16_t), VRING_USED_ALIGN_SIZE);
  if (queue->descriptors == NULL || queue->available == NULL || queue->used == NULL)
    return refuse ("a ring outside of its memory");
  queue->memory = memory;
  queue->event_idx = event_idx;
  queue->answered = queue->told = __atomic_load_n (&queue->used->idx, __ATOMIC_RELAXED);
  queue->is_mapped = true;
  return 0;
}

/* The chains that the driver has made available and that were not taken. */
static uint16_t
left (const struct vhost_queue *queue)
{
  return (uint16_t) (__atomic_load_n (&queue->available->idx, __ATOMIC_ACQUIRE) - queue->taken);
}

/* The same; if there are none, the driver kicks for the next one. */
static uint16_t
left_or_kick (struct vhost_queue *queue)
{
  const uint16_t count = left (queue);

  if (count > 0 || !queue->event_idx)
    return count;
  __atomic_store_n ((uint16_t *) &queue->used->ring[queue->size], queue->taken, __ATOMIC_RELAXED);
  atomic_thread_fence (memory_order_seq_cst);
  return left (queue);
}

bool
vhost_queue_has (struct vhost_queue *queue)
{
  return left_or_kick (queue) > 0;
}

/* Descriptor number NEXT of a TABLE of SIZE. */
static struct vring_desc
read_descriptor (const struct vring_desc *table, uint32_t next)
{
  return (struct vring_desc) {
    .addr = __atomic_load_n (&table[next].addr, __ATOMIC_RELAXED),
    .len = __atomic_load_n (&table[next].len, __ATOMIC_RELAXED),
    .flags = __atomic_load_n (&table[next].flags, __ATOMIC_RELAXED),
    .next = __atomic_load_n (&table[next].next, __ATOMIC_RELAXED),
  };
}

static int
add_segment (const struct vhost_queue *queue, const struct vring_desc *descriptor, struct vhost_chain *chain)
{
  void *start = vhost_memory_of_guest (queue->memory, descriptor->addr, descriptor->len);
  const bool is_readable = !(descriptor->flags & VRING_DESC_F_WRITE);

  if (start == NULL)
    return refuse ("a buffer outside of its memory");
  if (is_readable && chain->readable < chain->count)
    return refuse ("a buffer to read after one to write");
  if (descriptor->len == 0)
    return 0;
  chain->segments[chain->count++] = (struct iovec) { start, descriptor->len };
  chain->readable += is_readable;
  return 0;
}

/* Add what the TABLE of SIZE descriptors has from number NEXT on; *inner is that which stands for a table of its own,
 * and is the last one then, if it may (INNER is not NULL).
 */
static int
walk (const struct vhost_queue *queue, const struct vring_desc *table, uint32_t size, uint32_t next,
      struct vhost_chain *chain, struct vring_desc *inner)
{
  for (uint32_t steps = 0; steps < size; steps++) {
    if (next >= size)
      return refuse ("a descriptor that there is not");
    const struct vring_desc descriptor = read_descriptor (table, next);

    if (descriptor.flags & VRING_DESC_F_INDIRECT) {
      if (inner == NULL || descriptor.flags & VRING_DESC_F_NEXT)
        return refuse ("a table of descriptors where there can be none");
      *inner = descriptor;
      return 0;
    }
    if (add_segment (queue, &descriptor, chain) == -1)
      return -1;
    if (!(descriptor.flags & VRING_DESC_F_NEXT))
      return 0;
    next = descriptor.next;
  }
  return refuse ("a chain without an end");
}

/* Add the descriptors of a table of their own, after those that the ring has itself. */
static int
walk_inner (const struct vhost_queue *queue, const struct vring_desc *inner, struct vhost_chain *chain)
{
  const struct vring_desc *table = vhost_memory_of_guest (queue->memory, inner->addr, inner->len);
  const uint32_t size = inner->len / (uint32_t) sizeof *table;

  if (table == NULL || (uintptr_t) table % _Alignof (uint64_t) != 0 || inner->len % sizeof *table != 0 || size == 0
      || chain->count + size > VHOST_SEGMENTS_MAX)
    return refuse ("a table of descriptors that it cannot have");
  return walk (queue, table, size, 0, chain, NULL);
}

int
vhost_queue_take (struct vhost_queue *queue, struct vhost_chain *chain)
{
  const uint16_t count = left_or_kick (queue);
  struct vring_desc inner = { .len = 0 };

  if (count == 0)
    return 0;
  if (count > queue->size)
    return refuse ("more chains than it has room for");
  chain->head = __atomic_load_n (&queue->available->ring[queue->taken % queue->size], __ATOMIC_RELAXED);
  chain->count = chain->readable = 0;
  if (walk (queue, queue->descriptors, queue->size, chain->head, chain, &inner) == -1
      || (inner.flags & VRING_DESC_F_INDIRECT && walk_inner (queue, &inner, chain) == -1))
    return -1;
  queue->taken++;
  return 1;
}

void
vhost_queue_untake (struct vhost_queue *queue)
{
  queue->taken--;
}

void
vhost_queue_put (struct vhost_queue *queue, const struct vhost_chain *chain, uint32_t written)
{
  vring_used_elem_t *used = &queue->used->ring[queue->answered++ % queue->size];

  __atomic_store_n (&used->id, chain->head, __ATOMIC_RELAXED);
  __atomic_store_n (&used->len, written, __ATOMIC_RELAXED);
  __atomic_store_n (&queue->used->idx, queue->answered, __ATOMIC_RELEASE);
}

/* Whether the driver wants to be told of what was put back since it was last told. */
static bool
wants_to_know (const struct vhost_queue *queue)
{
  atomic_thread_fence (memory_order_seq_cst);
  if (!queue->event_idx)
    return !(__atomic_load_n (&queue->available->flags, __ATOMIC_RELAXED) & VRING_AVAIL_F_NO_INTERRUPT);
  const uint16_t event = __atomic_load_n (&queue->available->ring[queue->size], __ATOMIC_RELAXED);
  return (uint16_t) (queue->answered - event - 1) < (uint16_t) (queue->answered - queue->told);
}

void
vhost_queue_tell (struct vhost_queue *queue)
{
  const uint64_t one = 1;

  if (queue->answered == queue->told)
    return;
  const bool wanted = wants_to_know (queue);
  queue->told = queue->answered;
  /* What is full, or closed, tells nothing new. */
  while (wanted && queue->call_fd >= 0 && write (queue->call_fd, &one, sizeof one) == -1 && errno == EINTR)
    continue;
}
