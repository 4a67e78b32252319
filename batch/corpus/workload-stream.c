/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "batch/corpus/case.h"
#include "batch/corpus/workload-stream.h"
#include "checker/workload/language.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"

#define PIECE 65536             /* bytes that are read or written at once */
#define TAR_BLOCK 512

struct workload_stream {
  struct archive *archive;
  const char *name;
  bool writes;
  int64_t read;                 /* bytes, to the end of the last workload */
};

/* Say why the archive cannot be gone on with.  Returns -1. */
static int
fault (const struct workload_stream *stream)
{
  const char *why = archive_error_string (stream->archive);

  error_message ("%s: %s", stream->name, why ? why : stream->writes ? "cannot be written" : "cannot be read");
  return -1;
}

static void
stream_free (struct workload_stream *stream)
{
  if (stream->writes)
    archive_write_free (stream->archive);
  else
    archive_read_free (stream->archive);
  free (stream);
}

static struct workload_stream *
stream_new (const char *name, bool writes)
{
  struct workload_stream *stream = malloc (sizeof *stream);

  if (stream)
    *stream = (struct workload_stream) {
      .archive = writes ? archive_write_new () : archive_read_new (), .name = name, .writes = writes
    };
  if (stream && stream->archive)
    return stream;
  free (stream);
  out_of_memory ();
  return NULL;
}

struct workload_stream *
workload_stream_writer (int fd, const char *name)
{
  struct workload_stream *stream = stream_new (name, true);

  if (stream == NULL || (archive_write_set_format_ustar (stream->archive) == ARCHIVE_OK
                         && archive_write_open_fd (stream->archive, fd) == ARCHIVE_OK))
    return stream;
  fault (stream);
  stream_free (stream);
  return NULL;
}

struct workload_stream *
workload_stream_reader (int fd, const char *name)
{
  struct workload_stream *stream = stream_new (name, false);

  if (stream == NULL)
    return NULL;
  archive_read_support_filter_all (stream->archive);
  archive_read_support_format_tar (stream->archive);
  archive_read_support_format_empty (stream->archive);
  /* One that comes after another, as that of another shard of gen, is not left out. */
  if (archive_read_set_format_option (stream->archive, "tar", "read_concatenated_archives", "1") == ARCHIVE_OK
      && archive_read_open_fd (stream->archive, fd, PIECE) == ARCHIVE_OK)
    return stream;
  fault (stream);
  stream_free (stream);
  return NULL;
}

int
workload_stream_add (struct workload_stream *stream, const char *name, const char *text)
{
  CLEANUP_FREE char *line = text_format ("%s\n", text);
  const size_t length = line ? strlen (line) : 0;
  struct archive_entry *entry = line ? archive_entry_new () : NULL;
  int r;

  if (line == NULL)
    return -1;
  if (entry == NULL)
    return out_of_memory ();
  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, (int64_t) length);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  r = archive_write_header (stream->archive, entry) == ARCHIVE_OK
    && archive_write_data (stream->archive, line, length) == (la_ssize_t) length ? 0 : fault (stream);
  archive_entry_free (entry);
  return r;
}

/* What the file PATH is called, to free, or NULL after a message: a name that can be a case's, and nothing else. */
static char *
take_name (const struct workload_stream *stream, const char *path)
{
  const char *slash = path ? strrchr (path, '/') : NULL;
  const char *base = slash ? slash + 1 : path;

  if (base && strlen (base) > strlen (CASE_SUFFIX) && text_ends_with (base, CASE_SUFFIX) && *base != '.')
    return text_format ("%s", base);
  error_message ("%s: %s: is no NAME" CASE_SUFFIX, stream->name, path ? path : "a file");
  return NULL;
}

/* The text of the file at which the archive stands, to free, or NULL after a message. */
static char *
take_text (const struct workload_stream *stream, const char *name)
{
  char *text = malloc (WORKLOAD_TEXT_MAX + 2);
  size_t length = 0;
  la_ssize_t got = 0;

  if (text == NULL) {
    out_of_memory ();
    return NULL;
  }
  do {
    got = archive_read_data (stream->archive, text + length, WORKLOAD_TEXT_MAX + 1 - length);
    length += got > 0 ? (size_t) got : 0;
  } while (got > 0);
  text[length] = '\0';
  if (got == 0 && length <= WORKLOAD_TEXT_MAX && strlen (text) == length)
    return text;
  if (got < 0)
    fault (stream);
  else
    error_message ("%s: %s: a workload is at most %d bytes of text", stream->name, name, WORKLOAD_TEXT_MAX);
  free (text);
  return NULL;
}

/* A tar archive ends with blocks of zeros: one that does not was cut off between two files, as by the end of whoever
 * wrote it.  Returns 0, or -1 after a message.
 */
static int
check_end (const struct workload_stream *stream)
{
  if (stream->read == 0 || archive_filter_bytes (stream->archive, 0) - stream->read >= TAR_BLOCK)
    return 0;
  error_message ("%s: has no end: whoever wrote it did not come to it", stream->name);
  return -1;
}

/* A link is a workload of the same text, which tar leaves out: it would be missed. */
static int
refuse_entry (const struct workload_stream *stream, struct archive_entry *entry)
{
  const char *path = archive_entry_pathname (entry);

  error_message ("%s: %s: is no regular file, or a link to one: make it a file of its own", stream->name,
                 path ? path : "a file");
  return -1;
}

int
workload_stream_next (struct workload_stream *stream, char **name, char **text)
{
  struct archive_entry *entry;
  int r;

  do
    r = archive_read_next_header (stream->archive, &entry);
  while (r == ARCHIVE_OK && archive_entry_filetype (entry) == AE_IFDIR);
  if (r == ARCHIVE_EOF)
    return check_end (stream);
  if (r != ARCHIVE_OK)
    return fault (stream);
  if (archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry))
    return refuse_entry (stream, entry);
  *name = take_name (stream, archive_entry_pathname (entry));
  *text = *name ? take_text (stream, *name) : NULL;
  stream->read = archive_filter_bytes (stream->archive, 0);
  if (*text)
    return 1;
  free (*name);
  return -1;
}

int
workload_stream_end (struct workload_stream *stream)
{
  int r = 0;

  if (stream == NULL)
    return 0;
  if (stream->writes && archive_write_close (stream->archive) != ARCHIVE_OK)
    r = fault (stream);
  stream_free (stream);
  return r;
}
