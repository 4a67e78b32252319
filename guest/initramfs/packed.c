/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading an archive that anybody may have made: it is unpacked into the initramfs, never into a folder of the host. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"

struct unpacker {
  struct initramfs *initramfs;
  struct archive *archive;
  const struct packed_piece *next, *end;
  const char *root, *name;
  int64_t bytes;                /* of the contents so far */
  size_t entries;
};

static la_ssize_t
next_piece (struct archive *archive, void *opaque, const void **data)
{
  struct unpacker *unpacker = opaque;

  (void) archive;
  if (unpacker->next == unpacker->end)
    return 0;
  *data = unpacker->next->data;
  return (la_ssize_t) unpacker->next++->length;
}

static int
fault (const struct unpacker *unpacker, const char *what)
{
  error_message ("%s: the files that it carries are damaged: %s", unpacker->name, what ? what : "they cannot be read");
  return -1;
}

/* Whether PATH, relative, is what initramfs_pack writes: no empty component, no `.` and no `..`. */
static bool
is_clean (const char *path)
{
  while (path && *path) {
    size_t length = strcspn (path, "/");

    if (length == 0 || (length <= 2 && memcmp (path, "..", length) == 0))
      return false;
    path += length;
    if (*path == '/' && *++path == '\0')
      return false;
  }
  return path != NULL;
}

/* The contents of the file at which the archive stands, LENGTH bytes, to free; NUL behind them. */
static char *
read_contents (const struct unpacker *unpacker, size_t length)
{
  char *data = malloc (length + 1);

  if (data == NULL) {
    error_message ("out of memory");
    return NULL;
  }
  if (archive_read_data (unpacker->archive, data, length) != (la_ssize_t) length) {
    fault (unpacker, archive_error_string (unpacker->archive));
    free (data);
    return NULL;
  }
  data[length] = '\0';
  return data;
}

/* The new object for HEADER, without contents. */
static struct initramfs_entry *
add_entry (const struct unpacker *unpacker, struct archive_entry *header)
{
  const char *path = archive_entry_pathname (header);
  mode_t mode = archive_entry_mode (header);
  CLEANUP_FREE char *guest = is_clean (path) ? text_format ("%s/%s", unpacker->root, path) : NULL;
  struct initramfs_entry *entry = NULL;
  bool is_new = false;

  /* Folders all have one inode number, and look like links of the first. */
  if (guest && (S_ISDIR (mode) || ((S_ISREG (mode) || S_ISLNK (mode)) && archive_entry_hardlink (header) == NULL))
      && (entry = initramfs_entry (unpacker->initramfs, guest, mode, &is_new)) == NULL)
    return NULL;
  /* Another path than was asked for: it leads through a link. */
  if (entry && strcmp (entry->path, guest) == 0 && (is_new || S_ISDIR (mode))) {
    entry->owner = (uid_t) archive_entry_uid (header);
    entry->group = (gid_t) archive_entry_gid (header);
    entry->seconds = archive_entry_mtime (header);
    return entry;
  }
  fault (unpacker, "one is no file, folder or symbolic link, is there twice, or leads elsewhere");
  return NULL;
}

static int
unpack_entry (struct unpacker *unpacker, struct archive_entry *header)
{
  const char *target = archive_entry_symlink (header);
  int64_t size = archive_entry_size (header);

  if (++unpacker->entries > PACKED_ENTRIES_MAX || size < 0 || size > PACKED_MAX - unpacker->bytes) {
    error_message ("%s: the files that it carries are too large: more than %jd MiB or %d files", unpacker->name,
                   (intmax_t) PACKED_MAX >> 20, PACKED_ENTRIES_MAX);
    return -1;
  }
  struct initramfs_entry *entry = add_entry (unpacker, header);
  if (entry == NULL)
    return -1;
  if (S_ISREG (entry->mode)) {
    entry->data = read_contents (unpacker, (size_t) size);
    entry->length = (size_t) size;
    unpacker->bytes += size;
  }
  else if (S_ISLNK (entry->mode)) {
    if (target == NULL || *target == '\0')
      return fault (unpacker, "a symbolic link leads nowhere");
    entry->data = text_format ("%s", target);
    entry->length = strlen (target);
  }
  return S_ISDIR (entry->mode) || entry->data ? 0 : -1;
}

static int
unpack (struct unpacker *unpacker)
{
  struct archive *archive = unpacker->archive;
  struct archive_entry *header;
  int r = 0, status = ARCHIVE_OK;

  /* ARCHIVE_WARN: a program would be run for it. */
  if (archive_read_support_filter_zstd (archive) != ARCHIVE_OK
      || archive_read_support_format_cpio (archive) != ARCHIVE_OK
      || archive_read_open (archive, unpacker, NULL, next_piece, NULL) != ARCHIVE_OK)
    return fault (unpacker, archive_error_string (archive));
  while (r == 0 && (status = archive_read_next_header (archive, &header)) == ARCHIVE_OK)
    r = unpack_entry (unpacker, header);
  return r == 0 && status != ARCHIVE_EOF ? fault (unpacker, archive_error_string (archive)) : r;
}

/* The folders that a guest mounts something on. */
static int
add_mount_points (struct initramfs *initramfs, const char *root)
{
  static const char *const folders[] = { "dev", "mnt", "proc", "sys", "tmp" };

  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    CLEANUP_FREE char *guest = text_format ("%s/%s", root, folders[i]);
    bool is_new;

    if (guest == NULL || initramfs_entry (initramfs, guest, S_IFDIR | 0755, &is_new) == NULL)
      return -1;
  }
  return 0;
}

int
initramfs_add_packed (struct initramfs *initramfs, const struct packed_piece *pieces, size_t count, const char *root,
                      const char *name)
{
  struct unpacker unpacker = {
    .initramfs = initramfs, .archive = archive_read_new (), .next = pieces, .end = pieces + count, .root = root,
    .name = name
  };

  if (unpacker.archive == NULL)
    return out_of_memory ();
  int r = unpack (&unpacker);
  archive_read_free (unpacker.archive);
  return r == 0 ? add_mount_points (initramfs, root) : -1;
}
