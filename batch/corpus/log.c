/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/corpus/log.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "log/packed.h"

#define MEMBER "log.bin"        /* of an archive */
#define CHUNK 65536

static int
archive_fault (struct archive *archive, const char *path)
{
  error_message ("%s: %s", path, archive_error_string (archive) ? archive_error_string (archive) : "cannot be read");
  return -1;
}

/* Go to the log in ARCHIVE, the file PATH. */
static int
find_member (struct archive *archive, const char *path)
{
  struct archive_entry *entry;
  int r;

  while ((r = archive_read_next_header (archive, &entry)) == ARCHIVE_OK) {
    const char *name = archive_entry_pathname (entry), *base = name ? strrchr (name, '/') : NULL;

    if (archive_format (archive) == ARCHIVE_FORMAT_RAW || (name && strcmp (base ? base + 1 : name, MEMBER) == 0))
      return 0;
  }
  if (r != ARCHIVE_EOF)
    return archive_fault (archive, path);
  error_message ("%s: has no member " MEMBER, path);
  return -1;
}

/* No filter that is a program of its own: FROM may be a stranger's. */
static int
open_archive (struct archive *archive, const char *path)
{
  if (archive_read_support_filter_gzip (archive) < ARCHIVE_WARN
      || archive_read_support_filter_xz (archive) < ARCHIVE_WARN
      || archive_read_support_filter_zstd (archive) < ARCHIVE_WARN
      || archive_read_support_format_raw (archive) < ARCHIVE_WARN
      || archive_read_support_format_tar (archive) < ARCHIVE_WARN
      || archive_read_open_filename (archive, path, CHUNK) != ARCHIVE_OK)
    return archive_fault (archive, path);
  return find_member (archive, path);
}

static int
write_whole (int fd, const char *data, size_t length, const char *path)
{
  while (length > 0) {
    ssize_t count = write (fd, data, length);

    if (count == -1 && errno == EINTR)
      continue;
    if (count <= 0) {
      error_message ("%s: %m", path);
      return -1;
    }
    data += count;
    length -= (size_t) count;
  }
  return 0;
}

/* Copy the member of ARCHIVE, the file FROM of PACKED_BYTES, to FD, the file TO, if it is no larger than may be. */
static int
copy_out (struct archive *archive, const char *from, uint64_t packed_bytes, int fd, const char *to,
          uint64_t *spare_bytes)
{
  const uint64_t usual = packed_bytes * LOG_UNPACKED_RATIO, limit = usual + *spare_bytes;
  char buffer[CHUNK];
  uint64_t done = 0;
  ssize_t count;

  while ((count = archive_read_data (archive, buffer, sizeof buffer)) > 0) {
    done += (uint64_t) count;
    if (done > limit) {
      error_message ("%s: unpacks to more than %ju KiB, as no log of its size does", from, (uintmax_t) (limit >> 10));
      return -1;
    }
    if (write_whole (fd, buffer, (size_t) count, to) == -1)
      return -1;
  }
  if (done > usual)
    *spare_bytes -= done - usual;
  return count == 0 ? 0 : archive_fault (archive, from);
}

int
log_unpack (const char *from, const char *to, uint64_t *spare_bytes)
{
  CLEANUP_CLOSE int fd = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  struct archive *archive = archive_read_new ();
  struct stat status;
  int r = -1;

  if (fd == -1)
    error_message ("%s: %m", to);
  else if (archive == NULL)
    out_of_memory ();
  else if (stat (from, &status) == -1)
    error_message ("%s: %m", from);
  else if (open_archive (archive, from) == 0)
    r = copy_out (archive, from, (uint64_t) status.st_size, fd, to, spare_bytes);
  if (r == -1 && fd != -1)
    unlink (to);
  archive_read_free (archive);
  return r;
}
