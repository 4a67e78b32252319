/* SPDX-License-Identifier: BSD-3-Clause */
/* The log's place in memory is as large as the log, and empty at first; a frame is unpacked into it when one of its
 * bytes is needed.  Nothing of this asks the kernel for anything but memory: it is done in sandboxes, too.
 */
#include <config.h>

#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "common/array.h"
#include "common/message.h"
#include "log/packed.h"

struct frame {
  uint64_t at;                  /* in the file */
  uint32_t packed_bytes;
  atomic_bool there;            /* unpacked */
};

struct log_packed {
  const char *file;
  uint64_t file_size;
  struct frame *frames;
  size_t frame_count;
  uint64_t frame_bytes;         /* that each holds, but for the last */
  uint64_t size;                /* of the log */
  bool damaged;
  size_t passed;                /* frames that are let go of, or stay */
  char *bytes;                  /* of the log: its place */

  pthread_mutex_t lock;         /* of unpacking */
  ZSTD_DCtx *context;
};

bool
log_is_packed (const void *bytes, size_t size)
{
  uint32_t magic;

  if (size < sizeof magic)
    return false;
  memcpy (&magic, bytes, sizeof magic);
  return le32toh (magic) == ZSTD_MAGICNUMBER;
}

/* Whether a frame that holds CONTENT bytes may be the next. */
static bool
may_follow (const struct log_packed *packed, uint64_t content)
{
  if (packed->frame_count == 0)
    return content > 0 && content <= LOG_FRAME_MAX;
  /* all before it were full ones */
  return packed->size == packed->frame_count * packed->frame_bytes && packed->frame_bytes >= LOG_FRAME_MIN
    && (packed->frame_bytes & (packed->frame_bytes - 1)) == 0 && content > 0 && content <= packed->frame_bytes;
}

static bool
ends_with_table (const struct log_packed *packed)
{
  uint32_t magic;

  memcpy (&magic, packed->file + packed->file_size - sizeof magic, sizeof magic);
  return le32toh (magic) == LOG_PACKED_FOOTER;
}

/* Find the frames.  Returns 0 or, if there is no memory for them, -1. */
static int
find_frames (struct log_packed *packed)
{
  uint64_t at = 0;

  while (at < packed->file_size) {
    const char *start = packed->file + at;
    const size_t rest = packed->file_size - at, bytes = ZSTD_findFrameCompressedSize (start, rest);

    if (ZSTD_isError (bytes))
      break;
    if (log_is_packed (start, rest)) {
      const unsigned long long content = ZSTD_getFrameContentSize (start, rest);

      if (!may_follow (packed, content))
        break;
      struct frame *frame = array_add (packed->frames, packed->frame_count);
      if (frame == NULL)
        return -1;
      frame->at = at;
      frame->packed_bytes = (uint32_t) bytes;
      packed->frame_bytes = packed->frame_count == 1 ? content : packed->frame_bytes;
      packed->size += content;
    }
    at += bytes;
  }
  packed->damaged = at < packed->file_size && ends_with_table (packed);
  return 0;
}

/* What is wrong with the file as a whole, or NULL. */
static const char *
check (const struct log_packed *packed)
{
  if (packed->frame_count == 0)
    return "is compressed, but begins with no whole frame of at most 16 MiB, as logs do: unpack it with zstd -d";
  if (packed->size > packed->file_size * LOG_UNPACKED_RATIO + LOG_UNPACKED_SPARE)
    return "unpacks to more than a thousand times its size, as no log does: record it again";
  return NULL;
}

/* Memory for SIZE bytes that takes none until they are written; MAP_FAILED with errno. */
static void *
make_place (uint64_t size)
{
  return mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

struct log_packed *
log_packed_open (const char *path, const void *file, uint64_t size)
{
  struct log_packed *packed = calloc (1, sizeof *packed);
  const char *fault;
  void *bytes = MAP_FAILED;

  if (packed == NULL) {
    munmap ((void *) file, size);
    error_message ("%s: out of memory", path);
    return NULL;
  }
  packed->file = file;
  packed->file_size = size;
  pthread_mutex_init (&packed->lock, NULL);
  packed->context = ZSTD_createDCtx ();
  if (packed->context == NULL || find_frames (packed) == -1)
    error_message ("%s: out of memory", path);
  else if ((fault = check (packed)) != NULL)
    error_message ("%s: %s", path, fault);
  else if ((bytes = make_place (packed->size)) == MAP_FAILED)
    error_message ("%s: no room for %ju bytes in memory: %m: unpack it with zstd -d", path, (uintmax_t) packed->size);
  if (bytes == MAP_FAILED) {
    log_packed_close (packed);
    return NULL;
  }
  packed->bytes = bytes;
  return packed;
}

void
log_packed_close (struct log_packed *packed)
{
  if (packed == NULL)
    return;
  if (packed->bytes)
    munmap (packed->bytes, packed->size);
  munmap ((void *) packed->file, packed->file_size);
  ZSTD_freeDCtx (packed->context);
  pthread_mutex_destroy (&packed->lock);
  free (packed->frames);
  free (packed);
}

const char *
log_packed_bytes (const struct log_packed *packed)
{
  return packed->bytes;
}

uint64_t
log_packed_size (const struct log_packed *packed)
{
  return packed->size;
}

bool
log_packed_is_damaged (const struct log_packed *packed)
{
  return packed->damaged;
}

/* Unpack frame number NUMBER, unless somebody has meanwhile. */
static void
unpack (struct log_packed *packed, size_t number)
{
  struct frame *frame = &packed->frames[number];
  const uint64_t offset = number * packed->frame_bytes, rest = packed->size - offset;
  const size_t room = rest < packed->frame_bytes ? rest : packed->frame_bytes;

  pthread_mutex_lock (&packed->lock);
  if (!atomic_load_explicit (&frame->there, memory_order_relaxed)) {
    char *place = packed->bytes + offset;
    const char *from = packed->file + frame->at;

    if (ZSTD_decompressDCtx (packed->context, place, room, from, frame->packed_bytes) != room)
      memset (place, 0, room);
    atomic_store_explicit (&frame->there, true, memory_order_release);
  }
  pthread_mutex_unlock (&packed->lock);
}

void
log_packed_need (struct log_packed *packed, uint64_t offset, uint64_t size)
{
  const size_t first = offset / packed->frame_bytes;
  const size_t end = size > 0 ? (offset + size - 1) / packed->frame_bytes + 1 : first;

  for (size_t number = first; number < end; number++)
    if (!atomic_load_explicit (&packed->frames[number].there, memory_order_acquire))
      unpack (packed, number);
}

void
log_packed_stay (struct log_packed *packed, uint64_t end)
{
  const size_t frames = (end + packed->frame_bytes - 1) / packed->frame_bytes;

  packed->passed = frames > packed->passed ? frames : packed->passed;
}

void
log_packed_pass (struct log_packed *packed, uint64_t end)
{
  for (; packed->passed < end / packed->frame_bytes; packed->passed++)
    if (atomic_exchange (&packed->frames[packed->passed].there, false))
      madvise (packed->bytes + packed->passed * packed->frame_bytes, packed->frame_bytes, MADV_DONTNEED);
}
