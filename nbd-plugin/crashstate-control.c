/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nbd-plugin/crashstate-control.h"

/* SIZE made whole sectors, of which requests of NBD clients are made here. */
static size_t
whole_sectors (size_t size)
{
  return (size + LOG_SECTOR - 1) / LOG_SECTOR * LOG_SECTOR;
}

/* SIZE bytes for a request that begins with the HEAD_SIZE bytes of HEAD; *to is what comes after these.  NULL: ENOMEM.
 */
static char *
begin_request (const void *head, size_t head_size, size_t size, char **to)
{
  char *bytes = calloc (size, 1);

  if (bytes)
    *to = mempcpy (bytes, head, head_size);
  return bytes;
}

static char *
put_choice (char *to, const struct choice *choice)
{
  const struct control_choice on_wire = {
    htole32 (choice->write), htole32 (choice->first), htole32 (choice->last), htole32 (choice->kind)
  };

  return mempcpy (to, &on_wire, sizeof on_wire);
}

static const char *
get_choice (const char *from, struct choice *choice)
{
  struct control_choice on_wire;

  memcpy (&on_wire, from, sizeof on_wire);
  *choice = (struct choice) {
    le32toh (on_wire.write), le32toh (on_wire.first), le32toh (on_wire.last), le32toh (on_wire.kind)
  };
  return from + sizeof on_wire;
}

/* To the wire or from it: either turns the bytes round where they must be turned. */
static struct control_seen
turn_seen (struct control_seen seen)
{
  return (struct control_seen) { htole64 (seen.block), htole32 (seen.device), htole32 (seen.sectors) };
}

static void
put_seen (char *to, const struct control_seen *seen, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    const struct control_seen one = turn_seen (seen[i]);

    to = mempcpy (to, &one, sizeof one);
  }
}

static void
get_seen (const char *from, struct control_seen *seen, size_t count)
{
  for (size_t i = 0; i < count; i++, from += sizeof *seen) {
    struct control_seen one;

    memcpy (&one, from, sizeof one);
    seen[i] = turn_seen (one);
  }
}

static struct control_report
turn_report (const struct control_report *report)
{
  return (struct control_report) {
    .magic = htole32 (report->magic), .decision_count = htole32 (report->decision_count),
    .seen_count = htole64 (report->seen_count), .reads = htole64 (report->reads),
    .read_bytes = htole64 (report->read_bytes),
    .writes = htole64 (report->writes), .written_bytes = htole64 (report->written_bytes),
    .behaviour = htole64 (report->behaviour)
  };
}

char *
control_encode_select (const struct selection *selection, size_t *size)
{
  const struct decision_rule *rule = &selection->rule;
  const struct control_select head = {
    .magic = htole32 (CONTROL_MAGIC), .point = htole32 (selection->point), .tear = htole32 (rule->tear.mode),
    .atomic_bytes = htole32 (rule->tear.atomic_bytes), .preference = htole32 (rule->preference),
    .choice_count = htole32 ((uint32_t) selection->count), .seed = htole64 (rule->seed)
  };
  char *to;

  *size = whole_sectors (sizeof head + selection->count * sizeof (struct control_choice));
  char *bytes = begin_request (&head, sizeof head, *size, &to);
  for (size_t i = 0; bytes && i < selection->count; i++)
    to = put_choice (to, &selection->choices[i]);
  return bytes;
}

char *
control_encode_open (const char *name, size_t *size)
{
  const size_t length = strlen (name);
  const struct control_open head = {
    .magic = htole32 (CONTROL_OPEN_MAGIC), .name_length = htole32 ((uint32_t) length)
  };
  char *to;

  *size = whole_sectors (sizeof head + length);
  char *bytes = begin_request (&head, sizeof head, *size, &to);
  if (bytes)
    memcpy (to, name, length);
  return bytes;
}

static int
decode_select (const char *bytes, size_t size, struct selection *selection)
{
  struct control_select head;

  errno = EINVAL;
  if (size < sizeof head)
    return -1;
  memcpy (&head, bytes, sizeof head);
  const size_t count = le32toh (head.choice_count);
  if (le32toh (head.magic) != CONTROL_MAGIC || count > (size - sizeof head) / sizeof (struct control_choice))
    return -1;
  struct choice *choices = calloc (count ? count : 1, sizeof *choices);
  if (choices == NULL)
    return -1;
  const char *from = bytes + sizeof head;
  for (size_t i = 0; i < count; i++)
    from = get_choice (from, &choices[i]);
  *selection = (struct selection) {
    .point = le32toh (head.point), .choices = choices, .count = count,
    .rule = { { le32toh (head.tear), le32toh (head.atomic_bytes) }, le32toh (head.preference), le64toh (head.seed) }
  };
  return 0;
}

static int
decode_open (const char *bytes, size_t size, char **name)
{
  struct control_open head;

  errno = EINVAL;
  if (size < sizeof head)
    return -1;
  memcpy (&head, bytes, sizeof head);
  if (le32toh (head.name_length) > size - sizeof head)
    return -1;
  *name = strndup (bytes + sizeof head, le32toh (head.name_length));
  return *name ? 0 : -1;
}

bool
control_is_open (const void *bytes, size_t size)
{
  uint32_t magic;

  if (size < sizeof magic)
    return false;
  memcpy (&magic, bytes, sizeof magic);
  return le32toh (magic) == CONTROL_OPEN_MAGIC;
}

int
control_decode_request (const void *bytes, size_t size, struct control_request *request)
{
  *request = (struct control_request) { .name = NULL };
  return control_is_open (bytes, size) ? decode_open (bytes, size, &request->name)
    : decode_select (bytes, size, &request->selection);
}

void
control_request_release (struct control_request *request)
{
  free (request->name);
  free ((void *) request->selection.choices);
}

/* The bytes of a report, without what fills up its last sector. */
static size_t
report_size (const struct control_report *head)
{
  return sizeof *head + head->decision_count * sizeof (struct control_choice)
    + head->seen_count * sizeof (struct control_seen);
}

char *
control_encode_report (const struct control_report *report, const struct choice *decisions,
                       const struct control_seen *seen, size_t *size)
{
  const struct control_report head = turn_report (report);
  char *to;

  *size = report_size (report);
  char *bytes = begin_request (&head, sizeof head, *size, &to);
  for (size_t i = 0; bytes && i < report->decision_count; i++)
    to = put_choice (to, &decisions[i]);
  if (bytes)
    put_seen (to, seen, report->seen_count);
  return bytes;
}

char *
control_encode_written (const struct control_seen *written, size_t count, size_t *size)
{
  const struct control_written head = { .magic = htole32 (CONTROL_MAGIC), .count = htole64 (count) };
  char *to;

  *size = sizeof head + count * sizeof *written;
  char *bytes = begin_request (&head, sizeof head, *size, &to);
  if (bytes)
    put_seen (to, written, count);
  return bytes;
}

int
control_decode_written_head (const void *bytes, size_t *count, size_t *size)
{
  struct control_written head;

  memcpy (&head, bytes, sizeof head);
  *count = le64toh (head.count);
  errno = EINVAL;
  if (le32toh (head.magic) != CONTROL_MAGIC
      || *count > (CONTROL_WRITTEN_OFFSET - sizeof head) / sizeof (struct control_seen))
    return -1;
  *size = whole_sectors (sizeof head + *count * sizeof (struct control_seen));
  return 0;
}

void
control_decode_written (const void *bytes, size_t count, struct control_seen *written)
{
  get_seen ((const char *) bytes + sizeof (struct control_written), written, count);
}

char *
control_encode_tape (const struct log_tape *tape, bool ended, size_t *size)
{
  const struct control_tape head = {
    .magic = htole32 (CONTROL_MAGIC), .ended = htole32 (ended), .size = htole64 (ended ? 0 : tape->size)
  };
  char *to;

  *size = sizeof head + (ended ? 0 : tape->size);
  char *bytes = begin_request (&head, sizeof head, *size, &to);
  if (bytes && !ended && tape->size > 0)
    memcpy (to, tape->bytes, tape->size);
  return bytes;
}

int
control_decode_tape_head (const void *bytes, size_t *tape_size, size_t *size)
{
  struct control_tape head;

  memcpy (&head, bytes, sizeof head);
  *tape_size = le64toh (head.size);
  const bool is_tape = le32toh (head.magic) == CONTROL_MAGIC;
  errno = is_tape && head.ended ? EFBIG : EINVAL;
  if (!is_tape || head.ended || *tape_size > CONTROL_TAPE_MAX)
    return -1;
  *size = whole_sectors (sizeof head + *tape_size);
  return 0;
}

struct control_report
control_decode_head (const void *bytes)
{
  struct control_report head;

  memcpy (&head, bytes, sizeof head);
  return turn_report (&head);
}

size_t
control_report_bytes (const struct control_report *head)
{
  return whole_sectors (report_size (head));
}

void
control_decode_lists (const void *bytes, const struct control_report *head, struct choice *decisions,
                      struct control_seen *seen)
{
  const char *from = (const char *) bytes + sizeof *head;

  for (size_t i = 0; i < head->decision_count; i++)
    from = get_choice (from, &decisions[i]);
  get_seen (from, seen, head->seen_count);
}
