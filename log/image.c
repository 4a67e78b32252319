/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/stop.h"
#include "log/base-image.h"
#include "log/image.h"

#define PART_BYTES (1 << 20)

/* An image in the making, and how far it is made. */
struct made_image {
  struct crash_state *state;
  unsigned device;
  uint64_t size_bytes;
  int fd;
  uint64_t done_bytes;          /* what is before this is written */
  char *buffer;                 /* of PART_BYTES */
};

/* Write the blocks of COUNT bytes at OFFSET in BUFFER that are not zeros. */
static int
write_blocks (int fd, const char *buffer, size_t count, uint64_t offset)
{
  for (size_t at = 0; at < count; at += BLOCK_SIZE) {
    size_t block = count - at < BLOCK_SIZE ? count - at : BLOCK_SIZE;

    if (!data_is_zero (buffer + at, block)
        && pwrite (fd, buffer + at, block, (off_t) (offset + at)) != (ssize_t) block)
      return -1;
  }
  return 0;
}

/* Write the blocks of the sectors FROM to TO, into which some write has put data. */
static int
put_range (void *opaque, uint64_t from, uint64_t to)
{
  struct made_image *image = opaque;
  uint64_t at = from / BLOCK_SECTORS * BLOCK_SIZE, end = (to + BLOCK_SECTORS - 1) / BLOCK_SECTORS * BLOCK_SIZE;

  if (at < image->done_bytes)
    at = image->done_bytes;
  if (end > image->size_bytes)
    end = image->size_bytes;
  while (at < end && !stop_requested ()) {
    const size_t count = end - at < PART_BYTES ? end - at : PART_BYTES;

    crash_state_read (image->state, image->device, image->buffer, count, at);
    if (write_blocks (image->fd, image->buffer, count, at) == -1)
      return -1;
    at += count;
    image->done_bytes = at;
  }
  return 0;
}

int
export_device (struct crash_state *state, const struct write_log *log, unsigned device, int fd)
{
  CLEANUP_FREE char *buffer = malloc (PART_BYTES);
  struct made_image image = { state, device, log->device_sizes[device], fd, 0, buffer };

  if (buffer == NULL || ftruncate (fd, (off_t) image.size_bytes) == -1)
    return -1;
  return log_index_ranges (&log->index, log->writes, device, put_range, &image);
}
