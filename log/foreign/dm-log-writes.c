/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log/base-image.h"
#include "log/foreign/dm-log-writes.h"
#include "log/foreign/file.h"

int
dm_log_open (struct dm_log *log, const char *path, uint64_t known_flags)
{
  struct dm_log_super super;

  *log = (struct dm_log) { .path = path, .known_flags = known_flags };
  if (foreign_file_map (path, sizeof super, "a log of dm-log-writes or blklogwrites", &log->map, &log->file_size) == -1)
    return -1;
  memcpy (&super, log->map, sizeof super);
  log->sector_bytes = le32toh (super.sectorsize);
  log->counted = le64toh (super.nr_entries);
  log->offset = log->sector_bytes;
  if (le64toh (super.magic) != DM_LOG_MAGIC)
    foreign_file_fault (path, 0, "wrong magic: not a log of dm-log-writes or blklogwrites, or one that was never "
                        "flushed");
  else if (le64toh (super.version) != DM_LOG_VERSION)
    foreign_file_fault (path, offsetof (struct dm_log_super, version), "version %" PRIu64 ", and %d is known",
                        le64toh (super.version), DM_LOG_VERSION);
  else if (log->sector_bytes < DM_LOG_SECTOR_MIN || log->sector_bytes > DM_LOG_SECTOR_MAX
           || (log->sector_bytes & (log->sector_bytes - 1)) != 0)
    foreign_file_fault (path, offsetof (struct dm_log_super, sectorsize), "a sector size of %" PRIu32 " bytes",
                        log->sector_bytes);
  else
    return 0;
  dm_log_close (log);
  return -1;
}

void
dm_log_close (struct dm_log *log)
{
  if (log->map)
    munmap ((void *) log->map, log->file_size);
  log->map = NULL;
}

/* Read a mark at OFFSET; ENTRY is in host order.  Returns what is wrong with it, and where in *at, or NULL. */
static const char *
read_mark (const struct dm_log *log, uint64_t offset, const struct dm_log_entry *entry, struct dm_log_request *request,
           uint64_t *at)
{
  if (entry->flags != DM_LOG_MARK) {
    *at = offset + offsetof (struct dm_log_entry, flags);
    return "an entry that is a mark and something else, too";
  }
  if (entry->nr_sectors != 0) {
    *at = offset + offsetof (struct dm_log_entry, nr_sectors);
    return "a mark with sectors";
  }
  if (entry->data_len > log->sector_bytes - sizeof *entry) {
    *at = offset + offsetof (struct dm_log_entry, data_len);
    return "a mark that is longer than its sector";
  }
  request->data = log->map + offset + sizeof *entry;
  request->text_length = (uint32_t) entry->data_len;
  return NULL;
}

/* The same for an entry that is no mark. */
static const char *
read_operation (const struct dm_log *log, uint64_t offset, const struct dm_log_entry *entry,
                struct dm_log_request *request, uint64_t *at)
{
  const uint64_t sectors_max = INT64_MAX / log->sector_bytes;
  const bool discard = entry->flags & DM_LOG_DISCARD;

  *at = offset + offsetof (struct dm_log_entry, sector);
  if (entry->sector > sectors_max)
    return "a sector beyond any device";
  *at = offset + offsetof (struct dm_log_entry, nr_sectors);
  if (entry->nr_sectors > sectors_max - entry->sector)
    return "more sectors than any device has";
  request->offset_bytes = entry->sector * log->sector_bytes;
  request->length_bytes = entry->nr_sectors * log->sector_bytes;
  if (request->length_bytes == 0 && !(entry->flags & DM_LOG_FLUSH))
    return "an entry that does nothing, where nr_entries says that there is one";
  if (!discard && request->length_bytes > log->file_size - offset - log->sector_bytes)
    return "an entry whose data go beyond the end of the file";
  if (request->length_bytes % LOG_SECTOR != 0 || (request->length_bytes > 0 && request->offset_bytes % LOG_SECTOR != 0))
    return "an entry that is not made of whole sectors of 512 bytes";
  *at = offset + offsetof (struct dm_log_entry, data_len);
  if (entry->data_len != 0 && (discard || entry->data_len != request->length_bytes))
    return "a length of data that is not that of the sectors";
  if (!discard && request->length_bytes > 0)
    request->data = log->map + offset + log->sector_bytes;
  return NULL;
}

/* Read the entry at the log's offset into *request.  Returns what is wrong with it, and where in *at, or NULL. */
static const char *
read_entry (const struct dm_log *log, struct dm_log_request *request, uint64_t *at)
{
  const uint64_t offset = log->offset;
  struct dm_log_entry entry;

  *at = offset;
  *request = (struct dm_log_request) { .file_offset = offset };
  if (offset > log->file_size || log->file_size - offset < log->sector_bytes)
    return "the file ends where nr_entries says that an entry is";
  memcpy (&entry, log->map + offset, sizeof entry);
  entry.sector = le64toh (entry.sector);
  entry.nr_sectors = le64toh (entry.nr_sectors);
  entry.flags = le64toh (entry.flags);
  entry.data_len = le64toh (entry.data_len);
  request->flags = entry.flags;
  if (entry.flags & ~log->known_flags) {
    *at = offset + offsetof (struct dm_log_entry, flags);
    return "an entry with flags that are not known";
  }
  return entry.flags & DM_LOG_MARK ? read_mark (log, offset, &entry, request, at)
    : read_operation (log, offset, &entry, request, at);
}

/* Whether the rest of a valid entry's sector is zeros, as every writer leaves it: data that happen to lie behind the
 * last entry are hardly so.
 */
static bool
is_padded (const struct dm_log *log, const struct dm_log_request *request)
{
  uint64_t used = sizeof (struct dm_log_entry) + request->text_length;

  return used == log->sector_bytes || data_is_zero (log->map + request->file_offset + used, log->sector_bytes - used);
}

int
dm_log_next (struct dm_log *log, struct dm_log_request *request)
{
  const bool counted = log->entries < log->counted;
  uint64_t at;
  const char *fault = read_entry (log, request, &at);

  if (!counted && (fault || !is_padded (log, request) || log->uncounted_flags & (DM_LOG_FUA | DM_LOG_MARK)))
    return 0;
  if (fault)
    return foreign_file_fault (log->path, at, "%s (entry %ju of %ju)", fault, (uintmax_t) log->entries + 1,
                               (uintmax_t) log->counted);
  log->entries++;
  if (!counted)
    log->uncounted_flags |= request->flags;
  log->offset += log->sector_bytes;
  if (!(request->flags & DM_LOG_DISCARD))
    log->offset += request->length_bytes;
  return 1;
}

struct dm_log_writer {
  FILE *file;
  uint64_t entries;
};

/* Write an entry with TEXT behind it, as a whole sector. */
static int
put_entry (struct dm_log_writer *writer, const struct dm_log_entry *entry, const char *text, size_t length)
{
  char sector[LOG_SECTOR] = { 0 };

  memcpy (sector, entry, sizeof *entry);
  if (length > 0)
    memcpy (sector + sizeof *entry, text, length);
  writer->entries++;
  return fwrite (sector, sizeof sector, 1, writer->file) == 1 ? 0 : -1;
}

struct dm_log_writer *
dm_log_create (const char *path)
{
  struct dm_log_writer *writer = calloc (1, sizeof *writer);

  if (writer == NULL)
    return NULL;
  writer->file = fopen (path, "we");
  if (writer->file == NULL || fseeko (writer->file, LOG_SECTOR, SEEK_SET) == -1) {
    if (writer->file)
      fclose (writer->file);
    free (writer);
    return NULL;
  }
  return writer;
}

int
dm_log_put (struct dm_log_writer *writer, uint64_t flags, uint64_t offset_bytes, uint64_t length_bytes,
            const void *data)
{
  const struct dm_log_entry entry = {
    .sector = htole64 (offset_bytes / LOG_SECTOR), .nr_sectors = htole64 (length_bytes / LOG_SECTOR),
    .flags = htole64 (flags)
  };

  if (put_entry (writer, &entry, NULL, 0) == -1)
    return -1;
  if (length_bytes == 0 || flags & DM_LOG_DISCARD)
    return 0;
  if (data == NULL)
    return fseeko (writer->file, (off_t) length_bytes, SEEK_CUR);       /* a hole reads as zeros */
  return fwrite (data, length_bytes, 1, writer->file) == 1 ? 0 : -1;
}

int
dm_log_put_mark (struct dm_log_writer *writer, const char *text, size_t length)
{
  const struct dm_log_entry entry = { .flags = htole64 (DM_LOG_MARK), .data_len = htole64 (length) };

  return put_entry (writer, &entry, text, length);
}

int
dm_log_finish (struct dm_log_writer *writer)
{
  char sector[LOG_SECTOR] = { 0 };
  const struct dm_log_super super = {
    .magic = htole64 (DM_LOG_MAGIC), .version = htole64 (DM_LOG_VERSION), .nr_entries = htole64 (writer->entries),
    .sectorsize = htole32 (LOG_SECTOR)
  };
  off_t end = ftello (writer->file);
  int r = -1;

  memcpy (sector, &super, sizeof super);
  if (end != -1 && fseeko (writer->file, 0, SEEK_SET) == 0 && fwrite (sector, sizeof sector, 1, writer->file) == 1
      && fflush (writer->file) == 0)
    r = ftruncate (fileno (writer->file), end); /* zeros at the end are a hole that nobody wrote */
  if (fclose (writer->file) == EOF)
    r = -1;
  free (writer);
  return r;
}
