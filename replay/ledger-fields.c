/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "replay/ledger-fields.h"

void
fields_put_number (FILE *file, uint64_t number)
{
  fwrite (&number, sizeof number, 1, file);
}

void
fields_put_bytes (FILE *file, const void *bytes, size_t count)
{
  fields_put_number (file, count);
  if (count > 0)
    fwrite (bytes, 1, count, file);
}

void
fields_put_text (FILE *file, const char *text)
{
  fields_put_bytes (file, text, text ? strlen (text) + 1 : 0);
}

void
fields_put_outcome (FILE *file, const struct outcome *outcome)
{
  fields_put_number (file, outcome->kind);
  fields_put_text (file, outcome->digest);
  fields_put_text (file, outcome->detail);
  fields_put_number (file, outcome->check);
  fields_put_text (file, outcome->check_detail);
  fields_put_text (file, outcome->check_output);
  fields_put_text (file, outcome->fsck);
  fields_put_text (file, outcome->usable);
  fields_put_text (file, outcome->fault);
  fields_put_number (file, outcome->unrepeated_kind);
  fields_put_text (file, outcome->unrepeated);
  fields_put_number (file, outcome->repeated);
  fields_put_number (file, outcome->behaviour);
}

/* The next COUNT bytes, or NULL. */
static const char *
take (struct fields *fields, size_t count)
{
  const char *at = fields->at;

  if (fields->bad || fields->left < count) {
    fields->bad = true;
    return NULL;
  }
  fields->at += count;
  fields->left -= count;
  return at;
}

uint64_t
fields_number (struct fields *fields)
{
  uint64_t number = 0;
  const char *bytes = take (fields, sizeof number);

  if (bytes)
    memcpy (&number, bytes, sizeof number);
  return number;
}

const char *
fields_bytes (struct fields *fields, size_t *count)
{
  const uint64_t wanted = fields_number (fields);
  const char *bytes = wanted <= fields->left ? take (fields, wanted) : NULL;

  fields->bad |= bytes == NULL;
  *count = bytes ? wanted : 0;
  return bytes;
}

const char *
fields_text (struct fields *fields)
{
  size_t count;
  const char *text = fields_bytes (fields, &count);

  if (count > 0 && memchr (text, '\0', count) != text + count - 1) {
    fields->bad = true;
    count = 0;
  }
  return count > 0 ? text : NULL;
}

/* A number that may be LAST at most. */
static unsigned
number_up_to (struct fields *fields, unsigned last)
{
  const uint64_t number = fields_number (fields);

  fields->bad |= number > last;
  return number > last ? 0 : (unsigned) number;
}

/* A text that is to be read only: an outcome that owns its texts has other ones. */
static char *
borrow_text (struct fields *fields)
{
  return (char *) fields_text (fields);
}

void
fields_outcome (struct fields *fields, struct outcome *outcome)
{
  *outcome = (struct outcome) { .kind = number_up_to (fields, OUTCOME_HUNG) };
  const char *digest = fields_text (fields);
  if (digest && strlen (digest) <= TREE_DIGEST_LENGTH)
    strcpy (outcome->digest, digest);
  else
    fields->bad = true;
  outcome->detail = borrow_text (fields);
  outcome->check = number_up_to (fields, CHECK_CHANGED);
  outcome->check_detail = borrow_text (fields);
  outcome->check_output = borrow_text (fields);
  outcome->fsck = borrow_text (fields);
  outcome->usable = borrow_text (fields);
  outcome->fault = borrow_text (fields);
  outcome->unrepeated_kind = number_up_to (fields, VIOLATION_COUNT - 1);
  outcome->unrepeated = borrow_text (fields);
  outcome->repeated = number_up_to (fields, true);
  outcome->behaviour = fields_number (fields);
  fields->bad |= (outcome->kind != OUTCOME_TREE && outcome->detail == NULL)
    || (outcome->check > CHECK_RIGHT && outcome->check_detail == NULL);
}
