/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "log/checksum.h"
#include "log/record.h"

struct log_record
log_record_to_host (const struct log_record *stored)
{
  return (struct log_record) {
    .checksum = le64toh (stored->checksum), .time = le64toh (stored->time), .kind = stored->kind,
    .flags = stored->flags, .device = le16toh (stored->device), .data_size = le32toh (stored->data_size),
    .offset = le64toh (stored->offset), .length = le32toh (stored->length), .reserved = le32toh (stored->reserved),
  };
}

struct log_record
log_record_at (const struct write_log *log, uint64_t offset)
{
  return log_record_to_host ((const struct log_record *) log_bytes (log, offset, sizeof (struct log_record)));
}

const char *
log_error_text (uint32_t error)
{
  switch (error) {
  case LOG_ERROR_PRETENDED:
    return "nothing done, though answered as if it were: a fault";
  case LOG_ERROR_CUT:
    return "power failed before it was durable";
  default:
    return strerror ((int) error);
  }
}

struct log_record
log_record_to_file (const struct log_record *record, const void *data, uint64_t offset)
{
  struct log_record stored = {
    .time = htole64 (record->time), .kind = record->kind, .flags = record->flags, .device = htole16 (record->device),
    .data_size = htole32 (record->data_size), .offset = htole64 (record->offset), .length = htole32 (record->length)
  };

  stored.checksum = htole64 (log_record_checksum (&stored, log_data_hash (data, record->data_size), offset));
  return stored;
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
  unsigned flags = record->kind == LOG_ZERO ? LOG_FLAG_FUA | LOG_FLAG_MAY_TRIM | LOG_FLAG_PATH1
    : record->kind == LOG_WRITE || record->kind == LOG_TRIM ? LOG_FLAG_FUA | LOG_FLAG_PATH1
    : record->kind == LOG_FLUSH ? LOG_FLAG_PATH1 : 0;

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

const char *
log_record_read (const struct write_log *log, uint64_t offset, struct log_record *record)
{
  uint64_t rest = log->file_size - offset;
  const struct log_record *stored = (const struct log_record *) (log->map + offset);

  if (rest < sizeof *stored)
    return "is cut off";
  *record = log_record_at (log, offset);
  if (record->data_size > LOG_DATA_MAX)
    return "is longer than any request";
  if (log_record_size (record->data_size) > rest)
    return "is cut off";
  log_bytes (log, offset, log_record_size (record->data_size));
  if (log_record_checksum (stored, log_data_hash (stored + 1, record->data_size), offset) != record->checksum)
    return "has a wrong checksum";
  for (uint64_t at = sizeof *stored + record->data_size; at < log_record_size (record->data_size); at++)
    if (log->map[offset + at] != 0)
      return "is not padded with zeros";
  return check_fields (log, record);
}
