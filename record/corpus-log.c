/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "record/corpus-log.h"

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

static int
open_archive (struct archive *archive, const char *path)
{
  if (archive_read_support_filter_all (archive) < ARCHIVE_WARN || archive_read_support_format_raw (archive) < ARCHIVE_WARN
      || archive_read_support_format_tar (archive) < ARCHIVE_WARN
      || archive_read_open_filename (archive, path, CHUNK) != ARCHIVE_OK)
    return archive_fault (archive, path);
  return find_member (archive, path);
}

int
log_unpack (const char *from, const char *to)
{
  CLEANUP_CLOSE int fd = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  struct archive *archive = archive_read_new ();
  int r = -1;

  if (fd == -1)
    error_message ("%s: %m", to);
  else if (archive == NULL)
    error_message ("out of memory");
  else if (open_archive (archive, from) == 0) {
    r = archive_read_data_into_fd (archive, fd) == ARCHIVE_OK ? 0 : archive_fault (archive, from);
    if (r == -1)
      unlink (to);
  }
  archive_read_free (archive);
  return r;
}

/* Copy the open file FROM into ARCHIVE. */
static int
copy_into (struct archive *archive, int from, const char *path)
{
  char buffer[CHUNK];
  ssize_t count;

  while ((count = read (from, buffer, sizeof buffer)) > 0)
    if (archive_write_data (archive, buffer, (size_t) count) != count)
      return archive_fault (archive, path);
  if (count == -1)
    error_message ("%s: %m", path);
  return count == 0 ? 0 : -1;
}

/* Begin ARCHIVE: one file without a name. */
static int
begin_archive (struct archive *archive, const char *path)
{
  struct archive_entry *entry = archive_entry_new ();
  int r = 0;

  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_pathname (entry, MEMBER);
  if (archive_write_add_filter_zstd (archive) != ARCHIVE_OK || archive_write_set_format_raw (archive) != ARCHIVE_OK
      || archive_write_open_filename (archive, path) != ARCHIVE_OK || archive_write_header (archive, entry) != ARCHIVE_OK)
    r = archive_fault (archive, path);
  archive_entry_free (entry);
  return r;
}

int
log_pack (const char *from, const char *to)
{
  CLEANUP_CLOSE int fd = open (from, O_RDONLY | O_CLOEXEC);
  struct archive *archive;
  int r;

  if (fd == -1) {
    error_message ("%s: %m", from);
    return -1;
  }
  archive = archive_write_new ();
  r = archive ? begin_archive (archive, to) : -1;
  if (r == 0)
    r = copy_into (archive, fd, from);
  if (r == 0 && archive_write_close (archive) != ARCHIVE_OK)
    r = archive_fault (archive, to);
  archive_write_free (archive);
  if (r == -1)
    unlink (to);
  return r;
}
