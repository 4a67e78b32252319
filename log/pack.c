/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"
#include "log/packed.h"

#define FRAME_BYTES (1u << 20)  /* what is unpacked for a sector of it */
#define LEVEL 3                 /* zstd's own */

/* Of skippable frames; the table is as in zstd's contrib/seekable_format. */
#define TABLE_MAGIC 0x184D2A5Eu
#define FILLER_MAGIC 0x184D2A50u

struct entry {
  uint32_t packed_bytes, bytes; /* little-endian */
};

struct __attribute__ ((packed)) footer {
  uint32_t frame_count;
  uint8_t descriptor;           /* 0: no checksums in the table, each frame has its own */
  uint32_t magic;
};

struct packing {
  FILE *from, *to;
  ZSTD_CCtx *context;
  struct entry *entries;
  size_t entry_count;
  uint64_t bytes, packed_bytes;
};

static bool
put (struct packing *packing, const void *bytes, size_t size)
{
  packing->packed_bytes += size;
  return fwrite (bytes, 1, size, packing->to) == size;
}

static bool
put_skippable (struct packing *packing, uint32_t magic, uint32_t size)
{
  const uint32_t head[] = { htole32 (magic), htole32 (size) };

  return put (packing, head, sizeof head);
}

/* Put a frame of SIZE BYTES; it is made in the ROOM bytes at PACKED.  False with errno. */
static bool
put_frame (struct packing *packing, const void *bytes, size_t size, void *packed, size_t room)
{
  const size_t count = ZSTD_compress2 (packing->context, packed, room, bytes, size);
  struct entry *entry = ZSTD_isError (count) ? NULL : array_add (packing->entries, packing->entry_count);

  if (entry == NULL) {
    errno = ENOMEM;
    return false;
  }
  *entry = (struct entry) { htole32 ((uint32_t) count), htole32 ((uint32_t) size) };
  packing->bytes += size;
  return put (packing, packed, count);
}

static bool
put_frames (struct packing *packing)
{
  const size_t room = ZSTD_compressBound (FRAME_BYTES);
  CLEANUP_FREE char *bytes = malloc (FRAME_BYTES), *packed = malloc (room);
  size_t count;

  if (bytes == NULL || packed == NULL)
    return false;
  while ((count = fread (bytes, 1, FRAME_BYTES, packing->from)) > 0)
    if (!put_frame (packing, bytes, count, packed, room))
      return false;
  return !ferror (packing->from);
}

/* What is packed better than a reader believes. */
static bool
put_filler (struct packing *packing)
{
  const uint64_t beyond = packing->bytes > LOG_UNPACKED_SPARE ? packing->bytes - LOG_UNPACKED_SPARE : 0;
  const uint64_t least = (beyond + LOG_UNPACKED_RATIO - 1) / LOG_UNPACKED_RATIO;
  bool written;

  if (packing->packed_bytes >= least)
    return true;
  const uint32_t missing = (uint32_t) (least - packing->packed_bytes);
  written = put_skippable (packing, FILLER_MAGIC, missing);
  for (uint32_t i = 0; written && i < missing; i++)
    written = put (packing, "", 1);
  return written;
}

/* Where there are too many frames for one, there is none. */
static bool
put_table (struct packing *packing)
{
  const uint64_t size = packing->entry_count * sizeof packing->entries[0] + sizeof (struct footer);
  const struct footer footer = { htole32 ((uint32_t) packing->entry_count), 0, htole32 (LOG_PACKED_FOOTER) };

  return size > UINT32_MAX
    || (put_skippable (packing, TABLE_MAGIC, (uint32_t) size)
        && put (packing, packing->entries, packing->entry_count * sizeof packing->entries[0])
        && put (packing, &footer, sizeof footer));
}

static bool
pack (struct packing *packing)
{
  errno = ENOMEM;
  return packing->from && packing->to && packing->context
    && !ZSTD_isError (ZSTD_CCtx_setParameter (packing->context, ZSTD_c_compressionLevel, LEVEL))
    && !ZSTD_isError (ZSTD_CCtx_setParameter (packing->context, ZSTD_c_checksumFlag, 1))
    && put_frames (packing) && put_filler (packing) && put_table (packing) && fflush (packing->to) == 0;
}

int
log_pack (const char *from, const char *to)
{
  CLEANUP_FCLOSE FILE *log = fopen (from, "re");
  struct publication publication;

  if (log == NULL) {
    error_message ("%s: %m", from);
    return -1;
  }
  if (publish_begin (&publication, to) == -1)
    return -1;
  const int fd = fcntl (publication.fd, F_DUPFD_CLOEXEC, 0);
  struct packing packing = { .from = log, .to = fd == -1 ? NULL : fdopen (fd, "w"), .context = ZSTD_createCCtx () };
  const bool packed = pack (&packing);

  if (!packed)
    error_message ("%s: cannot be packed into %s: %m", from, to);
  if (packing.to)
    fclose (packing.to);
  else if (fd != -1)
    close (fd);
  ZSTD_freeCCtx (packing.context);
  free (packing.entries);
  return publish_end (&publication, packed ? 0 : -1);
}
