/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/foreign-log.h"

void
bytes_free (struct bytes *bytes)
{
  free (bytes->at);
  *bytes = (struct bytes) { NULL, 0 };
}

/* Room for COUNT more bytes, zeros, at the end. */
static size_t
extend (struct bytes *bytes, size_t count)
{
  size_t from = bytes->size;

  bytes->at = realloc (bytes->at, from + count + 1);
  ck_assert_ptr_nonnull (bytes->at);
  memset (bytes->at + from, 0, count + 1);
  bytes->size += count;
  return from;
}

void
set_little (struct bytes *bytes, size_t offset, uint64_t number, unsigned width)
{
  for (unsigned i = 0; i < width; i++)
    bytes->at[offset + i] = (char) (number >> 8 * i);
}

uint64_t
get_little (const struct bytes *bytes, size_t offset, unsigned width)
{
  uint64_t number = 0;

  for (unsigned i = 0; i < width; i++)
    number |= (uint64_t) (unsigned char) bytes->at[offset + i] << 8 * i;
  return number;
}

void
set_big (struct bytes *bytes, size_t offset, uint64_t number, unsigned width)
{
  for (unsigned i = 0; i < width; i++)
    bytes->at[offset + i] = (char) (number >> 8 * (width - 1 - i));
}

static void
add_letters (struct bytes *bytes, const char *letters)
{
  for (; *letters; letters++) {
    size_t sector = extend (bytes, LOG_SECTOR);

    fill_sector (*letters, bytes->at + sector);
  }
}

void
dm_begin (struct bytes *bytes, uint32_t sector_size)
{
  extend (bytes, sector_size);
  set_little (bytes, 0, 0x6a736677736872, 8);
  set_little (bytes, 8, 1, 8);
  set_little (bytes, 24, sector_size, 4);
}

/* An entry; SECTOR and COUNT are in sectors of 512 bytes. */
static size_t
add_entry (struct bytes *bytes, uint64_t flags, uint64_t sector, uint64_t count)
{
  uint64_t sector_size = get_little (bytes, 24, 4);
  size_t entry = extend (bytes, sector_size);

  set_little (bytes, entry, sector * LOG_SECTOR / sector_size, 8);
  set_little (bytes, entry + 8, count * LOG_SECTOR / sector_size, 8);
  set_little (bytes, entry + 16, flags, 8);
  set_little (bytes, 16, get_little (bytes, 16, 8) + 1, 8);
  return entry;
}

void
dm_write (struct bytes *bytes, uint64_t flags, uint64_t sector, const char *letters)
{
  add_entry (bytes, flags, sector, strlen (letters));
  add_letters (bytes, letters);
}

void
dm_discard (struct bytes *bytes, uint64_t flags, uint64_t sector, uint64_t count)
{
  add_entry (bytes, flags | 4, sector, count);
}

void
dm_flush (struct bytes *bytes)
{
  add_entry (bytes, 1, 0, 0);
}

void
dm_mark (struct bytes *bytes, const char *text)
{
  size_t entry = add_entry (bytes, 8, 0, 0);

  set_little (bytes, entry + 24, strlen (text), 8);
  memcpy (bytes->at + entry + 32, text, strlen (text));
}

/* Call ADD with each word of TEXT, which it may change. */
static void
for_each_word (struct bytes *bytes, const char *text, void (*add) (struct bytes *bytes, char *word))
{
  char *copy = strdup (text), *rest = NULL;

  ck_assert_ptr_nonnull (copy);
  for (char *word = strtok_r (copy, " ", &rest); word; word = strtok_r (NULL, " ", &rest))
    add (bytes, word);
  free (copy);
}

static void
add_dm_word (struct bytes *bytes, char *word)
{
  size_t prefixes = strspn (word, "FM");
  uint64_t flags = (memchr (word, 'F', prefixes) ? 1 : 0) | (memchr (word, 'M', prefixes) ? 16 : 0);
  char *rest;

  word += prefixes;
  flags |= *word == 'W' || *word == 'T' ? 2 : 0;
  uint64_t sector = strtoull (word + 1, &rest, 10);
  if (*word == 'f')
    dm_flush (bytes);
  else if (*word == 'm')
    dm_mark (bytes, word + 2);
  else if (tolower (*word) == 't')
    dm_discard (bytes, flags, sector, strtoull (rest + 1, NULL, 10));
  else
    dm_write (bytes, flags, sector, rest + 1);
}

void
dm_entries (struct bytes *bytes, const char *text)
{
  for_each_word (bytes, text, add_dm_word);
}

struct bytes
dm_log (const char *text)
{
  struct bytes bytes = { NULL, 0 };

  dm_begin (&bytes, 512);
  dm_entries (&bytes, text);
  return bytes;
}

static size_t
add_request (struct bytes *bytes, uint32_t magic, uint32_t type, uint64_t cookie, uint64_t offset, uint32_t length)
{
  size_t request = extend (bytes, 28);

  set_big (bytes, request, magic, 4);
  set_big (bytes, request + 4, type, 4);
  set_big (bytes, request + 8, cookie, 8);
  set_big (bytes, request + 16, offset, 8);
  set_big (bytes, request + 24, length, 4);
  return request;
}

void
nbd_begin (struct bytes *bytes)
{
  add_request (bytes, 0x25609514, 1, 0, 0x4a93ba39a54f31b6, 1);
}

void
nbd_request (struct bytes *bytes, uint32_t type, uint64_t cookie, uint64_t sector, uint32_t count, const char *letters)
{
  if (letters)
    count = (uint32_t) strlen (letters);
  add_request (bytes, 0x25609513, type, cookie, sector * LOG_SECTOR, count * LOG_SECTOR);
  if (letters)
    add_letters (bytes, letters);
}

void
nbd_reply (struct bytes *bytes, uint64_t cookie, uint32_t error)
{
  size_t reply = extend (bytes, 16);

  set_big (bytes, reply, 0x67446698, 4);
  set_big (bytes, reply + 4, error, 4);
  set_big (bytes, reply + 8, cookie, 8);
}

/* The number of the command of KIND, with the flag FUA for a capital one; the zeros of a log shall leave no hole. */
static uint32_t
nbd_command (char kind)
{
  static const char kinds[] = "rwxft?z";
  const char *found = strchr (kinds, tolower (kind));

  ck_assert_msg (found, "no request: %c", kind);
  return (uint32_t) (found - kinds) | (isupper (kind) ? 1u << 16 : 0) | (*found == 'z' ? 1u << 17 : 0);
}

static void
add_nbd_word (struct bytes *bytes, char *word)
{
  char *rest, *error = strchr (word, '!');

  if (*word == 'd') {
    nbd_reply (bytes, strtoull (word + 1, NULL, 10), error ? (uint32_t) atoi (error + 1) : 0);
    return;
  }
  uint64_t cookie = strtoull (word, &rest, 10);
  uint32_t command = nbd_command (rest[1]);
  uint64_t sector = strtoull (rest + 2, &rest, 10);
  nbd_request (bytes, command, cookie, sector, *rest == '+' ? (uint32_t) strtoul (rest + 1, NULL, 10) : 0,
               *rest == '=' ? rest + 1 : NULL);
}

void
nbd_records (struct bytes *bytes, const char *text)
{
  for_each_word (bytes, text, add_nbd_word);
}

struct bytes
nbd_log (const char *text)
{
  struct bytes bytes = { NULL, 0 };

  nbd_begin (&bytes);
  nbd_records (&bytes, text);
  return bytes;
}

struct bytes
read_bytes (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct bytes bytes = { NULL, 0 };
  struct stat status;

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (fstat (fd, &status), 0);
  extend (&bytes, (size_t) status.st_size);
  ck_assert_int_eq (read (fd, bytes.at, bytes.size), status.st_size);
  close (fd);
  return bytes;
}

static void
describe_event (const struct log_event *event, FILE *file)
{
  const struct log_record *record = &event->record;
  uint32_t count = record->length / LOG_SECTOR;

  switch (record->kind) {
  case LOG_MARK:
    fprintf (file, "m:%.*s", (int) record->data_size, event->data);
    return;
  case LOG_FLUSH:
    putc ('f', file);
    return;
  case LOG_COMPLETION:
    fprintf (file, "d%ju", (uintmax_t) record->offset);
    if (record->length)
      fprintf (file, "!%u", record->length);
    return;
  default:
    putc ((record->flags & LOG_FLAG_FUA ? "-WZT" : "-wzt")[record->kind], file);
    fprintf (file, "%ju", (uintmax_t) record->offset / LOG_SECTOR);
    if (record->kind != LOG_WRITE)
      fprintf (file, "+%u", count);
    else
      putc ('=', file);
    for (uint32_t i = 0; record->kind == LOG_WRITE && i < count; i++)
      putc (sector_letter (event->data + i * LOG_SECTOR), file);
  }
}

char *
describe (const struct write_log *log)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);
  struct log_cursor cursor;
  struct log_event event;

  ck_assert_ptr_nonnull (file);
  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event)) {
    if (event.position > 0)
      putc (' ', file);
    describe_event (&event, file);
  }
  fclose (file);
  return text;
}
