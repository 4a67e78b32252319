/* SPDX-License-Identifier: BSD-3-Clause */
/* What a ledger has is known to a session again. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/message.h"
#include "replay/answer.h"
#include "replay/ledger-fields.h"
#include "replay/ledger-part.h"

/* Whether what OUTCOME of a run of INPUTS saw is known: its tree stands before it. */
static bool
is_seen (struct session *session, uint64_t inputs, const struct outcome *outcome)
{
  return outcome->kind != OUTCOME_TREE
    || (inputs == INPUTS_LOCATED ? located_trees_find (&session->located, outcome->digest) != NULL
        : oracle_find (&session->results.oracle, outcome->digest) != NULL);
}

/* Whether all of COUNT STEPS are reads of some sectors of a block of LOG's devices. */
static bool
are_reads (const struct write_log *log, const struct read_step *steps, size_t count)
{
  size_t i = 0;

  while (i < count && steps[i].device < log->device_count && steps[i].sectors > 0 && steps[i].sectors <= BLOCK_ALL
         && steps[i].block <= (log->device_sizes[steps[i].device] - 1) / BLOCK_SIZE)
    i++;
  return i == count;
}

/* Know a run from FIELDS. */
static int
restore_run (struct ledger_part *part, struct fields *fields)
{
  struct session *session = part->session;
  struct known_reads known = { .inputs = fields_number (fields) };
  const uint64_t shared = fields_number (fields);
  struct log_tape tape = { .bytes = NULL };
  struct outcome outcome;
  size_t bytes;

  const char *steps = fields_bytes (fields, &bytes);
  fields_outcome (fields, &outcome);
  if (fields_number (fields) == 1) {
    tape.bytes = (char *) fields_bytes (fields, &tape.size);
    tape.bytes = tape.size > 0 ? tape.bytes : NULL;
    known.tape = &tape;
  }
  fields->bad |= shared > part->step_count || bytes % sizeof *known.steps != 0
    || !is_seen (session, known.inputs, &outcome);
  if (fields->bad)
    return 0;
  if (ledger_take_steps (part, steps, shared, bytes / sizeof *known.steps) == -1)
    return -1;
  fields->bad = !are_reads (session->config->log, part->steps + shared, part->step_count - shared);
  if (fields->bad)
    return 0;
  known.steps = part->steps;
  known.count = part->step_count;
  known.outcome = &outcome;
  const enum read_set_result result = read_sets_restore (session->read_sets, &known);
  session->results.mismatches += result == READ_SET_CONTRADICTED;
  return result == READ_SET_FAILED ? out_of_memory () : 0;
}

/* The text of a tree, after its digest, and that in DIGEST; NULL if they are not of one another. */
static const char *
read_tree (struct fields *fields, char digest[TREE_DIGEST_LENGTH + 1])
{
  const char *noted = fields_text (fields), *text = fields_text (fields);

  if (noted && text)
    tree_digest (text, digest);
  fields->bad |= noted == NULL || text == NULL || strcmp (noted, digest) != 0;
  return fields->bad ? NULL : text;
}

static int
restore_tree (struct session *session, struct fields *fields)
{
  char digest[TREE_DIGEST_LENGTH + 1];
  const char *text = read_tree (fields, digest);

  if (text == NULL || oracle_find (&session->results.oracle, digest))
    return 0;
  char *copy = strdup (text);
  return copy == NULL ? out_of_memory () : oracle_add (&session->results.oracle, digest, copy) ? 0 : -1;
}

/* Add the sectors to LOCATED that its run wrote. */
static int
restore_written (struct located *located, struct fields *fields)
{
  const uint64_t count = fields_number (fields);

  for (uint64_t i = 0; i < count && !fields->bad; i++) {
    const uint64_t sector = fields_number (fields);
    size_t bytes;
    const char *data = fields_bytes (fields, &bytes);

    fields->bad |= bytes != LOG_SECTOR;
    if (!fields->bad && located_add_written (located, sector, data) == -1)
      return out_of_memory ();
  }
  return 0;
}

static int
restore_located (struct session *session, struct fields *fields)
{
  char digest[TREE_DIGEST_LENGTH + 1];
  const char *text = read_tree (fields, digest);
  char *copy = text ? strdup (text) : NULL;

  if (copy == NULL)
    return text ? out_of_memory () : 0;
  struct located *located = located_new (copy, digest, session->config->log->device_sizes[LOCATED_DEVICE]);
  if (located == NULL || restore_written (located, fields) == -1 || fields->bad) {
    located_free (located);
    return located && fields->bad ? 0 : -1;
  }
  located_seal (located);
  return located_trees_add (&session->located, located) ? 0 : out_of_memory ();
}

/* CONFIRMED was seen again: what was said of it. */
static int
restore_repeated (struct ledger_part *part, const struct confirmed *confirmed, const char *detail, const char *after)
{
  struct finding finding = {
    .kind = confirmed->kind, .state = confirmed->state, .detail = (char *) detail, .after = (char *) after, .place = "",
    .confirmation = FINDING_REPEATED, .outcome = { .kind = OUTCOME_TREE }
  };

  mpz_init (finding.states);
  const int r = findings_add (&part->repeated, &finding);
  mpz_clear (finding.states);
  return r == -1 ? out_of_memory () : 0;
}

static int
restore_confirmation (struct ledger_part *part, struct fields *fields)
{
  const uint64_t kind = fields_number (fields);
  const char *state = fields_text (fields), *detail = fields_text (fields), *after = fields_text (fields);
  const bool repeated = fields_number (fields) == 1;

  fields->bad |= state == NULL || detail == NULL || after == NULL || kind >= VIOLATION_COUNT;
  struct confirmed *added = fields->bad ? NULL : array_add (part->confirmed, part->confirmed_count);
  if (added == NULL)
    return fields->bad ? 0 : out_of_memory ();
  *added = (struct confirmed) { .kind = (enum violation) kind, .state = strdup (state), .repeated = repeated };
  if (added->state == NULL)
    return out_of_memory ();
  return repeated ? restore_repeated (part, added, detail, after) : 0;
}

static int
restore_contents (struct ledger_part *part, struct fields *fields)
{
  const uint64_t number = fields_number (fields);
  const char *digest = fields_text (fields);

  fields->bad |= number > 1 || digest == NULL;
  if (fields->bad)
    return 0;
  free (part->contents[number]);
  part->contents[number] = strdup (digest);
  return part->contents[number] ? 0 : out_of_memory ();
}

static int
restore_release (struct session *session, const char *text)
{
  free (session->results.release);
  session->results.release = strdup (text);
  return session->results.release ? 0 : out_of_memory ();
}

int
ledger_restore (void *opaque, const struct journal_record *record)
{
  struct ledger_part *part = opaque;
  struct fields fields = { .at = record->bytes, .left = record->count };
  int r = 0;

  if (record->key != part->key)
    return 0;
  switch ((enum ledger_kind) record->kind) {
  case LEDGER_PART:
    part->known = true;
    break;
  case LEDGER_RELEASE:
    r = restore_release (part->session, record->bytes);
    break;
  case LEDGER_TREE:
    r = restore_tree (part->session, &fields);
    break;
  case LEDGER_LOCATED:
    r = restore_located (part->session, &fields);
    break;
  case LEDGER_RUN:
    r = restore_run (part, &fields);
    break;
  case LEDGER_MISMATCH:
    part->session->results.mismatches++;
    break;
  case LEDGER_CONFIRMATION:
    r = restore_confirmation (part, &fields);
    break;
  case LEDGER_CONTENTS:
    r = restore_contents (part, &fields);
    break;
  default:
    fields.bad = true;
  }
  if (!fields.bad)
    return r;
  error_message ("%s: has a record that makes no sense: name another file", journal_path (part->reading));
  return -1;
}
