/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because everything that makes a log valid or not is looked at here. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "log/checksum.h"
#include "log/reader.h"
#include "log/record.h"
#include "log/trims.h"

/* More than this many older operations in flight are not looked at for overlaps, and that is counted: no NBD client has
 * a queue so deep, and a hostile log that completes nothing would cost quadratic time.
 */
#define IN_FLIGHT_MAX 1024

struct scan {
  struct write_log *log;
  uint32_t in_flight[IN_FLIGHT_MAX];    /* numbers of writes */
  size_t in_flight_count;
  uint32_t forgotten;           /* writes in flight that are not among them */
  uint32_t operations;          /* in flight, of any kind */
  struct order_pair *pairs;     /* of overlapping ones, up to ORDER_PAIRS_MAX */
  size_t pair_count;
};

bool
log_writes_overlap (const struct log_write *a, const struct log_write *b)
{
  return a->device == b->device && a->offset_bytes < b->offset_bytes + b->length_bytes
    && b->offset_bytes < a->offset_bytes + a->length_bytes;
}

static void
note_issue (struct scan *scan)
{
  struct write_log *log = scan->log;

  log->in_flight_count += scan->operations > 0;
  if (++scan->operations > log->in_flight_max)
    log->in_flight_max = scan->operations;
}

/* Note which writes that are in flight number NUMBER overlaps, which is issued now. */
static int
note_pairs (struct scan *scan, uint32_t number)
{
  struct write_log *log = scan->log;

  log->uncompared_count += scan->forgotten > 0;
  for (size_t i = 0; i < scan->in_flight_count; i++) {
    struct order_pair *pair;

    if (!log_writes_overlap (&log->writes[number], &log->writes[scan->in_flight[i]]))
      continue;
    log->unordered_count++;
    if (scan->pair_count == ORDER_PAIRS_MAX)
      continue;
    pair = array_add (scan->pairs, scan->pair_count);
    if (pair == NULL)
      return -1;
    *pair = (struct order_pair) { scan->in_flight[i], number };
  }
  return 0;
}

static int
add_write (struct scan *scan, const struct log_record *record, uint64_t offset, uint32_t position)
{
  struct write_log *log = scan->log;
  const uint32_t number = log->write_count;
  struct log_write *write = array_add (log->writes, log->write_count);

  if (write == NULL)
    return -1;
  *write = (struct log_write) {
    .data = record->kind == LOG_WRITE ? offset + sizeof *record : 0, .offset_bytes = record->offset,
    .length_bytes = record->length, .issue = position, .completion = LOG_NEVER, .device = record->device,
    .kind = record->kind, .flags = record->flags,
  };
  note_issue (scan);
  if (note_pairs (scan, number) == -1)
    return -1;
  if (scan->in_flight_count == IN_FLIGHT_MAX) {
    memmove (scan->in_flight, scan->in_flight + 1, --scan->in_flight_count * sizeof scan->in_flight[0]);
    scan->forgotten++;
  }
  scan->in_flight[scan->in_flight_count++] = number;
  return 0;
}

static int
add_flush (struct scan *scan, const struct log_record *record, uint32_t position)
{
  struct log_flush *flush = array_add (scan->log->flushes, scan->log->flush_count);

  if (flush == NULL)
    return -1;
  *flush = (struct log_flush) { .issue = position, .completion = LOG_NEVER, .device = record->device };
  note_issue (scan);
  return 0;
}

static int
add_mark (struct scan *scan, const struct log_record *record, const char *text, uint32_t position)
{
  struct log_mark *mark = array_add (scan->log->marks, scan->log->mark_count);

  if (mark == NULL)
    return -1;
  *mark = (struct log_mark) { position, record->data_size, text };
  return 0;
}

/* The number of the first of COUNT elements of SIZE bytes whose position (a uint32_t at OFFSET in it) is above
 * POSITION.
 */
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

static void
land (struct scan *scan, uint32_t number)
{
  for (size_t i = 0; i < scan->in_flight_count; i++)
    if (scan->in_flight[i] == number) {
      memmove (scan->in_flight + i, scan->in_flight + i + 1,
               (--scan->in_flight_count - i) * sizeof scan->in_flight[0]);
      return;
    }
  scan->forgotten--;
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
    scan->operations--;
    return NULL;
  }
  if (flush && flush->issue == issue && flush->device == record->device && flush->completion == LOG_NEVER
      && !flush->failed) {
    flush->completion = completion;
    flush->failed = record->length != 0;
    scan->operations--;
    return NULL;
  }
  return unknown;
}

static bool
is_damaged (const struct write_log *log)
{
  return log->packed && log_packed_is_damaged (log->packed);
}

static bool
ends_with_end_record (const struct write_log *log)
{
  struct log_record record;
  uint64_t offset = log->file_size - sizeof record;

  return log->file_size >= log->valid_size + sizeof record && offset % LOG_ALIGN == 0
    && log_record_read (log, offset, &record) == NULL && record.kind == LOG_END;
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

    log->fault = position == LOG_NEVER ? "is one more than a log can hold" : log_record_read (log, offset, &record);
    if (log->fault == NULL && record.kind == LOG_COMPLETION)
      log->fault = add_completion (scan, &record, position);
    if (log->fault)
      break;
    log->valid_size += log_record_size (record.data_size);
    if (record.kind == LOG_END) {
      bool last = log->valid_size == log->file_size && !is_damaged (log);

      log->end = last ? LOG_END_CLOSED : LOG_END_DAMAGED;
      log->fault = last ? NULL : "is behind the end of the log";
      break;
    }
    if (record.kind == LOG_FLUSH)
      r = add_flush (scan, &record, position);
    else if (record.kind == LOG_MARK)
      r = add_mark (scan, &record, log->map + offset + sizeof record, position);
    else if (record.kind != LOG_COMPLETION)
      r = add_write (scan, &record, offset, position);
    if (log->packed)
      (record.kind == LOG_MARK ? log_packed_stay : log_packed_pass) (log->packed, log->valid_size);
    log->event_count++;
  }
  if (log->fault == NULL && log->end == LOG_END_DAMAGED)
    log->fault = "is in a damaged part of the compressed file";
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
  log->end = is_damaged (log) || ends_with_end_record (log) ? LOG_END_DAMAGED : LOG_END_CUT;
  r = scan_records (scan);
  if (r == 0)
    r = log_orders_build (log, scan->pairs, scan->pair_count);
  log->orders.left_out += log->unordered_count - (uint32_t) scan->pair_count;
  free_all (scan->pairs, scan);
  log_doubt_trims (log);
  return r == -1 ? -1 : log_index_build (&log->index, log->writes, log->write_count);
}

/* What is wrong with the header, or NULL. */
static const char *
read_header (struct write_log *log)
{
  const struct log_header *header = (const struct log_header *) log_bytes (log, 0, sizeof *header);
  const struct log_device_entry *devices = (const struct log_device_entry *) (header + 1);
  uint64_t header_size = le32toh (header->header_size), needed;

  log->device_count = le32toh (header->device_count);
  log->info_size = le32toh (header->info_size);
  needed = sizeof *header + log->device_count * sizeof *devices + log->info_size;
  if (header_size > log->file_size)
    return "its header is cut off";
  log_bytes (log, 0, header_size);
  if (log->packed)
    log_packed_stay (log->packed, header_size);
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
  if (!log_is_packed (map, log->file_size))
    return 0;
  log->packed = log_packed_open (log->path, map, log->file_size);
  log->map = log->packed ? log_packed_bytes (log->packed) : NULL;
  log->file_size = log->packed ? log_packed_size (log->packed) : 0;
  if (log->packed && log->file_size < sizeof (struct log_header))
    error_message ("%s: not a powercut log: too short", log->path);
  return log->file_size < sizeof (struct log_header) ? -1 : 0;
}

struct write_log *
write_log_open (const char *path)
{
  struct write_log *log = calloc (1, sizeof *log);
  const struct log_header *header;
  const char *fault = NULL;

  if (log == NULL || (log->path = strdup (path)) == NULL || (log->file = strdup (path)) == NULL) {
    error_message ("%s: out of memory", path);
    write_log_close (log);
    return NULL;
  }
  if (map_file (log) == -1)
    goto fail;
  header = (const struct log_header *) log_bytes (log, 0, sizeof *header);
  if (memcmp (header->magic, LOG_MAGIC, sizeof header->magic) != 0)
    error_message ("%s: not a powercut log", path);
  else if (le32toh (header->version) != LOG_VERSION)
    error_message ("%s: a log of version %u, and this program reads version %d: use the powercut that recorded it",
                   path, le32toh (header->version), LOG_VERSION);
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
  log_orders_free (&log->orders);
  log_packed_close (log->packed);
  if (log->map && log->packed == NULL)
    munmap ((void *) log->map, log->file_size);
  free_all (log->writes, log->flushes, log->marks, log->path, log->file, log);
}

char *
log_describe_loss (const struct write_log *log)
{
  uint64_t lost = log->file_size - log->valid_size;
  char *text;

  if (log->end == LOG_END_CLOSED)
    return NULL;
  if (asprintf (&text, "%s at byte %ju: %s%s; the %u events before it are used, %ju bytes are lost",
                log->end == LOG_END_CUT ? "cut off" : "damaged", (uintmax_t) log->valid_size,
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
  event->record = log_record_at (log, cursor->file_offset);
  event->data = log_bytes (log, cursor->file_offset + sizeof event->record, event->record.data_size);
  cursor->file_offset += log_record_size (event->record.data_size);
  return true;
}
