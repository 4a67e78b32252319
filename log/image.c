/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/stop.h"
#include "log/image.h"

#define PART_BYTES (1 << 20)

/* Mark in TOUCHED, a byte for each part of DEVICE, what some write of LOG has put data into. */
static void
find_touched (const struct write_log *log, unsigned device, unsigned char *touched)
{
  for (uint32_t i = 0; i < log->write_count; i++) {
    const struct log_write *write = &log->writes[i];
    uint64_t end = write->offset_bytes + write->length_bytes;

    if (write->device == device && write->kind == LOG_WRITE)
      for (uint64_t part = write->offset_bytes / PART_BYTES; part * PART_BYTES < end; part++)
        touched[part] = 1;
  }
}

/* Write the blocks of COUNT bytes at OFFSET in BUFFER that are not zeros. */
static int
write_blocks (int fd, const char *buffer, size_t count, uint64_t offset)
{
  for (size_t at = 0; at < count; at += BLOCK_SIZE) {
    size_t block = count - at < BLOCK_SIZE ? count - at : BLOCK_SIZE;

    if ((buffer[at] != 0 || memcmp (buffer + at, buffer + at + 1, block - 1) != 0)
        && pwrite (fd, buffer + at, block, (off_t) (offset + at)) != (ssize_t) block)
      return -1;
  }
  return 0;
}

int
export_device (struct crash_state *state, const struct write_log *log, unsigned device, int fd)
{
  uint64_t size = log->device_sizes[device], parts = (size + PART_BYTES - 1) / PART_BYTES;
  CLEANUP_FREE unsigned char *touched = calloc (parts, 1);
  CLEANUP_FREE char *buffer = malloc (PART_BYTES);

  if (touched == NULL || buffer == NULL || ftruncate (fd, (off_t) size) == -1)
    return -1;
  find_touched (log, device, touched);
  for (uint64_t part = 0; part < parts && !stop_requested (); part++) {
    uint64_t offset = part * PART_BYTES;
    size_t count = size - offset < PART_BYTES ? size - offset : PART_BYTES;

    if (!touched[part])
      continue;
    crash_state_read (state, device, buffer, count, offset);
    if (write_blocks (fd, buffer, count, offset) == -1)
      return -1;
  }
  return 0;
}
