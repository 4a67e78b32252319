/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sparse.h"

/* Let both have the same blocks. */
static bool
share_blocks (int from, off_t from_offset, int to, off_t to_offset, off_t length)
{
  const struct file_clone_range range = {
    .src_fd = from, .src_offset = (uint64_t) from_offset, .src_length = (uint64_t) length,
    .dest_offset = (uint64_t) to_offset
  };

  return ioctl (to, FICLONERANGE, &range) == 0;
}

/* Copy LENGTH bytes, whatever they are. */
static int
copy_data (int from, off_t from_offset, int to, off_t to_offset, off_t length)
{
  if (lseek (to, to_offset, SEEK_SET) == -1)
    return -1;
  while (length > 0) {
    const ssize_t count = sendfile (to, from, &from_offset, (size_t) length);

    if (count == -1 && errno == EINTR)
      continue;
    if (count == 0)
      errno = EIO;
    if (count <= 0)
      return -1;
    length -= count;
  }
  return 0;
}

/* Copy what is in no hole of FROM before END; SHIFT is how much further it is in TO. */
static int
copy_all_data (int from, off_t from_offset, off_t end, int to, off_t shift)
{
  for (off_t data = from_offset, hole; data < end; data = hole) {
    data = lseek (from, data, SEEK_DATA);
    if (data == -1 && errno != ENXIO)
      return -1;
    if (data == -1 || data >= end)
      return 0;
    hole = lseek (from, data, SEEK_HOLE);
    if (hole == -1)
      return -1;
    if (hole > end)
      hole = end;
    if (copy_data (from, data, to, data + shift, hole - data) == -1)
      return -1;
  }
  return 0;
}

int
sparse_copy (int from, off_t from_offset, int to, off_t to_offset, off_t length, bool *shared)
{
  struct stat source, destination;

  if (fstat (from, &source) == -1 || fstat (to, &destination) == -1)
    return -1;
  if (source.st_size < from_offset + length) {
    errno = EIO;
    return -1;
  }
  if (destination.st_size < to_offset + length && ftruncate (to, to_offset + length) == -1)
    return -1;
  *shared = share_blocks (from, from_offset, to, to_offset, length);
  return *shared ? 0 : copy_all_data (from, from_offset, from_offset + length, to, to_offset - from_offset);
}
