/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <xxhash.h>

#include "log/checksum.h"

uint64_t
log_data_hash (const void *data, size_t size)
{
  return size == 0 ? 0 : XXH3_64bits (data, size);
}

uint64_t
log_record_checksum (const struct log_record *record, uint64_t data_hash, uint64_t offset)
{
  const char *rest = (const char *) record + sizeof record->checksum;

  return XXH3_64bits_withSeed (rest, sizeof *record - sizeof record->checksum, data_hash + offset);
}

uint64_t
log_header_checksum (const void *header, size_t size)
{
  struct log_header head = *(const struct log_header *) header;
  uint64_t seed;

  head.checksum = 0;
  seed = XXH3_64bits (&head, sizeof head);
  return XXH3_64bits_withSeed ((const char *) header + sizeof head, size - sizeof head, seed);
}
