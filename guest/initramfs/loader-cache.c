/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/initramfs/loader-cache.h"

#define MAGIC "glibc-ld.so.cache1.1"
#define CACHE_BYTES_MAX (64 << 20)
#define LIBRARY_FLAGS 0x0303    /* a library for glibc (3), 64-bit x86 (0x300) */

/* How the file begins; then come the entries, then the texts. */
struct header {
  char magic[sizeof MAGIC - 1];
  uint32_t entry_count;
  uint32_t text_bytes;
  uint32_t unused[5];
};

struct cache_entry {
  uint32_t flags;
  uint32_t name, path;          /* where these texts begin, in bytes from the beginning of the file */
  uint32_t os_version;
  uint64_t hardware;            /* 0: for every processor; the others are variants of one that is for every processor */
};

_Static_assert (sizeof (struct header) == 48, "48 bytes in the file");
_Static_assert (sizeof (struct cache_entry) == 24, "24 bytes in the file");

/* Read the LENGTH bytes of FD. */
static char *
read_all (int fd, size_t length)
{
  char *data = malloc (length + 1);

  if (data && pread (fd, data, length, 0) == (ssize_t) length) {
    data[length] = '\0';
    return data;
  }
  free (data);
  return NULL;
}

void
loader_cache_read (const char *path, struct loader_cache *cache)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;

  *cache = (struct loader_cache) { .data = NULL };
  if (fd == -1 || fstat (fd, &status) == -1 || !S_ISREG (status.st_mode) || status.st_size > CACHE_BYTES_MAX
      || (size_t) status.st_size < sizeof (struct header))
    return;
  cache->length = (size_t) status.st_size;
  cache->data = read_all (fd, cache->length);
  if (cache->data && memcmp (cache->data, MAGIC, strlen (MAGIC)) != 0)
    loader_cache_free (cache);
}

void
loader_cache_free (struct loader_cache *cache)
{
  free (cache->data);
  *cache = (struct loader_cache) { .data = NULL };
}

/* The text that begins at OFFSET; an empty one outside of the file. */
static const char *
text_at (const struct loader_cache *cache, uint32_t offset)
{
  return offset < cache->length ? cache->data + offset : "";
}

const char *
loader_cache_find (const struct loader_cache *cache, const char *name)
{
  struct header header;
  struct cache_entry entry;

  if (cache->data == NULL)
    return NULL;
  memcpy (&header, cache->data, sizeof header);
  for (size_t i = 0; i < header.entry_count && (i + 1) * sizeof entry <= cache->length - sizeof header; i++) {
    memcpy (&entry, cache->data + sizeof header + i * sizeof entry, sizeof entry);
    if (entry.flags == LIBRARY_FLAGS && entry.hardware == 0 && strcmp (text_at (cache, entry.name), name) == 0
        && *text_at (cache, entry.path) == '/')
      return text_at (cache, entry.path);
  }
  return NULL;
}
