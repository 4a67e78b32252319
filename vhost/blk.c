/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/virtio_blk.h>
#include <stdlib.h>
#include <string.h>

#include "vhost/blk.h"
#include "vhost/queue.h"
#include "vhost/segments.h"

#define SECTOR 512
#define BIT(number) (UINT64_C (1) << (number))

_Static_assert (VHOST_BLK_ID_BYTES == VIRTIO_BLK_ID_BYTES, "the header says what virtio says");

#define REQUEST_BYTES_MAX (64u << 20)   /* of data; Linux asks for a few MiB at most */
#define REQUEST_SEGMENTS_MAX 254        /* with header and status as many as the queue has places in Linux */
#define RANGES_MAX 16                   /* of one request to trim or zero */
#define RANGE_SECTORS_MAX (1u << 22)

struct vhost_blk {
  uint64_t size_bytes;
  char id[VIRTIO_BLK_ID_BYTES];
  const struct vhost_blk_operations *operations;
  void *opaque;
  struct virtio_blk_config config;
  struct vhost_device device;
  struct vhost_chain chain;     /* that is being done */
  char *buffer;                 /* for data that are not in one place */
  size_t buffer_bytes;
};

/* A request without its header and the place of its status. */
struct blk_request {
  uint32_t type;
  uint64_t sector;
  struct iovec *segments;       /* of data: all to be read, or all to be written */
  size_t count;
  uint32_t bytes;               /* in them */
};

/* BYTES of room in one place; NULL if there is no memory. */
static char *
get_buffer (struct vhost_blk *blk, size_t bytes)
{
  if (bytes > blk->buffer_bytes) {
    free (blk->buffer);
    blk->buffer = malloc (bytes);
    blk->buffer_bytes = blk->buffer ? bytes : 0;
  }
  return blk->buffer;
}

/* Whether COUNT sectors from SECTOR on are in the disk. */
static bool
are_inside (const struct vhost_blk *blk, uint64_t sector, uint64_t count)
{
  const uint64_t sectors = blk->size_bytes / SECTOR;

  return sector <= sectors && count <= sectors - sector;
}

/* Whether the request is of whole sectors of the disk. */
static bool
is_proper (const struct vhost_blk *blk, const struct blk_request *request)
{
  return request->bytes > 0 && request->bytes % SECTOR == 0
    && are_inside (blk, request->sector, request->bytes / SECTOR);
}

/* Each of these does a request and returns its status. */

static int
do_read (struct vhost_blk *blk, const struct blk_request *request)
{
  const bool is_one = request->count == 1;
  char *buffer = is_one ? request->segments->iov_base : get_buffer (blk, request->bytes);

  if (!is_proper (blk, request) || buffer == NULL
      || blk->operations->read (blk->opaque, buffer, request->bytes, request->sector * SECTOR) == -1)
    return VIRTIO_BLK_S_IOERR;
  if (!is_one)
    segments_put (request->segments, request->count, buffer, request->bytes);
  return VIRTIO_BLK_S_OK;
}

static int
do_write (struct vhost_blk *blk, const struct blk_request *request)
{
  const bool is_one = request->count == 1;
  char *buffer = is_one ? request->segments->iov_base : get_buffer (blk, request->bytes);

  if (!is_proper (blk, request) || buffer == NULL)
    return VIRTIO_BLK_S_IOERR;
  if (!is_one)
    segments_get (request->segments, request->count, buffer, request->bytes);
  return blk->operations->write (blk->opaque, buffer, request->bytes, request->sector * SECTOR) == -1
    ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static int
do_flush (const struct vhost_blk *blk)
{
  return blk->operations->flush (blk->opaque) == -1 ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static int
do_get_id (const struct vhost_blk *blk, const struct blk_request *request)
{
  segments_put (request->segments, request->count, blk->id, sizeof blk->id);
  return VIRTIO_BLK_S_OK;
}

/* Trim, or zero, one RANGE. */
static int
do_range (const struct vhost_blk *blk, uint32_t type, const struct virtio_blk_discard_write_zeroes *range)
{
  const bool may_trim = range->flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
  const uint32_t bytes = range->num_sectors * SECTOR;
  const uint64_t offset = range->sector * SECTOR;

  if (range->flags & ~(uint32_t) VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP || (type == VIRTIO_BLK_T_DISCARD && may_trim))
    return VIRTIO_BLK_S_UNSUPP;
  if (range->num_sectors == 0 || range->num_sectors > RANGE_SECTORS_MAX
      || !are_inside (blk, range->sector, range->num_sectors))
    return VIRTIO_BLK_S_IOERR;
  const int r = type == VIRTIO_BLK_T_DISCARD ? blk->operations->trim (blk->opaque, bytes, offset)
    : blk->operations->zero (blk->opaque, bytes, offset, may_trim);
  return r == -1 ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static int
do_ranges (const struct vhost_blk *blk, const struct blk_request *request)
{
  struct virtio_blk_discard_write_zeroes ranges[RANGES_MAX];
  const size_t count = request->bytes / sizeof *ranges;
  int status = VIRTIO_BLK_S_OK;

  if (request->bytes % sizeof *ranges != 0 || count == 0 || count > RANGES_MAX)
    return VIRTIO_BLK_S_IOERR;
  segments_get (request->segments, request->count, ranges, request->bytes);
  for (size_t i = 0; i < count && status == VIRTIO_BLK_S_OK; i++)
    status = do_range (blk, request->type, &ranges[i]);
  return status;
}

static int
do_request (struct vhost_blk *blk, const struct blk_request *request)
{
  switch (request->type) {
  case VIRTIO_BLK_T_IN:
    return do_read (blk, request);
  case VIRTIO_BLK_T_OUT:
    return do_write (blk, request);
  case VIRTIO_BLK_T_FLUSH:
    return do_flush (blk);
  case VIRTIO_BLK_T_GET_ID:
    return do_get_id (blk, request);
  case VIRTIO_BLK_T_DISCARD:
  case VIRTIO_BLK_T_WRITE_ZEROES:
    return do_ranges (blk, request);
  default:
    return VIRTIO_BLK_S_UNSUPP;
  }
}

/* Whether the data of a request of this TYPE are to be written by us. */
static bool
is_to_guest (uint32_t type)
{
  return type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
}

/* Do the request that the chain is, and leave its status there.  Returns how many bytes were written to the guest. */
static uint32_t
do_chain (struct vhost_blk *blk)
{
  struct vhost_chain *chain = &blk->chain;
  struct iovec *readable = chain->segments, *writable = chain->segments + chain->readable;
  size_t readable_count = chain->readable, writable_count = chain->count - chain->readable;
  struct virtio_blk_outhdr header;
  char *status = segments_take_last (writable, &writable_count);

  if (status == NULL)
    return 0;
  if (segments_get (readable, readable_count, &header, sizeof header) < sizeof header) {
    *status = VIRTIO_BLK_S_IOERR;
    return 0;
  }
  readable = segments_skip (readable, &readable_count, sizeof header);
  struct blk_request request = { .type = header.type, .sector = header.sector };
  request.segments = is_to_guest (header.type) ? writable : readable;
  request.count = is_to_guest (header.type) ? writable_count : readable_count;
  const uint64_t bytes = segments_bytes (request.segments, request.count);
  request.bytes = bytes <= REQUEST_BYTES_MAX ? (uint32_t) bytes : 0;
  *status = (char) do_request (blk, &request);
  return (is_to_guest (header.type) ? request.bytes : 0) + 1;
}

/* As .kicked. */
static int
do_queue (struct vhost_blk *blk, struct vhost_queue *queue)
{
  int r = 1;

  for (uint32_t i = 0; i < queue->size && (r = vhost_queue_take (queue, &blk->chain)) == 1; i++)
    vhost_queue_put (queue, &blk->chain, do_chain (blk));
  vhost_queue_tell (queue);
  return r;
}

static int
blk_kicked (void *opaque, struct vhost_connection *connection, unsigned index)
{
  struct vhost_blk *blk = opaque;
  int r = 0;

  blk->operations->begin (blk->opaque);
  if (vhost_is_connected (connection))
    r = do_queue (blk, vhost_queue_of (connection, index));
  blk->operations->end (blk->opaque);
  return r;
}

static void
fill_config (struct vhost_blk *blk)
{
  blk->config = (struct virtio_blk_config) {
    .capacity = blk->size_bytes / SECTOR,
    .seg_max = REQUEST_SEGMENTS_MAX,
    .blk_size = SECTOR,
    .num_queues = 1,
    .max_discard_sectors = RANGE_SECTORS_MAX,
    .max_discard_seg = RANGES_MAX,
    .discard_sector_alignment = 1,
    .max_write_zeroes_sectors = RANGE_SECTORS_MAX,
    .max_write_zeroes_seg = RANGES_MAX,
    .write_zeroes_may_unmap = 1,
  };
}

struct vhost_blk *
vhost_blk_new (uint64_t size_bytes, const char *id, const struct vhost_blk_operations *operations, void *opaque)
{
  struct vhost_blk *blk = calloc (1, sizeof *blk);

  if (blk == NULL)
    return NULL;
  blk->size_bytes = size_bytes;
  memcpy (blk->id, id, strnlen (id, sizeof blk->id));
  blk->operations = operations;
  blk->opaque = opaque;
  fill_config (blk);
  blk->device = (struct vhost_device) {
    .features = BIT (VIRTIO_BLK_F_SEG_MAX) | BIT (VIRTIO_BLK_F_BLK_SIZE) | BIT (VIRTIO_BLK_F_FLUSH)
      | BIT (VIRTIO_BLK_F_DISCARD) | BIT (VIRTIO_BLK_F_WRITE_ZEROES),
    .config = &blk->config,
    .config_bytes = sizeof blk->config,
    .queue_count = 1,
    .opaque = blk,
    .kicked = blk_kicked,
  };
  return blk;
}

void
vhost_blk_free (struct vhost_blk *blk)
{
  if (blk == NULL)
    return;
  free (blk->buffer);
  free (blk);
}

const struct vhost_device *
vhost_blk_device (const struct vhost_blk *blk)
{
  return &blk->device;
}
