/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings, as a driver makes them that follows the rules, and as a hostile one does. */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/vhost/driver.h"
#include "vhost/queue.h"

#define SIZE DRIVER_QUEUE_SIZE
#define DATA (DRIVER_GUEST_ADDRESS + DRIVER_DATA)

enum { NEXT = VRING_DESC_F_NEXT, WRITE = VRING_DESC_F_WRITE, TABLE = VRING_DESC_F_INDIRECT };

static struct vhost_memory memory;
static struct vhost_queue queue;
static struct vhost_chain chain;
static struct driver_ring ring;
static char *bytes;
static int call_fd;

static void
make_queue (void)
{
  const int fd = driver_memory (&bytes);
  int ends[2];

  ck_assert_int_eq (vhost_memory_add (&memory, fd, 0, DRIVER_MEMORY, DRIVER_GUEST_ADDRESS, DRIVER_OWN_ADDRESS), 0);
  close (fd);
  ck_assert_int_eq (pipe2 (ends, O_NONBLOCK), 0);
  call_fd = ends[0];
  ring = driver_ring (bytes, 0);
  queue = (struct vhost_queue) {
    .size = SIZE, .descriptors_at = ring.descriptors_at, .available_at = ring.available_at, .used_at = ring.used_at,
    .kick_fd = -1, .call_fd = ends[1],
  };
  forget_messages ();
}

static void
end_queue (void)
{
  vhost_memory_release (&memory);
  munmap (bytes, DRIVER_MEMORY);
  close (call_fd);
  close (queue.call_fd);
}

static void
map_queue (bool event_idx)
{
  ck_assert_int_eq (vhost_queue_map (&queue, &memory, event_idx), 0);
}

/* Descriptor NUMBER of TABLE. */
static void
describe (struct vring_desc *table, unsigned number, uint64_t address, uint32_t length, uint16_t flags, uint16_t next)
{
  table[number] = (struct vring_desc) { address, length, flags, next };
}

static void
offer (uint16_t head)
{
  ring.available->ring[ring.available->idx++ % SIZE] = head;
}

static int
take (void)
{
  return vhost_queue_take (&queue, &chain);
}

/* How often the driver was told. */
static unsigned
calls (void)
{
  uint64_t call;
  unsigned count = 0;

  while (read (call_fd, &call, sizeof call) == sizeof call)
    count++;
  return count;
}

START_TEST (chains_are_taken_and_put_back)
{
  map_queue (false);
  ck_assert_int_eq (take (), 0);
  describe (ring.descriptors, 3, DATA, 16, NEXT, 7);
  describe (ring.descriptors, 7, DATA + 100, 200, NEXT | WRITE, 0);
  describe (ring.descriptors, 0, DATA + 400, 1, WRITE, 0);
  offer (3);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (chain.count, 3);
  ck_assert_uint_eq (chain.readable, 1);
  ck_assert_uint_eq (chain.segments[1].iov_len, 200);
  strcpy (bytes + DRIVER_DATA + 100, "here");
  ck_assert_str_eq (chain.segments[1].iov_base, "here");
  ck_assert_int_eq (take (), 0);
  vhost_queue_put (&queue, &chain, 201);
  ck_assert_uint_eq (ring.used->idx, 1);
  ck_assert_uint_eq (ring.used->ring[0].id, 3);
  ck_assert_uint_eq (ring.used->ring[0].len, 201);
}
END_TEST

START_TEST (rings_go_round)
{
  ring.available->idx = ring.used->idx = queue.taken = UINT16_MAX - 20;
  map_queue (true);
  for (unsigned i = 0; i < 100; i++) {
    describe (ring.descriptors, i % SIZE, DATA + i, 1, 0, 0);
    offer ((uint16_t) (i % SIZE));
    ck_assert_int_eq (take (), 1);
    ck_assert_ptr_eq (chain.segments[0].iov_base, vhost_memory_of_guest (&memory, DATA + i, 1));
    vhost_queue_put (&queue, &chain, 0);
    ck_assert_uint_eq (ring.used->ring[(uint16_t) (ring.used->idx - 1) % SIZE].id, i % SIZE);
    ck_assert_int_eq (take (), 0);
  }
}
END_TEST

START_TEST (a_chain_that_is_untaken_comes_again)
{
  map_queue (false);
  describe (ring.descriptors, 1, DATA, 1, 0, 0);
  describe (ring.descriptors, 2, DATA, 1, 0, 0);
  offer (1);
  offer (2);
  ck_assert_int_eq (take (), 1);
  vhost_queue_untake (&queue);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (chain.head, 1);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (chain.head, 2);
}
END_TEST

START_TEST (empty_buffers_are_left_out)
{
  map_queue (false);
  describe (ring.descriptors, 0, DATA, 0, NEXT, 1);
  describe (ring.descriptors, 1, DATA, 8, NEXT, 2);
  describe (ring.descriptors, 2, DATA, 0, NEXT | WRITE, 3);
  describe (ring.descriptors, 3, DATA, 0, WRITE, 0);
  offer (0);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (chain.count, 1);
  ck_assert_uint_eq (chain.readable, 1);
}
END_TEST

START_TEST (descriptors_may_have_a_table_of_their_own)
{
  struct vring_desc *table = (struct vring_desc *) (bytes + DRIVER_DATA);

  map_queue (false);
  for (unsigned i = 0; i < 100; i++)
    describe (table, i, DATA + 8192 + i, 1, i < 99 ? NEXT : WRITE, (uint16_t) (i + 1));
  describe (ring.descriptors, 5, DATA, 100 * sizeof *table, TABLE, 0);
  offer (5);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (chain.count, 100);
  ck_assert_uint_eq (chain.readable, 99);
  ck_assert_uint_eq (chain.head, 5);
}
END_TEST

START_TEST (a_table_may_follow_descriptors)
{
  map_queue (false);
  describe ((struct vring_desc *) (bytes + DRIVER_DATA), 0, DATA + 8192, 4, WRITE, 0);
  describe (ring.descriptors, 0, DATA + 4096, 8, NEXT, 1);
  describe (ring.descriptors, 1, DATA, sizeof (struct vring_desc), TABLE, 0);
  offer (0);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (chain.count, 2);
  ck_assert_uint_eq (chain.readable, 1);
}
END_TEST

/* What a chain that begins with descriptor 0 must not be: COUNT descriptors of the ring, and of a table at DATA. */
static const struct {
  const char *message;
  struct vring_desc ring[3], table[3];
} bad_chains[] = {
  { "without an end", { { DATA, 1, NEXT, 0 } }, {} },
  { "without an end", { { DATA, 1, NEXT, 1 }, { DATA, 1, NEXT, 2 }, { DATA, 1, NEXT, 0 } }, {} },
  { "without an end", { { DATA, 0, NEXT, 1 }, { DATA, 0, NEXT, 0 } }, {} },
  { "there is not", { { DATA, 1, NEXT, SIZE } }, {} },
  { "there is not", { { DATA, 1, NEXT, UINT16_MAX } }, {} },
  { "outside", { { DATA, DRIVER_MEMORY, 0, 0 } }, {} },
  { "outside", { { DATA, UINT32_MAX, 0, 0 } }, {} },
  { "outside", { { UINT64_MAX, 2, 0, 0 } }, {} },
  { "outside", { { UINT64_MAX - 15, 16, 0, 0 } }, {} },
  { "outside", { { 0, 1, 0, 0 } }, {} },
  { "outside", { { 0, 0, 0, 0 } }, {} },
  { "outside", { { DRIVER_OWN_ADDRESS, 1, 0, 0 } }, {} },
  { "after one to write", { { DATA, 1, NEXT | WRITE, 1 }, { DATA, 1, 0, 0 } }, {} },
  { "where there can be none", { { DATA, 16, TABLE | NEXT, 1 }, { DATA, 1, 0, 0 } }, { { DATA, 1, 0, 0 } } },
  { "where there can be none", { { DATA, 16, TABLE, 0 } }, { { DATA, 16, TABLE, 0 } } },
  { "it cannot have", { { DATA, 0, TABLE, 0 } }, {} },
  { "it cannot have", { { DATA, 15, TABLE, 0 } }, { { DATA, 1, 0, 0 } } },
  { "it cannot have", { { DATA, 24, TABLE, 0 } }, { { DATA, 1, 0, 0 } } },
  { "it cannot have", { { DATA + 4, 16, TABLE, 0 } }, {} },
  { "it cannot have", { { DATA, (VHOST_SEGMENTS_MAX + 1) * 16, TABLE, 0 } }, {} },
  { "it cannot have", { { DATA, 1, NEXT, 1 }, { DATA, VHOST_SEGMENTS_MAX * 16, TABLE, 0 } }, {} },
  { "it cannot have", { { DATA, UINT32_MAX - 15, TABLE, 0 } }, {} },
  { "it cannot have", { { UINT64_MAX - 15, 16, TABLE, 0 } }, {} },
  { "without an end", { { DATA, 32, TABLE, 0 } }, { { DATA, 1, NEXT, 1 }, { DATA, 1, NEXT, 0 } } },
  { "there is not", { { DATA, 32, TABLE, 0 } }, { { DATA, 1, NEXT, 2 } } },
  { "outside", { { DATA, 16, TABLE, 0 } }, { { UINT64_MAX, UINT32_MAX, 0, 0 } } },
  { "after one to write", { { DATA + 64, 1, NEXT | WRITE, 1 }, { DATA, 16, TABLE, 0 } }, { { DATA, 1, 0, 0 } } },
};

START_TEST (bad_chains_are_refused)
{
  map_queue (false);
  memcpy (ring.descriptors, bad_chains[_i].ring, sizeof bad_chains[_i].ring);
  memcpy (bytes + DRIVER_DATA, bad_chains[_i].table, sizeof bad_chains[_i].table);
  offer (0);
  ck_assert_int_eq (take (), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, bad_chains[_i].message), "%s", message);
}
END_TEST

START_TEST (a_head_that_there_is_not_is_refused)
{
  map_queue (false);
  offer (SIZE);
  ck_assert_int_eq (take (), -1);
  ck_assert_ptr_nonnull (strstr (message, "there is not"));
}
END_TEST

START_TEST (more_chains_than_there_can_be_are_refused)
{
  map_queue (false);
  describe (ring.descriptors, 0, DATA, 1, 0, 0);
  ring.available->idx = SIZE;
  ck_assert_int_eq (take (), 1);
  ring.available->idx = (uint16_t) (queue.taken + SIZE + 1);
  ck_assert_int_eq (take (), -1);
  ck_assert_ptr_nonnull (strstr (message, "more chains"));
}
END_TEST

static const struct {
  uint32_t size;
  uint64_t descriptors, available, used;        /* bytes after the start of the memory */
} bad_rings[] = {
  { 0, 0, 1024, 2048 }, { 3, 0, 1024, 2048 }, { 2 * VHOST_QUEUE_SIZE_MAX, 0, 65536, 131072 },
  { UINT32_MAX, 0, 1024, 2048 }, { 8, 8, 1024, 2048 }, { 8, 0, 1025, 2048 }, { 8, 0, 1024, 2050 },
  { 8, DRIVER_MEMORY - 112, 1024, 2048 }, { 8, 0, DRIVER_MEMORY - 20, 2048 }, { 8, 0, 1024, DRIVER_MEMORY - 68 },
  { 8, DRIVER_MEMORY, 1024, 2048 }, { 8, UINT64_MAX - 15, 1024, 2048 },
  { 8, DRIVER_GUEST_ADDRESS - DRIVER_OWN_ADDRESS, 1024, 2048 },
};

START_TEST (bad_rings_are_refused)
{
  queue.size = bad_rings[_i].size;
  queue.descriptors_at = DRIVER_OWN_ADDRESS + bad_rings[_i].descriptors;
  queue.available_at = DRIVER_OWN_ADDRESS + bad_rings[_i].available;
  queue.used_at = DRIVER_OWN_ADDRESS + bad_rings[_i].used;
  ck_assert_int_eq (vhost_queue_map (&queue, &memory, true), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert (!queue.is_mapped);
}
END_TEST

START_TEST (the_driver_is_told_unless_it_says_no)
{
  map_queue (false);
  vhost_queue_tell (&queue);
  ck_assert_uint_eq (calls (), 0);
  vhost_queue_put (&queue, &chain, 0);
  vhost_queue_put (&queue, &chain, 0);
  vhost_queue_tell (&queue);
  vhost_queue_tell (&queue);
  ck_assert_uint_eq (calls (), 1);
  ring.available->flags = VRING_AVAIL_F_NO_INTERRUPT;
  vhost_queue_put (&queue, &chain, 0);
  vhost_queue_tell (&queue);
  ck_assert_uint_eq (calls (), 0);
}
END_TEST

START_TEST (the_driver_is_told_when_it_says)
{
  map_queue (true);
  ring.available->ring[SIZE] = 1;
  vhost_queue_put (&queue, &chain, 0);
  vhost_queue_tell (&queue);
  ck_assert_uint_eq (calls (), 0);
  vhost_queue_put (&queue, &chain, 0);
  vhost_queue_tell (&queue);
  ck_assert_uint_eq (calls (), 1);
  vhost_queue_put (&queue, &chain, 0);
  vhost_queue_tell (&queue);
  ck_assert_uint_eq (calls (), 0);
}
END_TEST

START_TEST (a_driver_that_does_not_listen_is_not_waited_for)
{
  map_queue (false);
  for (unsigned i = 0; i < 65536 / 8 + 10; i++) {
    vhost_queue_put (&queue, &chain, 0);
    vhost_queue_tell (&queue);
  }
  ck_assert_uint_eq (calls (), 65536 / 8);
}
END_TEST

START_TEST (a_kick_is_asked_for_when_nothing_is_left)
{
  uint16_t *event = (uint16_t *) &ring.used->ring[SIZE];

  map_queue (true);
  *event = 77;
  describe (ring.descriptors, 0, DATA, 1, 0, 0);
  offer (0);
  offer (0);
  ck_assert_int_eq (take (), 1);
  ck_assert_int_eq (take (), 1);
  ck_assert_uint_eq (*event, 77);
  ck_assert_int_eq (take (), 0);
  ck_assert_uint_eq (*event, 2);
}
END_TEST

UNIT_TEST_MAIN_WITH ("vhost queue", make_queue, end_queue, chains_are_taken_and_put_back, rings_go_round,
                     a_chain_that_is_untaken_comes_again, empty_buffers_are_left_out,
                     descriptors_may_have_a_table_of_their_own, a_table_may_follow_descriptors,
                     LOOP_OVER (bad_chains_are_refused, bad_chains), a_head_that_there_is_not_is_refused,
                     more_chains_than_there_can_be_are_refused, LOOP_OVER (bad_rings_are_refused, bad_rings),
                     the_driver_is_told_unless_it_says_no, the_driver_is_told_when_it_says,
                     a_driver_that_does_not_listen_is_not_waited_for, a_kick_is_asked_for_when_nothing_is_left)
