/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "vhost/segments.h"

struct iovec *
segments_skip (struct iovec *segments, size_t *count, size_t bytes)
{
  while (*count > 0 && bytes >= segments->iov_len) {
    bytes -= segments->iov_len;
    segments++;
    --*count;
  }
  if (*count > 0) {
    segments->iov_base = (char *) segments->iov_base + bytes;
    segments->iov_len -= bytes;
  }
  return segments;
}

char *
segments_take_last (struct iovec *segments, size_t *count)
{
  if (*count == 0)
    return NULL;
  struct iovec *last = &segments[*count - 1];
  char *byte = (char *) last->iov_base + --last->iov_len;
  *count -= last->iov_len == 0;
  return byte;
}

/* The part of SEGMENT that is in SIZE bytes after DONE. */
static size_t
part_of (const struct iovec *segment, size_t size, size_t done)
{
  return segment->iov_len < size - done ? segment->iov_len : size - done;
}

size_t
segments_get (const struct iovec *segments, size_t count, void *buffer, size_t size)
{
  size_t done = 0;

  for (size_t i = 0; i < count && done < size; i++) {
    const size_t part = part_of (&segments[i], size, done);

    memcpy ((char *) buffer + done, segments[i].iov_base, part);
    done += part;
  }
  return done;
}

size_t
segments_put (const struct iovec *segments, size_t count, const void *buffer, size_t size)
{
  size_t done = 0;

  for (size_t i = 0; i < count && done < size; i++) {
    const size_t part = part_of (&segments[i], size, done);

    memcpy (segments[i].iov_base, (const char *) buffer + done, part);
    done += part;
  }
  return done;
}
