/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/writer.h"
#include "tests/unit/make-log.h"

#define EVENTS_MAX 8192

struct log_maker {
  struct log_writer *writer;
  char *path;
  uint32_t next_position;
  uint16_t devices[EVENTS_MAX]; /* of the event at each position */
};

void
write_bytes (const char *path, const char *bytes, size_t size)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, bytes, size), (ssize_t) size);
  close (fd);
}

/* splitmix64: see Steele, Lea and Flood, "Fast splittable pseudorandom number generators". */
uint32_t
roll (struct dice *dice, uint32_t sides)
{
  uint64_t z = dice->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return (uint32_t) ((z ^ z >> 31) >> 32) % sides;
}

void
fill_sector (char letter, char *bytes)
{
  for (unsigned i = 0; i < LOG_SECTOR; i++)
    bytes[i] = letter == '.' ? 0 : (char) ((unsigned char) letter + i * 31 + i / 256);
}

char
sector_letter (const char *bytes)
{
  char letter = *bytes ? *bytes : '.', whole[LOG_SECTOR];

  fill_sector (letter, whole);
  return memcmp (bytes, whole, LOG_SECTOR) == 0 ? letter : '?';
}

struct log_maker *
make_log (size_t device_count, uint32_t sectors)
{
  return make_log_with_info (device_count, sectors, NULL);
}

struct log_maker *
make_log_with_info (size_t device_count, uint32_t sectors, const char *info)
{
  struct log_maker *maker = calloc (1, sizeof *maker);
  uint64_t sizes[LOG_DEVICES_MAX];

  ck_assert_ptr_nonnull (maker);
  for (size_t i = 0; i < device_count; i++)
    sizes[i] = (uint64_t) sectors * LOG_SECTOR;
  maker->path = new_path ();
  maker->writer = log_writer_create (maker->path, sizes, device_count, &info, info ? 1 : 0);
  ck_assert_ptr_nonnull (maker->writer);
  return maker;
}

static uint32_t
note_event (struct log_maker *maker, unsigned device)
{
  ck_assert_uint_lt (maker->next_position, EVENTS_MAX);
  maker->devices[maker->next_position] = (uint16_t) device;
  return maker->next_position++;
}

static uint32_t
add_operation (struct log_maker *maker, const struct log_operation *operation, const void *data)
{
  struct log_issue issue;

  ck_assert_int_eq (log_writer_issue (maker->writer, operation, data, &issue), 0);
  ck_assert_uint_eq (issue.position, maker->next_position);
  return note_event (maker, operation->device);
}

uint32_t
add_write (struct log_maker *maker, unsigned device, uint32_t sector, const char *letters, unsigned flags)
{
  size_t count = strlen (letters);
  char *data = malloc (count * LOG_SECTOR);
  const struct log_operation operation = {
    .kind = LOG_WRITE, .flags = (uint8_t) flags, .device = (uint16_t) device,
    .offset_bytes = (uint64_t) sector * LOG_SECTOR, .length_bytes = (uint32_t) count * LOG_SECTOR,
  };

  ck_assert_ptr_nonnull (data);
  for (size_t i = 0; i < count; i++)
    fill_sector (letters[i], data + i * LOG_SECTOR);
  uint32_t position = add_operation (maker, &operation, data);
  free (data);
  return position;
}

static uint32_t
add_zeros (struct log_maker *maker, enum log_kind kind, unsigned device, uint32_t sector, uint32_t count,
           unsigned flags)
{
  const struct log_operation operation = {
    .kind = kind, .flags = (uint8_t) flags, .device = (uint16_t) device,
    .offset_bytes = (uint64_t) sector * LOG_SECTOR, .length_bytes = count * LOG_SECTOR,
  };

  return add_operation (maker, &operation, NULL);
}

uint32_t
add_zero (struct log_maker *maker, unsigned device, uint32_t sector, uint32_t count, unsigned flags)
{
  return add_zeros (maker, LOG_ZERO, device, sector, count, flags);
}

uint32_t
add_trim (struct log_maker *maker, unsigned device, uint32_t sector, uint32_t count, unsigned flags)
{
  return add_zeros (maker, LOG_TRIM, device, sector, count, flags);
}

uint32_t
add_flush (struct log_maker *maker, unsigned device)
{
  const struct log_operation operation = { .kind = LOG_FLUSH, .device = (uint16_t) device };

  return add_operation (maker, &operation, NULL);
}

uint32_t
add_completion (struct log_maker *maker, uint32_t issue, int error)
{
  ck_assert_int_eq (log_writer_complete (maker->writer, issue, maker->devices[issue], error, false), 0);
  return note_event (maker, 0);
}

uint32_t
add_mark (struct log_maker *maker, const char *text)
{
  ck_assert_int_eq (log_writer_mark (maker->writer, text, strlen (text)), 0);
  return note_event (maker, 0);
}

void
add_done_write (struct log_maker *maker, unsigned device, uint32_t sector, const char *letters)
{
  add_completion (maker, add_write (maker, device, sector, letters, 0), 0);
}

/* `w1=ab`, and the same for zeros and trims, without the device. */
static void
add_data_event (struct log_maker *maker, unsigned device, const char *event)
{
  char kind = *event, *rest;
  uint32_t sector = (uint32_t) strtoul (event + 1, &rest, 10), count = (uint32_t) strtoul (rest + 1, NULL, 10);
  unsigned flags = (strchr ("WZT", kind) ? LOG_FLAG_FUA : 0) | (strchr (event, '~') ? LOG_FLAG_MAY_TRIM : 0);

  switch (kind) {
  case 'w': case 'W':
    add_write (maker, device, sector, rest + 1, flags);
    break;
  case 'z': case 'Z':
    add_zero (maker, device, sector, count, flags);
    break;
  case 't': case 'T':
    add_trim (maker, device, sector, count, flags);
    break;
  default:
    ck_abort_msg ("no event: %s", event);
  }
}

/* One event, whose text is changed. */
static void
add_event (struct log_maker *maker, char *event)
{
  char *at = strchr (event, '@'), *error = strchr (event, '!');
  unsigned device = at ? (unsigned) strtoul (at + 1, NULL, 10) : 0;

  if (at)
    *at = '\0';
  if (*event == 'm')
    add_mark (maker, event + 2);
  else if (*event == 'd')
    add_completion (maker, (uint32_t) strtoul (event + 1, NULL, 10), error ? atoi (error + 1) : 0);
  else if (*event == 'f')
    add_flush (maker, device);
  else
    add_data_event (maker, device, event);
}

void
add_events (struct log_maker *maker, const char *text)
{
  char *copy = strdup (text), *rest = NULL;

  ck_assert_ptr_nonnull (copy);
  for (char *event = strtok_r (copy, " ", &rest); event; event = strtok_r (NULL, " ", &rest))
    add_event (maker, event);
  free (copy);
}

struct log_maker *
make_log_of_events (size_t device_count, uint32_t sectors, const char *text)
{
  struct log_maker *maker = make_log (device_count, sectors);

  add_events (maker, text);
  return maker;
}

struct write_log *
finish_log (struct log_maker *maker)
{
  ck_assert_int_eq (log_writer_close (maker->writer), 0);
  struct write_log *log = write_log_open (maker->path);
  unlink (maker->path);
  ck_assert_ptr_nonnull (log);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->event_count, maker->next_position);
  free (maker->path);
  free (maker);
  return log;
}

/* Operations in flight while a random log is made. */
struct flight {
  uint32_t issues[EVENTS_MAX];
  unsigned count;
};

static uint32_t
add_random_write (struct log_maker *maker, struct dice *dice, const struct log_shape *shape)
{
  char letters[256];
  unsigned device = roll (dice, shape->devices), sector = roll (dice, shape->sectors);
  unsigned room = shape->sectors - sector, length = 1 + roll (dice, shape->length < room ? shape->length : room);
  unsigned fua = roll (dice, 6) == 0 ? LOG_FLAG_FUA : 0;

  ck_assert_uint_lt (length, sizeof letters);
  switch (roll (dice, 8)) {
  case 0:
    return add_zero (maker, device, sector, length, fua | (roll (dice, 2) ? LOG_FLAG_MAY_TRIM : 0));
  case 1:
    return add_trim (maker, device, sector, length, fua);
  default:
    for (unsigned i = 0; i < length; i++)
      letters[i] = ".abcdefghijklmnopqrstuvwxyz"[roll (dice, shape->letters)];
    letters[length] = '\0';
    return add_write (maker, device, sector, letters, fua);
  }
}

static void
complete_one (struct log_maker *maker, struct dice *dice, struct flight *flight)
{
  if (flight->count == 0)
    return;
  uint32_t *done = &flight->issues[roll (dice, flight->count)];
  add_completion (maker, *done, roll (dice, 8) == 0 ? 5 : 0);
  *done = flight->issues[--flight->count];
}

struct write_log *
make_random_log (struct dice *dice, const struct log_shape *shape)
{
  static const char *const marks[] = { "base", "begin", "commit old new", "end" };
  struct log_maker *maker = make_log (shape->devices, shape->sectors);
  struct flight flight = { .count = 0 };
  unsigned writes = 0, mark = 0;

  while (writes < shape->writes) {
    unsigned action = roll (dice, 20);

    if (action < 8) {
      flight.issues[flight.count++] = add_random_write (maker, dice, shape);
      writes++;
    } else if (action < 15)
      complete_one (maker, dice, &flight);
    else if (action < 18)
      flight.issues[flight.count++] = add_flush (maker, roll (dice, shape->devices));
    else if (shape->marks && mark < sizeof marks / sizeof marks[0] && roll (dice, 4) < 3)
      add_mark (maker, marks[mark++]);
    else if (action == 19)
      mark++;
  }
  for (unsigned left = roll (dice, 4); left > 0; left--)
    complete_one (maker, dice, &flight);
  return finish_log (maker);
}

bool
next_random_log (struct random_logs *logs, unsigned count)
{
  if (logs->round > 0)
    write_log_close (logs->log);
  if (logs->round == unit_rounds (count))
    return false;
  logs->shape = &logs->shapes[logs->round++ % logs->shape_count];
  logs->log = make_random_log (&logs->dice, logs->shape);
  return true;
}

void
lay_out (const struct write_log *log, unsigned device, uint32_t point, const bool *there, uint32_t sectors,
         char *letters)
{
  struct log_cursor cursor;
  struct log_event event;
  uint32_t number = 0;

  memset (letters, '.', sectors);
  letters[sectors] = '\0';
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event) && event.position <= point) {
    if (event.record.kind != LOG_WRITE && event.record.kind != LOG_ZERO && event.record.kind != LOG_TRIM)
      continue;
    if (!there[number++] || event.record.device != device)
      continue;
    for (uint64_t i = 0; i < event.record.length / LOG_SECTOR; i++)
      letters[event.record.offset / LOG_SECTOR + i]
        = event.record.kind == LOG_WRITE ? sector_letter (event.data + i * LOG_SECTOR) : '.';
  }
}
