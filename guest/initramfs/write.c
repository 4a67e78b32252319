/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

struct write_state {
  struct archive *archive;
  const char *file;
  int fd;                       /* it is written here; -1: to a file of that name */
  XXH3_state_t *hash;           /* or not at all, but into this */
  bool packed;                  /* for a log: what a guest has in any case is left out */
  int result;
};

static int
archive_failed (const struct write_state *state)
{
  const char *why = archive_error_string (state->archive);

  error_message ("cannot write the initramfs %s: %s", state->file, why ? why : "unknown error");
  return -1;
}

static int
write_header (const struct write_state *state, const struct initramfs_entry *object, size_t length)
{
  struct archive_entry *header = archive_entry_new ();

  if (header == NULL)
    return archive_failed (state);
  archive_entry_set_pathname (header, object->path + 1);
  archive_entry_set_mode (header, object->mode);
  archive_entry_set_uid (header, object->owner);
  archive_entry_set_gid (header, object->group);
  archive_entry_set_nlink (header, S_ISDIR (object->mode) ? 2 : 1);
  /* The kernel takes times from here: the same where they do not matter, so that equal contents make equal archives. */
  archive_entry_set_mtime (header, object->seconds, 0);
  if (S_ISLNK (object->mode))
    archive_entry_set_symlink (header, object->data);
  archive_entry_set_size (header, S_ISREG (object->mode) ? (la_int64_t) length : 0);
  if (S_ISCHR (object->mode) || S_ISBLK (object->mode)) {
    archive_entry_set_rdevmajor (header, major (object->device));
    archive_entry_set_rdevminor (header, minor (object->device));
  }
  int status = archive_write_header (state->archive, header);
  archive_entry_free (header);
  return status == ARCHIVE_OK ? 0 : archive_failed (state);
}

static int
write_bytes (const struct write_state *state, const void *data, size_t length)
{
  return archive_write_data (state->archive, data, length) == (la_ssize_t) length ? 0 : archive_failed (state);
}

static int
write_host_file (const struct write_state *state, const struct initramfs_entry *object)
{
  CLEANUP_CLOSE int fd = open (object->host, O_RDONLY | O_CLOEXEC);
  struct stat status;
  char buffer[65536];

  if (fd == -1 || fstat (fd, &status) == -1) {
    error_message ("%s: %m", object->host);
    return -1;
  }
  size_t left = (size_t) status.st_size;
  if (write_header (state, object, left) == -1)
    return -1;
  while (left > 0) {
    ssize_t count = read (fd, buffer, left < sizeof buffer ? left : sizeof buffer);
    if (count <= 0) {
      error_message (count == 0 ? "%s: became shorter while it was read" : "%s: %m", object->host);
      return -1;
    }
    if (write_bytes (state, buffer, (size_t) count) == -1)
      return -1;
    left -= (size_t) count;
  }
  return 0;
}

static int
write_object (const struct write_state *state, const struct initramfs_entry *object)
{
  if (*object->path == '\0')    /* the root itself is there already */
    return 0;
  if (state->packed && !S_ISREG (object->mode) && !S_ISDIR (object->mode) && !S_ISLNK (object->mode))
    return 0;
  if (object->host && object->data == NULL)
    return write_host_file (state, object);
  if (write_header (state, object, object->length) == -1)
    return -1;
  return S_ISREG (object->mode) && object->length > 0 ? write_bytes (state, object->data, object->length) : 0;
}

/* In the order of paths, so that folders come before what is in them. */
static void
visit (const void *node, VISIT order, void *closure)
{
  struct write_state *state = closure;

  if ((order == postorder || order == leaf) && state->result == 0)
    state->result = write_object (state, *(struct initramfs_entry *const *) node);
}

/* libarchive's callback: the bytes of the archive go into the hash. */
static la_ssize_t
hash_bytes (struct archive *archive, void *hash, const void *bytes, size_t length)
{
  (void) archive;
  XXH3_128bits_update (hash, bytes, length);
  return (la_ssize_t) length;
}

static int
open_archive (const struct write_state *state)
{
  if (state->hash)
    return archive_write_open (state->archive, state->hash, NULL, hash_bytes, NULL);
  return state->fd == -1 ? archive_write_open_filename (state->archive, state->file)
    : archive_write_open_fd (state->archive, state->fd);
}

/* Write all objects through STATE, whose archive's filter is chosen. */
static int
write_archive (struct initramfs *initramfs, struct write_state *state)
{
  if (archive_write_set_format_cpio_newc (state->archive) != ARCHIVE_OK || open_archive (state) != ARCHIVE_OK)
    state->result = archive_failed (state);
  else
    twalk_r (initramfs->entries, visit, state);
  if (state->result == 0 && archive_write_close (state->archive) != ARCHIVE_OK)
    state->result = archive_failed (state);
  if (state->result == -1 && state->fd == -1 && state->hash == NULL)
    unlink (state->file);
  return state->result;
}

int
initramfs_write_to (struct initramfs *initramfs, int fd, const char *name)
{
  struct write_state state = { .archive = archive_write_new (), .file = name, .fd = fd };

  if (state.archive == NULL)
    return out_of_memory ();
  int result = write_archive (initramfs, &state);
  archive_write_free (state.archive);
  return result;
}

int
initramfs_write (struct initramfs *initramfs, const char *file)
{
  return initramfs_write_to (initramfs, -1, file);
}

int
initramfs_pack (struct initramfs *initramfs, const char *file)
{
  struct write_state state = { .archive = archive_write_new (), .file = file, .fd = -1, .packed = true };
  int result;

  if (state.archive == NULL)
    return out_of_memory ();
  /* ARCHIVE_WARN: the program zstd would do it. */
  if (archive_write_add_filter_zstd (state.archive) != ARCHIVE_OK)
    result = archive_failed (&state);
  else
    result = write_archive (initramfs, &state);
  archive_write_free (state.archive);
  return result;
}

char *
initramfs_digest (struct initramfs *initramfs)
{
  XXH3_state_t hash;
  struct write_state state = {
    .archive = archive_write_new (), .file = "that a guest is prepared with", .fd = -1, .hash = &hash
  };

  if (state.archive == NULL) {
    out_of_memory ();
    return NULL;
  }
  XXH3_128bits_reset (&hash);
  const int result = write_archive (initramfs, &state);
  archive_write_free (state.archive);
  const XXH128_hash_t sum = XXH3_128bits_digest (&hash);
  return result == -1 ? NULL : text_format ("%016" PRIx64 "%016" PRIx64, sum.high64, sum.low64);
}
