/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/checksum.h"
#include "tests/unit/log/craft.h"

void
craft_header_of (struct craft *craft, const struct log_header *header, const uint64_t *sizes, const char *info)
{
  struct log_header *head = (struct log_header *) craft->bytes;
  size_t header_size = le32toh (header->header_size), count = le32toh (header->device_count);

  memset (craft, 0, sizeof *craft);
  *head = *header;
  for (size_t i = 0; i < count; i++)
    ((uint64_t *) (head + 1))[i] = htole64 (sizes[i]);
  if (info)
    memcpy (craft->bytes + sizeof *head + 8 * count, info, le32toh (header->info_size));
  craft->size = header_size;
  if (header_size < sizeof *head)
    header_size = sizeof *head;
  head->checksum = htole64 (log_header_checksum (craft->bytes, header_size));
}

void
craft_header (struct craft *craft)
{
  const struct log_header header = {
    .magic = LOG_MAGIC, .version = htole32 (LOG_VERSION), .header_size = htole32 (56), .device_count = htole32 (2)
  };

  craft_header_of (craft, &header, (uint64_t[]) { SIZE_0, SIZE_1 }, NULL);
}

void
craft_record (struct craft *craft, const struct log_record *record, const void *data, size_t data_size)
{
  struct log_record *to = (struct log_record *) (craft->bytes + craft->size);

  ck_assert_uint_le (craft->size + log_record_size ((uint32_t) data_size), sizeof craft->bytes);
  *to = (struct log_record) {
    .time = htole64 (record->time), .kind = record->kind, .flags = record->flags, .device = htole16 (record->device),
    .data_size = htole32 (record->data_size), .offset = htole64 (record->offset), .length = htole32 (record->length),
    .reserved = htole32 (record->reserved),
  };
  if (data_size > 0)
    memcpy (to + 1, data, data_size);
  to->checksum = htole64 (log_record_checksum (to, log_data_hash (to + 1, data_size), craft->size));
  craft->size += log_record_size ((uint32_t) data_size);
}

struct write_log *
open_craft (const struct craft *craft)
{
  CLEANUP_FREE char *path = new_path ();

  write_bytes (path, craft->bytes, craft->size);
  message[0] = '\0';
  struct write_log *log = write_log_open (path);
  unlink (path);
  return log;
}

void
craft_events (struct craft *craft)
{
  static const char data[LOG_SECTOR] = "data";

  craft_header (craft);
  craft_record (craft, &(struct log_record) { .kind = LOG_WRITE, .data_size = LOG_SECTOR, .length = LOG_SECTOR }, data,
                LOG_SECTOR);
  craft_record (craft, &(struct log_record) { .kind = LOG_COMPLETION }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_FLUSH, .device = 1 }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_COMPLETION, .device = 1, .offset = 2, .length = EIO }, NULL,
                0);
  craft_record (craft, &(struct log_record) { .kind = LOG_TRIM, .length = LOG_SECTOR }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_COMPLETION, .offset = 4, .length = EIO }, NULL, 0);
  craft_record (craft, &(struct log_record) { .kind = LOG_MARK, .data_size = 4 }, "mark", 4);
  craft_record (craft, &(struct log_record) { .kind = LOG_ZERO, .device = 1, .length = LOG_SECTOR }, NULL, 0);
}
