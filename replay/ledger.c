/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/journal.h"
#include "common/message.h"
#include "common/text.h"
#include "replay/ledger-fields.h"
#include "replay/ledger-part.h"
#include "replay/worker.h"

#define TITLE "powercut replay 2"

/* The ledger of COUNT PATHS, for more or to be read. */
static struct ledger *
open_ledger (const char *const *paths, size_t count, bool more)
{
  struct ledger *ledger = calloc (1, sizeof *ledger);

  if (ledger == NULL || (ledger->journals = calloc (count, sizeof *ledger->journals)) == NULL) {
    free (ledger);
    out_of_memory ();
    return NULL;
  }
  for (; ledger->count < count; ledger->count++) {
    const char *path = paths[ledger->count];
    struct journal_file *journal = more ? journal_open (path, TITLE) : journal_look (path, TITLE);

    if (journal == NULL) {
      ledger_close (ledger);
      return NULL;
    }
    ledger->journals[ledger->count] = journal;
    ledger->more = more ? journal : NULL;
  }
  return ledger;
}

struct ledger *
ledger_open (const char *path)
{
  return open_ledger (&path, 1, true);
}

struct ledger *
ledger_join (const char *const *paths, size_t count)
{
  return open_ledger (paths, count, false);
}

bool
ledger_is (const char *path)
{
  return journal_is (path, TITLE);
}

int
ledger_close (struct ledger *ledger)
{
  int r = 0;

  if (ledger == NULL)
    return 0;
  for (size_t i = 0; i < ledger->count; i++)
    if (journal_close (ledger->journals[i]) == -1)
      r = -1;
  free_all (ledger->journals, ledger);
  return r;
}

/* A hash of the first SIZE bytes of LOG. */
static void
hash_begin (const struct write_log *log, size_t size, char hash[LEDGER_HASH_SIZE])
{
  const XXH128_hash_t value = XXH3_128bits (log_bytes (log, 0, size), size);

  snprintf (hash, LEDGER_HASH_SIZE, "%016jx%016jx", (uintmax_t) value.high64, (uintmax_t) value.low64);
}

void
ledger_hash_log (const struct write_log *log, char hash[LEDGER_HASH_SIZE])
{
  hash_begin (log, log->valid_size, hash);
}

/* The same of its header, which says when it was recorded, to the nanosecond: it is the same however long it is. */
static void
hash_header (const struct write_log *log, char hash[LEDGER_HASH_SIZE])
{
  hash_begin (log, le32toh (((const struct log_header *) log->map)->header_size), hash);
}

/* Write all that the answer to a run depends on beside the state: of the session's configuration and its log, and what
 * makes an answer of what the guest says.
 */
static void
describe (const struct session_config *config, FILE *file)
{
  const struct runner_config *runner = &config->runner;
  char log[LEDGER_HASH_SIZE];

  if (config->by_header)
    hash_header (config->log, log);
  else
    ledger_hash_log (config->log, log);
  const char *const texts[] = {
    log, runner->kernel ? runner->kernel->release : NULL, runner->identity, runner->filesystem, runner->mount_options,
    runner->places, runner->assemble, runner->lost, runner->fault, runner->check,
  };
  const uint64_t numbers[] = {
    config->log->trims_trusted, config->prefixes_only, config->nested > 0, runner->observe,
    runner->facts, runner->readonly_device, runner->fsck, runner->usable, (uint64_t) runner->run_timeout_ms,
    runner->watch_count, runner->pages_count,
  };

  fields_put_text (file, PACKAGE_VERSION);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    fields_put_text (file, texts[i]);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    fields_put_number (file, numbers[i]);
  for (size_t i = 0; i < runner->watch_count; i++)
    fields_put_text (file, runner->watch[i]);
  for (size_t i = 0; i < runner->pages_count; i++)
    fields_put_text (file, runner->pages[i]);
}

/* Add a record to the part, if the ledger takes more. */
static int
add (const struct ledger_part *part, enum ledger_kind kind, const void *bytes, size_t count)
{
  struct journal_file *more = part ? part->ledger->more : NULL;

  return more ? journal_add (more, kind, part->key, bytes, count) : 0;
}

/* Add the record that STREAM has, which ends with this. */
static int
add_record (const struct ledger_part *part, enum ledger_kind kind, struct text_stream *stream)
{
  CLEANUP_FREE char *bytes = text_end (stream);

  return bytes ? add (part, kind, bytes, stream->length) : out_of_memory ();
}

int
ledger_add_release (const struct ledger_part *part, const char *release)
{
  return add (part, LEDGER_RELEASE, release, strlen (release));
}

int
ledger_add_mismatch (const struct ledger_part *part)
{
  return add (part, LEDGER_MISMATCH, "", 0);
}

int
ledger_add_tree (const struct ledger_part *part, const char *digest, const char *text)
{
  struct text_stream stream;

  if (part == NULL)
    return 0;
  if (!text_begin (&stream))
    return out_of_memory ();
  fields_put_text (stream.file, digest);
  fields_put_text (stream.file, text);
  return add_record (part, LEDGER_TREE, &stream);
}

int
ledger_add_located (const struct ledger_part *part, const struct located *located)
{
  struct text_stream stream;

  if (part == NULL)
    return 0;
  if (!text_begin (&stream))
    return out_of_memory ();
  fields_put_text (stream.file, located->text_digest);
  fields_put_text (stream.file, located->text);
  fields_put_number (stream.file, located->written_count);
  for (size_t i = 0; i < located->written_count; i++) {
    fields_put_number (stream.file, located->written[i].sector);
    fields_put_bytes (stream.file, located->written[i].bytes, LOG_SECTOR);
  }
  return add_record (part, LEDGER_LOCATED, &stream);
}

int
ledger_add_confirmation (const struct ledger_part *part, const struct finding *finding)
{
  struct text_stream stream;

  if (part == NULL)
    return 0;
  if (!text_begin (&stream))
    return out_of_memory ();
  fields_put_number (stream.file, finding->kind);
  fields_put_text (stream.file, finding->state);
  fields_put_text (stream.file, finding->detail);
  fields_put_text (stream.file, finding->after);
  fields_put_number (stream.file, finding->confirmation == FINDING_REPEATED);
  return add_record (part, LEDGER_CONFIRMATION, &stream);
}

enum confirmation
ledger_confirmation (const struct ledger_part *part, const struct finding *finding)
{
  for (size_t i = 0; part && i < part->confirmed_count; i++) {
    const struct confirmed *confirmed = &part->confirmed[i];

    if (confirmed->kind == finding->kind && strcmp (confirmed->state, finding->state) == 0)
      return confirmed->repeated ? FINDING_REPEATED : FINDING_UNREPEATED;
  }
  return part && findings_repeated (&part->repeated, finding->kind, finding->detail, finding->after) == 1
    ? FINDING_REPEATED : FINDING_UNCONFIRMED;
}

const char *
ledger_contents (const struct ledger_part *part, unsigned number)
{
  return part && !part->session->config->by_header ? part->contents[number] : NULL;
}

int
ledger_add_contents (const struct ledger_part *part, unsigned number, const char *digest)
{
  struct text_stream stream;

  if (part == NULL || part->session->config->by_header) /* the log's end is not always in the same place */
    return 0;
  if (!text_begin (&stream))
    return out_of_memory ();
  fields_put_number (stream.file, number);
  fields_put_text (stream.file, digest);
  return add_record (part, LEDGER_CONTENTS, &stream);
}

/* How many of the first steps of KNOWN are those of the last run. */
static size_t
count_shared (const struct ledger_part *part, const struct known_reads *known)
{
  size_t shared = 0;

  while (shared < part->step_count && shared < known->count
         && memcmp (&part->steps[shared], &known->steps[shared], sizeof *known->steps) == 0)
    shared++;
  return shared;
}

int
ledger_take_steps (struct ledger_part *part, const void *steps, size_t shared, size_t count)
{
  part->step_count = shared;
  for (size_t i = 0; i < count; i++) {
    struct read_step *added = array_add (part->steps, part->step_count);

    if (added == NULL)
      return out_of_memory ();
    memcpy (added, (const char *) steps + i * sizeof *added, sizeof *added);
  }
  return 0;
}

/* Add a run: the session's read sets tell of it. */
static int
add_run (void *opaque, const struct known_reads *known)
{
  struct ledger_part *part = opaque;
  const size_t shared = count_shared (part, known), more = known->count - shared;
  struct text_stream stream;

  if (!text_begin (&stream))
    return out_of_memory ();
  fields_put_number (stream.file, known->inputs);
  fields_put_number (stream.file, shared);
  fields_put_bytes (stream.file, known->steps ? known->steps + shared : NULL, more * sizeof *known->steps);
  fields_put_outcome (stream.file, known->outcome);
  fields_put_number (stream.file, known->tape != NULL);
  if (known->tape)
    fields_put_bytes (stream.file, known->tape->bytes, known->tape->bytes ? known->tape->size : 0);
  if (add_record (part, LEDGER_RUN, &stream) == -1)
    return -1;
  return ledger_take_steps (part, known->steps ? known->steps + shared : NULL, shared, more);
}

/* Let the session know all that the ledger has of PART. */
static int
restore (struct ledger_part *part)
{
  for (size_t i = 0; i < part->ledger->count; i++) {
    part->reading = part->ledger->journals[i];
    part->step_count = 0;
    if (journal_walk (part->reading, ledger_restore, part) == -1)
      return -1;
  }
  return 0;
}

/* Begin the part of a session that DESCRIPTION tells from others. */
static int
begin_part (struct ledger_part *part, const struct text_stream *description)
{
  part->key = XXH3_64bits (description->text, description->length);
  if (restore (part) == -1)
    return -1;
  if (part->ledger->more)
    read_sets_listen (part->session->read_sets, add_run, part);
  return part->known ? 0 : add (part, LEDGER_PART, description->text, description->length);
}

struct ledger_part *
ledger_begin (struct ledger *ledger, struct session *session)
{
  struct ledger_part *part = calloc (1, sizeof *part);
  struct text_stream description;

  if (part == NULL || !text_begin (&description)) {
    free (part);
    out_of_memory ();
    return NULL;
  }
  *part = (struct ledger_part) { .ledger = ledger, .session = session };
  describe (session->config, description.file);
  CLEANUP_FREE char *text = text_end (&description);
  if (text == NULL)
    out_of_memory ();
  else if (begin_part (part, &description) == 0)
    return part;
  ledger_part_free (part);
  return NULL;
}

void
ledger_part_free (struct ledger_part *part)
{
  if (part == NULL)
    return;
  for (size_t i = 0; i < part->confirmed_count; i++)
    free (part->confirmed[i].state);
  findings_free (&part->repeated);
  free_all (part->confirmed, part->steps, part->contents[0], part->contents[1], part);
}
