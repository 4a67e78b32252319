/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/text.h"
#include "log/info.h"
#include "log/record.h"
#include "replay/fault.h"
#include "replay/search/model.h"

static const char *const kind_names[] = {
  [FAULT_LOST_FLUSH] = "lost-flush", [FAULT_LOST_FUA] = "lost-fua", [FAULT_MISDIRECTED] = "misdirected",
  [FAULT_BITROT] = "bitrot"
};

/* What a place of the kind must be. */
static const char *const kind_places[] = {
  [FAULT_LOST_FLUSH] = "the position of a flush that was completed",
  [FAULT_LOST_FUA] = "the position of an operation with FUA that was completed",
  [FAULT_MISDIRECTED] = "the position of a write that has room beside it",
  [FAULT_BITROT] = "the number of a block of 4096 bytes to which the log writes, with NAME: before it on several disks"
};

/* The kind that TEXT begins with, or -1; *rest, if not NULL, is what stands after its colon, or NULL. */
static int
kind_of (const char *text, const char **rest)
{
  const char *colon = strchr (text, ':');
  const size_t length = colon ? (size_t) (colon - text) : strlen (text);

  if (rest)
    *rest = colon ? colon + 1 : NULL;
  for (int kind = FAULT_LOST_FLUSH; kind <= FAULT_BITROT; kind++)
    if (strlen (kind_names[kind]) == length && strncmp (text, kind_names[kind], length) == 0)
      return kind;
  return -1;
}

int
fault_check (const char *text)
{
  if (kind_of (text, NULL) != -1)
    return 0;
  error_message ("--fault=%s: lost-flush, lost-fua, misdirected or bitrot, perhaps with :PLACE", text);
  return -1;
}

bool
fault_is_one (const char *text)
{
  return strchr (text, ':') != NULL;
}

static bool
is_in (uint32_t position, uint32_t first, uint32_t last)
{
  return first <= position && position <= last;
}

static int
add_fault (struct fault **faults, size_t *count, enum fault_kind kind, uint16_t device, uint64_t place)
{
  struct fault *added = array_add (*faults, *count);

  if (added == NULL)
    return out_of_memory ();
  *added = (struct fault) { .kind = kind, .device = device, .place = place };
  return 0;
}

/* Where WRITE lands when it is misdirected, or where it is if there is no room. */
static uint64_t
landing (const struct write_log *log, const struct log_write *write)
{
  if (write->length_bytes <= log->device_sizes[write->device] - write->offset_bytes - write->length_bytes)
    return write->offset_bytes + write->length_bytes;
  return write->offset_bytes >= write->length_bytes ? write->offset_bytes - write->length_bytes : write->offset_bytes;
}

/* Whether KIND, of a place that is a position, can befall WRITE. */
static bool
befalls (const struct write_log *log, enum fault_kind kind, const struct log_write *write)
{
  if (kind == FAULT_LOST_FUA)
    return (write->flags & LOG_FLAG_FUA) && write->completion != LOG_NEVER;
  return kind == FAULT_MISDIRECTED && write->kind == LOG_WRITE && landing (log, write) != write->offset_bytes;
}

/* Add the faults of a KIND whose places are positions from FIRST to LAST. */
static int
find_operations (const struct write_log *log, enum fault_kind kind, uint32_t first, uint32_t last,
                 struct fault **faults, size_t *count)
{
  for (uint32_t i = 0; i < log->flush_count && kind == FAULT_LOST_FLUSH; i++) {
    const struct log_flush *flush = &log->flushes[i];

    if (is_in (flush->issue, first, last) && flush->completion != LOG_NEVER
        && add_fault (faults, count, kind, flush->device, flush->issue) == -1)
      return -1;
  }
  for (uint32_t i = 0; i < log->write_count && kind != FAULT_LOST_FLUSH; i++) {
    const struct log_write *write = &log->writes[i];

    if (is_in (write->issue, first, last) && befalls (log, kind, write)
        && add_fault (faults, count, kind, write->device, write->issue) == -1)
      return -1;
  }
  return 0;
}

static int
compare_blocks (const void *a, const void *b)
{
  const struct fault *one = a, *other = b;

  if (one->device != other->device)
    return one->device < other->device ? -1 : 1;
  return (one->place > other->place) - (one->place < other->place);
}

/* Add a block for each that data were written to from position FIRST to LAST, by device and place. */
static int
find_blocks (const struct write_log *log, uint32_t first, uint32_t last, struct fault **faults, size_t *count)
{
  size_t kept = 0;

  for (uint32_t i = 0; i < log->write_count; i++) {
    const struct log_write *write = &log->writes[i];
    const uint64_t end = (write->offset_bytes + write->length_bytes + FAULT_BLOCK - 1) / FAULT_BLOCK;

    if (write->kind != LOG_WRITE || !is_in (write->issue, first, last))
      continue;
    for (uint64_t block = write->offset_bytes / FAULT_BLOCK; block < end; block++)
      if (add_fault (faults, count, FAULT_BITROT, write->device, block) == -1)
        return -1;
  }
  if (*count == 0)
    return 0;
  qsort (*faults, *count, sizeof **faults, compare_blocks);
  for (size_t i = 0; i < *count; i++)
    if (i == 0 || compare_blocks (&(*faults)[i], &(*faults)[kept - 1]) != 0)
      (*faults)[kept++] = (*faults)[i];
  *count = kept;
  return 0;
}

/* The device that REST begins with the name of, REST being after it then; or the only one.  -1 if there is none. */
static int
take_device (const struct write_log *log, const char **rest)
{
  const char *colon = strchr (*rest, ':');

  if (colon == NULL)
    return log->device_count == 1 ? 0 : -1;
  for (unsigned i = 0; i < log->device_count; i++) {
    char name[LOG_DISK_NAME_MAX + 1];

    log_disk_name (log, i, name);
    if (strlen (name) == (size_t) (colon - *rest) && strncmp (name, *rest, strlen (name)) == 0) {
      *rest = colon + 1;
      return (int) i;
    }
  }
  return -1;
}

/* Keep of the faults the one at the place that REST names, if it is among them. */
static void
keep_place (const struct write_log *log, const char *rest, struct fault *faults, size_t *count)
{
  const int device = *count > 0 && faults->kind == FAULT_BITROT ? take_device (log, &rest) : 0;
  const size_t all = *count;
  uint64_t place;

  *count = 0;
  if (device == -1 || parse_unsigned (rest, UINT64_MAX, &place) == -1)
    return;
  for (size_t i = 0; i < all; i++)
    if (faults[i].place == place && (faults[i].kind != FAULT_BITROT || faults[i].device == device)) {
      faults[0] = faults[i];
      *count = 1;
      return;
    }
}

int
faults_find (const struct write_log *log, const char *text, struct fault **faults, size_t *count)
{
  const char *rest;
  const enum fault_kind kind = (enum fault_kind) kind_of (text, &rest);
  uint32_t first = 0, last = UINT32_MAX;

  *faults = NULL;
  *count = 0;
  if (rest == NULL && model_range (log, &first, &last) == -1) {
    error_message ("%s holds no event: record it again", log->path);
    return -1;
  }
  if ((kind == FAULT_BITROT ? find_blocks (log, first, last, faults, count)
       : find_operations (log, kind, first, last, faults, count)) == -1)
    return -1;
  if (rest)
    keep_place (log, rest, *faults, count);
  if (*count > 0)
    return 0;
  if (rest)
    error_message ("--fault=%s: give %s: see --list", text, kind_places[kind]);
  else
    error_message ("--fault=%s: the update of %s has nothing that this could befall", text, log->path);
  return -1;
}

char *
fault_text (const struct write_log *log, const struct fault *fault)
{
  char name[LOG_DISK_NAME_MAX + 1];

  if (fault->kind != FAULT_BITROT || log->device_count == 1)
    return text_format ("%s:%ju", kind_names[fault->kind], (uintmax_t) fault->place);
  log_disk_name (log, fault->device, name);
  return text_format ("%s:%s:%ju", kind_names[fault->kind], name, (uintmax_t) fault->place);
}

/* Let the part of DATA, of a write of EVENT, that is in the block of FAULT rot.  Returns whether there is any. */
static bool
rot (const struct fault *fault, const struct log_event *event, char *data)
{
  const uint64_t start = event->record.offset, end = start + event->record.length;
  const uint64_t block = fault->place * FAULT_BLOCK;
  const uint64_t first = start > block ? start : block;
  const uint64_t last = end < block + FAULT_BLOCK ? end : block + FAULT_BLOCK;

  for (uint64_t at = first; at < last; at++)
    data[at - start] = (char) ~data[at - start];
  return first < last;
}

/* The write whose issue is at POSITION. */
static const struct log_write *
write_at (const struct write_log *log, uint32_t position)
{
  return &log->writes[log_writes_until (log, position) - 1];
}

/* Change EVENT of LOG, whose data, to be changed, are DATA, as FAULT does.  Returns whether it is concerned. */
static bool
befall (const struct write_log *log, const struct fault *fault, struct log_event *event, char *data)
{
  struct log_record *record = &event->record;

  switch (fault->kind) {
  case FAULT_LOST_FLUSH:
    if (record->kind != LOG_COMPLETION || record->offset != fault->place)
      return false;
    record->length = LOG_ERROR_PRETENDED;
    return true;
  case FAULT_LOST_FUA:
    if (event->position != fault->place)
      return false;
    record->flags &= (uint8_t) ~LOG_FLAG_FUA;
    return true;
  case FAULT_MISDIRECTED:
    if (event->position != fault->place)
      return false;
    record->offset = landing (log, write_at (log, event->position));
    return true;
  case FAULT_BITROT:
    return record->kind == LOG_WRITE && record->device == fault->device && rot (fault, event, data);
  default:
    return false;
  }
}

/* Write all of SIZE bytes at OFFSET. */
static int
write_at_offset (int fd, const void *bytes, size_t size, uint64_t offset)
{
  for (size_t done = 0; done < size;) {
    const ssize_t n = pwrite (fd, (const char *) bytes + done, size - done, (off_t) (offset + done));

    if (n == -1)
      return -1;
    done += (size_t) n;
  }
  return 0;
}

/* Write what FAULT makes of EVENT, if that is another, where it is. */
static int
write_event (const struct write_log *log, const struct fault *fault, struct log_event *event, int fd)
{
  CLEANUP_FREE char *data = malloc (event->record.data_size + 1);

  if (data == NULL)
    return -1;
  memcpy (data, event->data, event->record.data_size);
  if (!befall (log, fault, event, data))
    return 0;
  const struct log_record stored = log_record_to_file (&event->record, data, event->file_offset);

  return write_at_offset (fd, &stored, sizeof stored, event->file_offset) == -1 ? -1
    : write_at_offset (fd, data, event->record.data_size, event->file_offset + sizeof stored);
}

int
fault_write (const struct write_log *log, const struct fault *fault, const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct log_cursor cursor;
  struct log_event event;
  int r = fd == -1 ? -1 : write_at_offset (fd, log_bytes (log, 0, log->file_size), log->file_size, 0);

  log_cursor_begin (&cursor, log);
  while (r == 0 && log_cursor_next (&cursor, &event))
    r = write_event (log, fault, &event, fd);
  if (r == -1)
    error_message ("%s: %m", path);
  return r;
}
