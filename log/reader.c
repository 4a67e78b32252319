/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "log/checksum.h"
#include "log/reader.h"

/* More than this many older operations in flight are not looked at for overlaps: no NBD client has a queue so deep, and a
 * hostile log that completes nothing would cost quadratic time.
 */
#define IN_FLIGHT_MAX 1024

struct scan {
  struct write_log *log;
  uint32_t write_room, flush_room, mark_room;
  uint32_t in_flight[IN_FLIGHT_MAX];    /* numbers of writes */
  size_t in_flight_count;
};

static struct log_record
to_host (const struct log_record *stored)
{
  return (struct log_record) {
    .checksum = le64toh (stored->checksum), .time = le64toh (stored->time), .kind = stored->kind, .flags = stored->flags,
    .device = le16toh (stored->device), .data_size = le32toh (stored->data_size), .offset = le64toh (stored->offset),
    .length = le32toh (stored->length), .reserved = le32toh (stored->reserved),
  };
}

/* What is wrong with a record that touches a range of a device, or NULL. */
static const char *
check_range (const struct write_log *log, const struct log_record *record)
{
  if (record->device >= log->device_count)
    return "names a device that the log does not have";
  if (record->length == 0 || record->length % LOG_SECTOR != 0 || record->offset % LOG_SECTOR != 0)
    return "is not made of whole sectors";
  if (record->offset > log->device_sizes[record->device]
      || record->length > log->device_sizes[record->device] - record->offset)
    return "goes beyond the end of its device";
  return NULL;
}

/* What is wrong with a record's fields, or NULL. */
static const char *
check_fields (const struct write_log *log, const struct log_record *record)
{
  static const char unused[] = "has a value in a field that its kind does not use";
  unsigned flags = record->kind == LOG_ZERO ? LOG_FUA | LOG_MAY_TRIM
    : record->kind == LOG_WRITE || record->kind == LOG_TRIM ? LOG_FUA : 0;

  if (record->flags & ~flags || record->reserved != 0)
    return unused;
  switch (record->kind) {
  case LOG_WRITE:
    return record->data_size != record->length ? "has a length that is not its data's" : check_range (log, record);
  case LOG_ZERO:
  case LOG_TRIM:
    return record->data_size != 0 ? unused : check_range (log, record);
  case LOG_FLUSH:
    if (record->device >= log->device_count)
      return "names a device that the log does not have";
    return record->data_size || record->offset || record->length ? unused : NULL;
  case LOG_COMPLETION:
    return record->data_size != 0 ? unused : NULL;
  case LOG_MARK:
    return record->device || record->offset || record->length ? unused : NULL;
  case LOG_END:
    return record->data_size || record->device || record->offset || record->length ? unused : NULL;
  default:
    return "is of an unknown kind";
  }
}

/* Read the record at OFFSET into *record (host order).  Returns what is wrong with it, or NULL. */
static const char *
read_record (const struct write_log *log, uint64_t offset, struct log_record *record)
{
  uint64_t rest = log->file_size - offset;
  const struct log_record *stored = (const struct log_record *) (log->map + offset);

  if (rest < sizeof *stored)
    return "is cut off";
  *record = to_host (stored);
  if (record->data_size > LOG_DATA_MAX)
    return "is longer than any request";
  if (log_record_size (record->data_size) > rest)
    return "is cut off";
  if (log_record_checksum (stored, log_data_hash (stored + 1, record->data_size), offset) != record->checksum)
    return "has a wrong checksum";
  for (uint64_t at = sizeof *stored + record->data_size; at < log_record_size (record->data_size); at++)
    if (log->map[offset + at] != 0)
      return "is not padded with zeros";
  return check_fields (log, record);
}

/* Make room for one more element in an array of COUNT elements of SIZE bytes. */
static int
grow (void **array, uint32_t count, uint32_t *room, size_t size)
{
  if (count < *room)
    return 0;
  uint32_t more = *room < 64 ? 64 : *room > UINT32_MAX / 2 ? UINT32_MAX : *room * 2;
  void *larger = reallocarray (*array, more, size);
  if (larger == NULL)
    return -1;
  *array = larger;
  *room = more;
  return 0;
}

static bool
overlap (const struct log_write *a, const struct log_write *b)
{
  return a->device == b->device && a->offset_bytes < b->offset_bytes + b->length_bytes
    && b->offset_bytes < a->offset_bytes + a->length_bytes;
}

static int
add_write (struct scan *scan, const struct log_record *record, uint64_t offset, uint32_t position)
{
  struct write_log *log = scan->log;

  if (grow ((void **) &log->writes, log->write_count, &scan->write_room, sizeof *log->writes) == -1)
    return -1;
  struct log_write *write = &log->writes[log->write_count];
  *write = (struct log_write) {
    .data = record->kind == LOG_WRITE ? offset + sizeof *record : 0, .offset_bytes = record->offset,
    .length_bytes = record->length, .issue = position, .completion = LOG_NEVER, .device = record->device,
    .kind = record->kind, .flags = record->flags,
  };
  for (size_t i = 0; i < scan->in_flight_count; i++)
    log->unordered_count += overlap (write, &log->writes[scan->in_flight[i]]);
  if (scan->in_flight_count == IN_FLIGHT_MAX)
    memmove (scan->in_flight, scan->in_flight + 1, --scan->in_flight_count * sizeof scan->in_flight[0]);
  scan->in_flight[scan->in_flight_count++] = log->write_count++;
  return 0;
}

static int
add_flush (struct scan *scan, const struct log_record *record, uint32_t position)
{
  struct write_log *log = scan->log;

  if (grow ((void **) &log->flushes, log->flush_count, &scan->flush_room, sizeof *log->flushes) == -1)
    return -1;
  log->flushes[log->flush_count++] = (struct log_flush) {
    .issue = position, .completion = LOG_NEVER, .device = record->device
  };
  return 0;
}

static int
add_mark (struct scan *scan, const struct log_record *record, const char *text, uint32_t position)
{
  struct write_log *log = scan->log;

  if (grow ((void **) &log->marks, log->mark_count, &scan->mark_room, sizeof *log->marks) == -1)
    return -1;
  log->marks[log->mark_count++] = (struct log_mark) { position, record->data_size, text };
  return 0;
}

/* The number of the first of COUNT elements of SIZE bytes whose position (a uint32_t at OFFSET in it) is above POSITION. */
static uint32_t
count_until (const void *array, uint32_t count, size_t size, size_t offset, uint32_t position)
{
  uint32_t low = 0, high = count;

  while (low < high) {
    uint32_t middle = low + (high - low) / 2;

    if (*(const uint32_t *) ((const char *) array + middle * size + offset) <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint32_t
log_writes_until (const struct write_log *log, uint32_t position)
{
  return count_until (log->writes, log->write_count, sizeof *log->writes, offsetof (struct log_write, issue), position);
}

const struct log_mark *
log_mark_until (const struct write_log *log, uint32_t position)
{
  uint32_t count = count_until (log->marks, log->mark_count, sizeof *log->marks, offsetof (struct log_mark, position), position);

  return count > 0 ? &log->marks[count - 1] : NULL;
}

static void
land (struct scan *scan, uint32_t number)
{
  for (size_t i = 0; i < scan->in_flight_count; i++)
    if (scan->in_flight[i] == number) {
      memmove (scan->in_flight + i, scan->in_flight + i + 1,
               (--scan->in_flight_count - i) * sizeof scan->in_flight[0]);
      return;
    }
}

/* Note a completion.  Returns what is wrong with it, or NULL. */
static const char *
add_completion (struct scan *scan, const struct log_record *record, uint32_t position)
{
  static const char unknown[] = "completes an operation that is not in flight";
  struct write_log *log = scan->log;
  uint32_t completion = record->length == 0 ? position : LOG_NEVER;

  if (record->offset >= position)
    return unknown;
  uint32_t issue = (uint32_t) record->offset;
  uint32_t write_end = log_writes_until (log, issue);
  uint32_t flush_end = count_until (log->flushes, log->flush_count, sizeof *log->flushes,
                                    offsetof (struct log_flush, issue), issue);
  struct log_write *write = write_end > 0 ? &log->writes[write_end - 1] : NULL;
  struct log_flush *flush = flush_end > 0 ? &log->flushes[flush_end - 1] : NULL;

  if (write && write->issue == issue && write->device == record->device && write->completion == LOG_NEVER
      && !(write->flags & LOG_FAILED)) {
    write->completion = completion;
    write->flags |= record->length ? LOG_FAILED : 0;
    land (scan, write_end - 1);
    return NULL;
  }
  if (flush && flush->issue == issue && flush->device == record->device && flush->completion == LOG_NEVER
      && !flush->failed) {
    flush->completion = completion;
    flush->failed = record->length != 0;
    return NULL;
  }
  return unknown;
}

static bool
ends_with_end_record (const struct write_log *log)
{
  struct log_record record;
  uint64_t offset = log->file_size - sizeof record;

  return log->file_size >= log->valid_size + sizeof record && offset % LOG_ALIGN == 0
    && read_record (log, offset, &record) == NULL && record.kind == LOG_END;
}

/* Enter the records up to the first that is not valid.  Returns 0, or -1 with errno. */
static int
scan_records (struct scan *scan)
{
  struct write_log *log = scan->log;
  struct log_record record;
  int r = 0;

  while (log->valid_size < log->file_size && r == 0) {
    uint64_t offset = log->valid_size;
    uint32_t position = log->event_count;

    log->fault = position == LOG_NEVER ? "is one more than a log can hold" : read_record (log, offset, &record);
    if (log->fault == NULL && record.kind == LOG_COMPLETION)
      log->fault = add_completion (scan, &record, position);
    if (log->fault)
      break;
    log->valid_size += log_record_size (record.data_size);
    if (record.kind == LOG_END) {
      bool last = log->valid_size == log->file_size;

      log->end = last ? LOG_CLOSED : LOG_DAMAGED;
      log->fault = last ? NULL : "is behind the end of the log";
      break;
    }
    if (record.kind == LOG_FLUSH)
      r = add_flush (scan, &record, position);
    else if (record.kind == LOG_MARK)
      r = add_mark (scan, &record, log->map + offset + sizeof record, position);
    else if (record.kind != LOG_COMPLETION)
      r = add_write (scan, &record, offset, position);
    log->event_count++;
  }
  return r;
}

static int
scan_log (struct write_log *log)
{
  struct scan *scan = calloc (1, sizeof *scan);
  int r;

  if (scan == NULL)
    return -1;
  scan->log = log;
  log->end = ends_with_end_record (log) ? LOG_DAMAGED : LOG_CUT;
  r = scan_records (scan);
  free (scan);
  return r == -1 ? -1 : log_index_build (&log->index, log->writes, log->write_count);
}

/* What is wrong with the header, or NULL. */
static const char *
read_header (struct write_log *log)
{
  const struct log_header *header = (const struct log_header *) log->map;
  const struct log_device_entry *devices = (const struct log_device_entry *) (header + 1);
  uint64_t header_size = le32toh (header->header_size), needed;

  log->device_count = le32toh (header->device_count);
  log->info_size = le32toh (header->info_size);
  needed = sizeof *header + log->device_count * sizeof *devices + log->info_size;
  if (header_size > log->file_size)
    return "its header is cut off";
  if (log->device_count == 0 || log->device_count > LOG_DEVICES_MAX || log->info_size > LOG_INFO_MAX
      || header_size % LOG_ALIGN != 0 || needed > header_size || header_size - needed >= LOG_ALIGN
      || log_header_checksum (header, header_size) != le64toh (header->checksum))
    return "its header is damaged";
  for (size_t i = 0; i < log->device_count; i++) {
    log->device_sizes[i] = le64toh (devices[i].size_bytes);
    if (log->device_sizes[i] == 0 || log->device_sizes[i] % LOG_SECTOR != 0 || log->device_sizes[i] > INT64_MAX)
      return "its header is damaged";
  }
  log->info = (const char *) (devices + log->device_count);
  if (log->info_size > 0 && log->info[log->info_size - 1] != '\0')
    return "its header is damaged";
  log->created = le64toh (header->created);
  log->valid_size = header_size;
  return NULL;
}

/* Map the file.  Returns 0, or -1 after a message. */
static int
map_file (struct write_log *log)
{
  /* A pipe is no log, and nobody waits for it. */
  CLEANUP_CLOSE int fd = open (log->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat status;
  void *map;

  if (fd == -1 || fstat (fd, &status) == -1) {
    error_message ("%s: %m", log->path);
    return -1;
  }
  if (!S_ISREG (status.st_mode)) {
    error_message ("%s: not a regular file: give the log that was recorded", log->path);
    return -1;
  }
  log->file_size = (uint64_t) status.st_size;
  if (log->file_size < sizeof (struct log_header)) {
    error_message ("%s: not a powercut log: too short", log->path);
    return -1;
  }
  map = mmap (NULL, log->file_size, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    error_message ("%s: cannot map the file: %m", log->path);
    return -1;
  }
  log->map = map;
  return 0;
}

struct write_log *
write_log_open (const char *path)
{
  struct write_log *log = calloc (1, sizeof *log);
  const struct log_header *header;
  const char *fault = NULL;

  if (log == NULL || (log->path = strdup (path)) == NULL) {
    error_message ("%s: out of memory", path);
    free (log);
    return NULL;
  }
  if (map_file (log) == -1)
    goto fail;
  header = (const struct log_header *) log->map;
  if (memcmp (header->magic, LOG_MAGIC, sizeof header->magic) != 0)
    error_message ("%s: not a powercut log", path);
  else if (le32toh (header->version) != LOG_VERSION)
    error_message ("%s: a log of version %u, and this program reads version %d: use the powercut that recorded it", path,
                   le32toh (header->version), LOG_VERSION);
  else if ((fault = read_header (log)) != NULL)
    error_message ("%s: %s: record it again", path, fault);
  else if (scan_log (log) == -1)
    error_message ("%s: %m", path);
  else
    return log;

 fail:
  write_log_close (log);
  return NULL;
}

void
write_log_close (struct write_log *log)
{
  if (log == NULL)
    return;
  log_index_free (&log->index);
  free (log->writes);
  free (log->flushes);
  free (log->marks);
  if (log->map)
    munmap ((void *) log->map, log->file_size);
  free (log->path);
  free (log);
}

char *
log_describe_loss (const struct write_log *log)
{
  uint64_t lost = log->file_size - log->valid_size;
  char *text;

  if (log->end == LOG_CLOSED)
    return NULL;
  if (asprintf (&text, "%s at byte %ju: %s%s; the %u events before it are used, %ju bytes are lost",
                log->end == LOG_CUT ? "cut off" : "damaged", (uintmax_t) log->valid_size,
                log->fault ? "the record there " : "the recorder was not closed", log->fault ? log->fault : "",
                log->event_count, (uintmax_t) lost) == -1)
    return NULL;
  return text;
}

bool
log_mark_is (const struct log_mark *mark, const char *name, const char **rest, size_t *rest_length)
{
  size_t length = strlen (name);
  bool more = mark->length > length;

  if (mark->length < length || memcmp (mark->text, name, length) != 0 || (more && mark->text[length] != ' '))
    return false;
  if (rest) {
    *rest = mark->text + length + more;
    *rest_length = mark->length - length - more;
  }
  return true;
}

bool
log_mark_is_public (const struct log_mark *mark)
{
  static const char own[] = "powercut:";

  return mark->length < sizeof own - 1 || memcmp (mark->text, own, sizeof own - 1) != 0;
}

const struct log_mark *
log_find_mark (const struct write_log *log, const char *name, const char **rest, size_t *rest_length)
{
  for (uint32_t i = 0; i < log->mark_count; i++)
    if (log_mark_is (&log->marks[i], name, rest, rest_length))
      return &log->marks[i];
  return NULL;
}

void
log_cursor_begin (struct log_cursor *cursor, const struct write_log *log)
{
  const struct log_header *header = (const struct log_header *) log->map;

  *cursor = (struct log_cursor) { .log = log, .file_offset = le32toh (header->header_size), .position = 0 };
}

bool
log_cursor_next (struct log_cursor *cursor, struct log_event *event)
{
  const struct write_log *log = cursor->log;

  if (cursor->position == log->event_count)
    return false;
  event->position = cursor->position++;
  event->file_offset = cursor->file_offset;
  event->record = to_host ((const struct log_record *) (log->map + cursor->file_offset));
  event->data = log->map + cursor->file_offset + sizeof event->record;
  cursor->file_offset += log_record_size (event->record.data_size);
  return true;
}
