/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/base-image.h"
#include "log/format.h"

#define BLOCK_BYTES 4096        /* blocks of zeros are left out */
#define READ_BYTES (1 << 20)

bool
data_is_zero (const void *data, size_t length)
{
  const char *bytes = data;

  return bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0;
}

int
base_image_size (const char *path, uint64_t *size_bytes)
{
  struct stat status;

  if (stat (path, &status) == -1) {
    error_message ("base=%s: %m", path);
    return -1;
  }
  if (status.st_size == 0 || !S_ISREG (status.st_mode)) {
    error_message ("base=%s: not a regular file, or empty and without a size", path);
    return -1;
  }
  *size_bytes = ((uint64_t) status.st_size + LOG_SECTOR - 1) / LOG_SECTOR * LOG_SECTOR;
  return 0;
}

/* Hand over what SIZE bytes at DATA, which stand at OFFSET, hold. */
static int
put_blocks (const char *data, size_t size, uint64_t offset, base_image_put *put, void *opaque)
{
  size_t run = 0;

  for (size_t at = 0; at < size; at += BLOCK_BYTES) {
    size_t part = size - at < BLOCK_BYTES ? size - at : BLOCK_BYTES;
    bool zero = data_is_zero (data + at, part);

    if (!zero)
      run += part;
    if (run > 0 && (zero || at + part == size)) {
      size_t end = zero ? at : at + part;

      if (put (opaque, offset + end - run, data + end - run, (uint32_t) run) == -1)
        return -1;
      run = 0;
    }
  }
  return 0;
}

/* The first byte from OFFSET on that is in no hole of FD; SIZE if there is none before it.  -1 with errno. */
static off_t
next_data (int fd, off_t offset, off_t size)
{
  off_t data = lseek (fd, offset, SEEK_DATA);

  if (data == -1)
    return errno == ENXIO ? size : -1;
  return data < size ? data : size;
}

/* Read WANT bytes at OFFSET, fewer only where the file ends.  Returns 0, or -1 with errno. */
static int
read_whole (int fd, char *buffer, size_t want, off_t offset)
{
  while (want > 0) {
    ssize_t count = pread (fd, buffer, want, offset);

    if (count == -1 && errno != EINTR)
      return -1;
    if (count == 0)
      break;
    if (count > 0) {
      buffer += count;
      want -= (size_t) count;
      offset += count;
    }
  }
  return 0;
}

/* Hand over what FD, of the file PATH, holds outside of its holes. */
static int
put_file (const char *path, int fd, uint64_t size_bytes, base_image_put *put, void *opaque)
{
  CLEANUP_FREE char *buffer = malloc (READ_BYTES);
  off_t size = (off_t) size_bytes, data = 0;

  if (buffer == NULL)
    return out_of_memory ();
  while ((data = next_data (fd, data, size)) != size) {
    off_t start = data == -1 ? 0 : data - data % BLOCK_BYTES;
    size_t want = size - start < READ_BYTES ? (size_t) (size - start) : READ_BYTES;

    memset (buffer, 0, want);   /* the file may end before its last sector does */
    if (data == -1 || read_whole (fd, buffer, want, start) == -1) {
      error_message ("base=%s: %m", path);
      return -1;
    }
    if (put_blocks (buffer, want, (uint64_t) start, put, opaque) == -1)
      return -1;
    data = start + (off_t) want;
  }
  return 0;
}

int
base_image_read (const char *path, uint64_t size_bytes, base_image_put *put, void *opaque)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat status;

  if (fd == -1 || fstat (fd, &status) == -1) {
    error_message ("base=%s: %m", path);
    return -1;
  }
  if (!S_ISREG (status.st_mode)) {
    error_message ("base=%s: not a regular file", path);
    return -1;
  }
  if ((uint64_t) status.st_size > size_bytes) {
    error_message ("base=%s: %jd bytes, larger than size=%" PRIu64, path, (intmax_t) status.st_size, size_bytes);
    return -1;
  }
  return put_file (path, fd, size_bytes, put, opaque);
}
