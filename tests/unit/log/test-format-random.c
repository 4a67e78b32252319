/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader against a second reading of log/format.h, and against bytes that are none of it. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "log/checksum.h"
#include "tests/unit/log/craft.h"

/* The validity of records read a second time from log/format.h. */
struct naive {
  const struct craft *craft;
  size_t valid_size;
  uint32_t event_count;
  struct {
    unsigned device;
    bool in_flight;
  } events[512];
};

static bool
naive_fields_are_valid (const struct log_record *r)
{
  static const uint64_t sizes[] = { SIZE_0, SIZE_1 };
  bool ranged = r->kind == LOG_WRITE || r->kind == LOG_ZERO || r->kind == LOG_TRIM;
  unsigned known_flags = (ranged ? LOG_FLAG_FUA : 0) | (r->kind == LOG_ZERO ? LOG_FLAG_MAY_TRIM : 0)
    | (ranged || r->kind == LOG_FLUSH ? LOG_FLAG_PATH1 : 0);

  if (r->kind < LOG_WRITE || r->kind > LOG_END || r->flags & ~known_flags || r->reserved != 0)
    return false;
  if (r->kind != LOG_WRITE && r->kind != LOG_MARK && r->data_size != 0)
    return false;
  if (ranged)
    return r->device < 2 && r->length > 0 && r->length % 512 == 0 && r->offset % 512 == 0
      && r->offset < sizes[r->device] && r->length <= sizes[r->device] - r->offset
      && (r->kind != LOG_WRITE || r->data_size == r->length);
  if (r->kind == LOG_FLUSH)
    return r->device < 2 && r->offset == 0 && r->length == 0;
  return r->kind == LOG_COMPLETION || (r->device == 0 && r->offset == 0 && r->length == 0);
}

/* Whether the record at AT is valid as far as it can be said without those before it; *r in host order. */
static bool
naive_record_is_valid (const struct craft *craft, size_t at, struct log_record *r)
{
  if (craft->size - at < sizeof *r)
    return false;
  const struct log_record *stored = (const struct log_record *) (craft->bytes + at);
  *r = (struct log_record) {
    .kind = stored->kind, .flags = stored->flags, .device = le16toh (stored->device),
    .data_size = le32toh (stored->data_size), .offset = le64toh (stored->offset), .length = le32toh (stored->length),
    .reserved = le32toh (stored->reserved),
  };
  if (log_record_size (r->data_size) > craft->size - at)
    return false;
  for (size_t i = sizeof *r + r->data_size; i < log_record_size (r->data_size); i++)
    if (craft->bytes[at + i] != 0)
      return false;
  return log_record_checksum (stored, log_data_hash (stored + 1, r->data_size), at) == le64toh (stored->checksum)
    && naive_fields_are_valid (r);
}

static enum log_end
naive_read (struct naive *naive, const struct craft *craft, size_t header_size)
{
  struct log_record r;
  size_t last = craft->size - sizeof r;
  bool closed = craft->size >= header_size + sizeof r && last % 8 == 0 && naive_record_is_valid (craft, last, &r)
    && r.kind == LOG_END;

  naive->event_count = 0;
  for (naive->valid_size = header_size; naive_record_is_valid (craft, naive->valid_size, &r);) {
    if (r.kind == LOG_COMPLETION && (r.offset >= naive->event_count || !naive->events[r.offset].in_flight
                                     || naive->events[r.offset].device != r.device))
      break;
    if (r.kind == LOG_COMPLETION)
      naive->events[r.offset].in_flight = false;
    naive->valid_size += log_record_size (r.data_size);
    if (r.kind == LOG_END)
      return naive->valid_size == craft->size ? LOG_END_CLOSED : LOG_END_DAMAGED;
    naive->events[naive->event_count].device = r.device;
    naive->events[naive->event_count++].in_flight = r.kind <= LOG_FLUSH;
  }
  return closed ? LOG_END_DAMAGED : LOG_END_CUT;
}

/* A record that is often valid. */
static struct log_record
random_record (struct dice *dice, uint32_t position)
{
  struct log_record r = { .kind = (uint8_t) (1 + roll (dice, 6)), .device = (uint16_t) roll (dice, 2) };

  switch (r.kind) {
  case LOG_WRITE:
  case LOG_ZERO:
  case LOG_TRIM:
    r.flags = (uint8_t) roll (dice, r.kind == LOG_ZERO ? 4 : 2);
    r.length = (1 + roll (dice, 2)) * LOG_SECTOR;
    r.offset = roll (dice, 7) * LOG_SECTOR;
    r.data_size = r.kind == LOG_WRITE ? r.length : 0;
    break;
  case LOG_COMPLETION:
    r.offset = roll (dice, position + 1);
    r.length = roll (dice, 2) * EIO;
    break;
  case LOG_MARK:
    r.device = 0;
    r.data_size = roll (dice, 24);
    break;
  default:
    break;
  }
  return r;
}

static uint64_t
odd_number (struct dice *dice)
{
  static const uint64_t odd[] = {
    0, 1, 2, 7, 8, 255, 256, 511, 512, 513, 4096, SIZE_0, LOG_DATA_MAX, LOG_DATA_MAX + 1, INT32_MAX, UINT32_MAX - 511,
    UINT32_MAX, UINT64_C (1) << 32, INT64_MAX, UINT64_MAX - 511, UINT64_MAX
  };

  return odd[roll (dice, sizeof odd / sizeof odd[0])];
}

/* Put an odd number into one of the fields. */
static void
spoil_record (struct dice *dice, struct log_record *r)
{
  const struct {
    void *at;
    size_t size;
  } fields[] = {
    { &r->kind, sizeof r->kind }, { &r->flags, sizeof r->flags }, { &r->device, sizeof r->device },
    { &r->data_size, sizeof r->data_size }, { &r->offset, sizeof r->offset }, { &r->length, sizeof r->length },
    { &r->reserved, sizeof r->reserved },
  };
  unsigned field = roll (dice, sizeof fields / sizeof fields[0]);
  uint64_t number = htole64 (odd_number (dice));

  memcpy (fields[field].at, &number, fields[field].size);
}

/* A random log: records with right checksums, some of them spoilt before, some bytes after; and a random end. */
static void
craft_random (struct dice *dice, struct craft *craft)
{
  unsigned count = roll (dice, 14), spoil_one_in = 2 + roll (dice, 40);
  char data[2 * LOG_SECTOR];

  craft_header (craft);
  for (uint32_t position = 0; position < count; position++) {
    struct log_record r = random_record (dice, position);
    size_t data_size = r.data_size;

    if (roll (dice, spoil_one_in) == 0)
      spoil_record (dice, &r);
    fill_random (dice, data, sizeof data);
    craft_record (craft, &r, data, data_size);
  }
  if (roll (dice, 4))
    craft_record (craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
  if (roll (dice, 4) == 0 && craft->size > 56)
    craft->bytes[56 + roll (dice, (uint32_t) craft->size - 56)] ^= (char) (1 + roll (dice, 255));
  if (roll (dice, 4) == 0)
    craft->size -= roll (dice, (uint32_t) craft->size - 55);
}

/* Use everything of a log that was opened, so that a sanitizer or valgrind sees bytes that are not its own. */
static void
walk_everything (const struct write_log *log)
{
  struct log_cursor cursor;
  struct log_event event;
  struct index_walk walk;
  uint64_t sum = 0;
  uint32_t number;

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event))
    sum += log_data_hash (event.data, event.record.data_size);
  for (uint64_t i = 0; i < 8; i++)
    for (index_walk_begin (&walk, &log->index, i % 2, i, log->write_count); index_walk_next (&walk, &number);)
      sum += log->writes[number].length_bytes;
  for (uint32_t i = 0; i < log->mark_count; i++)
    sum += log_data_hash (log->marks[i].text, log->marks[i].length);
  free (log_describe_loss (log));
  ck_assert_uint_ne (sum, 1);
}

START_TEST (random_logs_are_read_as_the_format_says)
{
  struct dice dice = { 12 };
  unsigned ends[3] = { 0 };

  for (unsigned round = 0; round < unit_rounds (4000); round++) {
    struct naive naive;
    struct craft craft;

    craft_random (&dice, &craft);
    enum log_end end = naive_read (&naive, &craft, 56);
    struct write_log *log = open_craft (&craft);
    ck_assert_msg (log != NULL, "round %u: %s", round, message);
    ck_assert_msg (log->end == end && log->valid_size == naive.valid_size && log->event_count == naive.event_count,
                   "round %u: end %d, %u events, %ju bytes in place of %d, %u, %zu (%s)", round, log->end,
                   log->event_count, (uintmax_t) log->valid_size, end, naive.event_count, naive.valid_size,
                   log->fault ? log->fault : "no fault");
    walk_everything (log);
    ends[end]++;
    write_log_close (log);
  }
  for (unsigned i = 0; i < 3; i++)
    ck_assert_uint_gt (ends[i], unit_rounds (100));
}
END_TEST

/* Bytes that are random, and a header that is partly right. */
START_TEST (random_bytes_are_never_followed)
{
  struct dice dice = { 13 };

  for (unsigned round = 0; round < unit_rounds (4000); round++) {
    struct craft craft;

    craft_events (&craft);
    for (unsigned left = 1 + roll (&dice, 4); left > 0; left--)
      craft.bytes[8 + roll (&dice, 48)] = (char) roll (&dice, 256);
    if (roll (&dice, 2)) {
      struct log_header *head = (struct log_header *) craft.bytes;
      size_t header_size = le32toh (head->header_size);

      head->version = htole32 (LOG_VERSION);
      if (header_size >= sizeof *head && header_size <= craft.size)
        head->checksum = htole64 (log_header_checksum (head, header_size));
    }
    craft.size -= roll (&dice, 3) ? 0 : roll (&dice, (uint32_t) craft.size);
    struct write_log *log = open_craft (&craft);
    if (log)
      walk_everything (log);
    write_log_close (log);
  }
}
END_TEST

UNIT_TEST_MAIN ("format-random", random_logs_are_read_as_the_format_says, random_bytes_are_never_followed)
