/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/base.h"
#include "guest/identity.h"

#define PIECE_BYTES 65536       /* that are read at once */

/* Add what FD, which is called NAME in messages, has from OFFSET on, and how much that is. */
static int
add_bytes (XXH3_state_t *hash, int fd, off_t offset, const char *name)
{
  char piece[PIECE_BYTES];
  uint64_t total = 0;
  ssize_t count;

  while ((count = pread (fd, piece, sizeof piece, offset + (off_t) total)) > 0) {
    XXH3_128bits_update (hash, piece, (size_t) count);
    total += (uint64_t) count;
  }
  if (count == -1)
    error_message ("%s: %m", name);
  XXH3_128bits_update (hash, &total, sizeof total);
  return (int) count;
}

static int
add_file (XXH3_state_t *hash, const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd != -1)
    return add_bytes (hash, fd, 0, path);
  error_message ("%s: %m", path);
  return -1;
}

static int
add_base (XXH3_state_t *hash, const struct kernel *kernel)
{
  struct guest_base base;
  int r = guest_base_open (kernel, &base);

  if (r == 0)
    r = add_bytes (hash, base.fd, base.offset, "the base of guests");
  guest_base_release (&base);
  return r;
}

char *
guest_identity (const struct kernel *kernel, const char *extras, uint64_t memory_bytes)
{
  XXH3_state_t *hash = XXH3_createState ();
  char *word = NULL;

  if (hash == NULL) {
    out_of_memory ();
    return NULL;
  }
  XXH3_128bits_reset (hash);
  XXH3_128bits_update (hash, &memory_bytes, sizeof memory_bytes);
  if (add_file (hash, kernel->image) == 0 && add_base (hash, kernel) == 0
      && (extras == NULL || add_file (hash, extras) == 0)) {
    const XXH128_hash_t value = XXH3_128bits_digest (hash);
    word = text_format ("%016" PRIx64 "%016" PRIx64, value.high64, value.low64);
  }
  XXH3_freeState (hash);
  return word;
}
