/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/record.h"
#include "log/tape.h"

/* The bytes of data that OPERATION has on a tape. */
static uint32_t
data_bytes (const struct log_operation *operation)
{
  return operation->kind == LOG_WRITE ? operation->length_bytes : 0;
}

size_t
log_tape_bytes (const struct log_operation *operation)
{
  return log_record_size (data_bytes (operation));
}

/* Have room for SIZE bytes more. */
static int
make_room (struct log_tape *tape, size_t size)
{
  size_t room = tape->room ? tape->room : BUFSIZ;

  while (room < tape->size + size)
    room *= 2;
  if (room == tape->room)
    return 0;
  char *larger = realloc (tape->bytes, room);
  if (larger == NULL)
    return -1;
  tape->bytes = larger;
  tape->room = room;
  return 0;
}

int
log_tape_add (struct log_tape *tape, const struct log_operation *operation, const void *data)
{
  const struct log_record stored = {
    .kind = (uint8_t) operation->kind, .flags = operation->flags, .device = htole16 (operation->device),
    .data_size = htole32 (data_bytes (operation)), .offset = htole64 (operation->offset_bytes),
    .length = htole32 (operation->length_bytes)
  };
  const size_t size = log_tape_bytes (operation);

  if (make_room (tape, size) == -1)
    return -1;
  char *end = mempcpy (tape->bytes + tape->size, &stored, sizeof stored);
  if (data_bytes (operation) > 0)
    end = mempcpy (end, data, data_bytes (operation));
  tape->size += size;
  memset (end, 0, (size_t) (tape->bytes + tape->size - end));
  return 0;
}

bool
log_tape_next (const struct log_tape *tape, size_t *at, struct log_record *record, const char **data)
{
  const size_t left = tape->size - *at;

  if (left < sizeof *record)
    return false;
  memcpy (record, tape->bytes + *at, sizeof *record);
  *record = log_record_to_host (record);
  if (log_record_size (record->data_size) > left)
    return false;
  *data = tape->bytes + *at + sizeof *record;
  *at += log_record_size (record->data_size);
  return true;
}
