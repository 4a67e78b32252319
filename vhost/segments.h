/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that are in several places, one after the other: COUNT segments, none of them empty. */
#ifndef POWERCUT_VHOST_SEGMENTS_H
#define POWERCUT_VHOST_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* How many bytes they are. */
static inline uint64_t
segments_bytes (const struct iovec *segments, size_t count)
{
  uint64_t bytes = 0;

  for (size_t i = 0; i < count; i++)
    bytes += segments[i].iov_len;
  return bytes;
}

/* Take away the first BYTES; with fewer, all are taken away.  Returns the segments that are left, their number in
 * *count.
 */
extern struct iovec *segments_skip (struct iovec *segments, size_t *count, size_t bytes);

/* Take away the last byte and return where it is; NULL if there is none. */
extern char *segments_take_last (struct iovec *segments, size_t *count);

/* Copy up to SIZE of the first bytes into BUFFER, or from there.  Returns how many. */
extern size_t segments_get (const struct iovec *segments, size_t count, void *buffer, size_t size);
extern size_t segments_put (const struct iovec *segments, size_t count, const void *buffer, size_t size);

#endif
