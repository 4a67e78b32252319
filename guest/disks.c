/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/text.h"
#include "guest/disks.h"

#define DISK_BLOCK 4096

int
disks_find (const struct disks *disks, const char *name)
{
  for (size_t i = 0; i < disks->count; i++)
    if (strcmp (disks->list[i].name, name) == 0)
      return (int) i;
  return -1;
}

/* Why NAME cannot be that of one more disk, or NULL. */
static const char *
name_fault (const struct disks *disks, const char *name)
{
  if (!log_is_disk_name (name))
    return "a name is up to 15 small letters, digits and _, as in --disk=log:64M";
  if (strcmp (name, "any") == 0)
    return "--lose=any means each of them: take another name";
  return disks_find (disks, name) >= 0 ? "there is a disk of that name already" : NULL;
}

/* Add the disk that TEXT, NAME:SIZE, asks for. */
static int
add_disk (const char *text, struct disks *disks)
{
  const char *colon = strchr (text, ':');
  CLEANUP_FREE char *name = colon ? strndup (text, (size_t) (colon - text)) : NULL;
  const char *fault = colon == NULL ? "give NAME:SIZE" : name ? name_fault (disks, name) : "out of memory";
  struct disk *disk = &disks->list[disks->count];

  if (fault == NULL && disks->count == DISKS_MAX)
    fault = "there can be 8 disks";
  if (fault == NULL && (parse_size (colon + 1, &disk->size_bytes) == -1 || disk->size_bytes == 0
                        || disk->size_bytes % DISK_BLOCK != 0))
    fault = "the size must be a multiple of 4096 bytes, as in --disk=log:64M";
  if (fault) {
    error_message ("--disk=%s: %s", text, fault);
    return -1;
  }
  strcpy (disk->name, name);
  disks->count++;
  return 0;
}

int
disks_parse (const struct option_texts *texts, uint64_t size_bytes, struct disks *disks)
{
  *disks = (struct disks) { .count = 0 };
  for (size_t i = 0; i < texts->count; i++)
    if (add_disk (texts->texts[i], disks) == -1)
      return -1;
  if (texts->count == 0)
    disks->list[disks->count++] = (struct disk) { "disk0", size_bytes, "" };
  return 0;
}

int
disks_of_log (const struct write_log *log, struct disks *disks)
{
  *disks = (struct disks) { .count = 0 };
  if (log->device_count > DISKS_MAX) {
    error_message ("%s has %zu devices, and a guest has %d at most", log->path, log->device_count, DISKS_MAX);
    return -1;
  }
  for (const char *name = NULL; (name = log_info_after (log, LOG_KEY_DISK, name)) != NULL;)
    if (!log_is_disk_name (name)) {
      error_message ("%s: its header says `" LOG_KEY_DISK "=%.20s`, which is no name of a disk", log->path, name);
      return -1;
    }
  for (unsigned i = 0; i < log->device_count; i++) {
    struct disk *disk = &disks->list[i];

    log_disk_name (log, i, disk->name);
    if (disks_find (disks, disk->name) >= 0) {
      error_message ("%s: two of its disks are called %s", log->path, disk->name);
      return -1;
    }
    disk->size_bytes = log->device_sizes[i];
    disks->count++;
  }
  return 0;
}

void
disk_place (bool virtio, size_t number, char place[DISK_PLACE_SIZE])
{
  snprintf (place, DISK_PLACE_SIZE, "%s%c", virtio ? "/dev/vd" : "/dev/nbd", (char) ((virtio ? 'a' : '0') + number));
}

void
disks_place (struct disks *disks, bool virtio)
{
  for (size_t i = 0; i < disks->count; i++)
    disk_place (virtio, i, disks->list[i].place);
}

char *
disks_places (const struct disks *disks, int without)
{
  struct text_stream text;

  if (!text_begin (&text)) {
    out_of_memory ();
    return NULL;
  }
  for (size_t i = 0; i < disks->count; i++)
    if ((int) i != without)
      fprintf (text.file, "%s%s", ftell (text.file) > 0 ? "," : "", disks->list[i].place);
  char *places = text_end (&text);
  if (places == NULL)
    out_of_memory ();
  return places;
}

/* The disks' names, for a message. */
static char *
list_names (const struct disks *disks)
{
  char *names = text_format ("%s", disks->list[0].name);

  for (size_t i = 1; names && i < disks->count; i++) {
    CLEANUP_FREE char *shorter = names;
    names = text_format ("%s, %s", shorter, disks->list[i].name);
  }
  return names;
}

/* The brace that ends what the one at AT, of TEXT, begins, or NULL: not where the shell has its own use for both, as in
 * ${variable} and { command; }.
 */
static const char *
name_end (const char *text, const char *at)
{
  if (*at != '{' || (at > text && at[-1] == '$'))
    return NULL;
  const char *end = at + strcspn (at, "} \t\n");
  return *end == '}' ? end : NULL;
}

/* Write TEXT with the places.  -1 after a message. */
static int
write_expanded (const struct disks *disks, const char *option, const char *const text, FILE *file)
{
  for (const char *at = text; *at; at++) {
    const char *end = name_end (text, at);

    if (end == NULL) {
      putc (*at, file);
      continue;
    }
    CLEANUP_FREE char *name = strndup (at + 1, (size_t) (end - at - 1));
    const int number = name ? disks_find (disks, name) : -1;
    if (number == -1) {
      CLEANUP_FREE char *names = list_names (disks);
      error_message ("%s: {%s} is no disk: there %s %s", option, name ? name : "", disks->count == 1 ? "is" : "are",
                     names ? names : "");
      return -1;
    }
    fputs (disks->list[number].place, file);
    at = end;
  }
  return 0;
}

char *
disks_expand (const struct disks *disks, const char *option, const char *text)
{
  struct text_stream stream;

  if (!text_begin (&stream)) {
    out_of_memory ();
    return NULL;
  }
  const int r = write_expanded (disks, option, text, stream.file);
  char *expanded = text_end (&stream);
  if (expanded == NULL)
    out_of_memory ();
  if (r == 0)
    return expanded;
  free (expanded);
  return NULL;
}

/* The disk of DISKS whose place stands at AT, with nothing more that could belong to a path; or NULL. */
static const struct disk *
find_place (const struct disks *disks, const char *at)
{
  for (size_t i = 0; i < disks->count; i++) {
    const char *place = disks->list[i].place;
    const size_t length = strlen (place);

    if (length > 0 && strncmp (at, place, length) == 0 && !isalnum ((unsigned char) at[length]))
      return &disks->list[i];
  }
  return NULL;
}

char *
disks_name (const struct disks *disks, const char *text)
{
  struct text_stream stream;

  if (!text_begin (&stream)) {
    out_of_memory ();
    return NULL;
  }
  while (*text) {
    const struct disk *disk = find_place (disks, text);

    if (disk)
      fprintf (stream.file, "{%s}", disk->name);
    else
      putc (*text, stream.file);
    text += disk ? strlen (disk->place) : 1;
  }
  char *named = text_end (&stream);
  if (named == NULL)
    out_of_memory ();
  return named;
}

int
disks_check_lose (const struct disks *disks, const char *lose)
{
  CLEANUP_FREE char *names = NULL;

  if (strcmp (lose, "any") == 0 || disks_find (disks, lose) >= 0)
    return 0;
  names = list_names (disks);
  error_message ("--lose=%s: no disk is called so: there %s %s", lose, disks->count == 1 ? "is" : "are",
                 names ? names : "");
  return -1;
}
