/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/violation.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "log/calls.h"
#include "replay/explain/minimal.h"
#include "replay/findings.h"

/* The length of the text in quotes that DETAIL begins with, quotes included; 0 if there is none. */
static size_t
quoted_length (const char *detail)
{
  size_t length = *detail == '"';

  while (length > 0 && detail[length] && detail[length] != '"')
    length += detail[length] == '\\' && detail[length + 1] ? 2 : 1;
  return length > 0 && detail[length] ? length + 1 : 0;
}

/* DETAIL with `#` for every number, and for every hash, which is a word that ends in `...`; to free.  Short contents,
 * which are in quotes, are written as those that are told by their length and hash.
 */
static char *
cause_of (const char *detail)
{
  static const char contents[] = "# bytes #...";
  char *cause = malloc (strlen (detail) * sizeof contents + 1), *to = cause;

  while (cause && *detail) {
    size_t quoted = quoted_length (detail);

    if (quoted > 0) {
      to = stpcpy (to, contents);
      detail += quoted;
      continue;
    }
    if (strncmp (detail, "1 byte", 6) == 0 && detail[6] != 's') {
      to = stpcpy (to, "# bytes");
      detail += 6;
      continue;
    }
    size_t number = violation_number_length (detail);
    if (number > 0) {
      *to++ = '#';
      detail += number;
    }
    else
      *to++ = *detail++;
  }
  if (cause)
    *to = '\0';
  return cause;
}

char *
finding_after (const struct write_log *log, uint32_t position)
{
  for (uint32_t i = log->mark_count; i-- > 0;) {
    const struct log_mark *mark = &log->marks[i];
    size_t length = mark->length;
    const char *text = log_mark_is_public (mark) ? mark->text : log_call_text (mark, &length);

    if (mark->position <= position && text)
      return strndup (text, length);
  }
  return strdup ("");
}

static void
free_finding (struct finding *finding)
{
  free_all (finding->detail, finding->cause, finding->after, finding->state, finding->place);
  outcome_free (&finding->outcome);
  minimal_free (finding->minimal);
  mpz_clear (finding->states);
}

static int
copy_finding (struct finding *copy, const struct finding *finding)
{
  *copy = *finding;
  copy->minimal = NULL;
  mpz_init_set (copy->states, finding->states);
  copy->detail = strdup (finding->detail);
  copy->cause = cause_of (finding->detail);
  copy->after = strdup (finding->after);
  copy->state = strdup (finding->state);
  copy->place = strdup (finding->place);
  if (outcome_copy (&copy->outcome, &finding->outcome) == 0 && copy->detail && copy->cause && copy->after
      && copy->state && copy->place)
    return 0;
  free_finding (copy);
  return -1;
}

static struct finding *
find_same (const struct findings *findings, const struct finding *wanted, const char *cause)
{
  for (size_t i = 0; i < findings->count; i++) {
    struct finding *finding = &findings->list[i];

    if ((finding->confirmation == FINDING_UNREPEATED) == (wanted->confirmation == FINDING_UNREPEATED)
        && finding->kind == wanted->kind && strcmp (finding->cause, cause) == 0
        && strcmp (finding->after, wanted->after) == 0)
      return finding;
  }
  return NULL;
}

int
findings_confirmed (const struct findings *findings, enum violation kind, const char *detail, const char *after)
{
  CLEANUP_FREE char *cause = cause_of (detail);
  struct finding wanted = { .kind = kind, .after = (char *) after, .confirmation = FINDING_UNREPEATED };

  if (cause == NULL)
    return -1;
  if (find_same (findings, &wanted, cause) == NULL)
    return 1;
  wanted.confirmation = FINDING_REPEATED;
  return find_same (findings, &wanted, cause) != NULL;
}

int
findings_repeated (const struct findings *findings, enum violation kind, const char *detail, const char *after)
{
  CLEANUP_FREE char *cause = cause_of (detail);
  const struct finding wanted = { .kind = kind, .after = (char *) after, .confirmation = FINDING_REPEATED };
  const struct finding *found = cause ? find_same (findings, &wanted, cause) : NULL;

  return cause == NULL ? -1 : found != NULL && found->confirmation == FINDING_REPEATED;
}

bool
findings_have (const struct findings *findings, const struct finding *finding)
{
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *one = &findings->list[i];

    if (one->kind == finding->kind && one->confirmation == finding->confirmation
        && strcmp (one->cause, finding->cause) == 0)
      return true;
  }
  return false;
}

/* Join FINDING to SAME, which keeps the first state of the two. */
static int
join (struct finding *same, const struct finding *finding)
{
  struct finding first;

  if (strcmp (finding->place, same->place) < 0) {
    if (copy_finding (&first, finding) == -1)
      return -1;
    mpz_swap (first.states, same->states);
    first.atomic = same->atomic;
    first.durable = same->durable;
    free_finding (same);
    *same = first;
  }
  mpz_add (same->states, same->states, finding->states);
  same->atomic = same->atomic && finding->atomic;
  same->durable = same->durable && finding->durable;
  return 0;
}

int
findings_add (struct findings *findings, const struct finding *finding)
{
  CLEANUP_FREE char *cause = cause_of (finding->detail);
  struct finding *same;

  if (cause == NULL)
    return -1;
  same = find_same (findings, finding, cause);
  if (same)
    return join (same, finding);
  struct finding *added = array_add (findings->list, findings->count);
  if (added == NULL)
    return -1;
  if (copy_finding (added, finding) == 0)
    return 0;
  findings->count--;
  return -1;
}

static int
compare_places (const void *left, const void *right)
{
  const struct finding *a = left, *b = right;
  int order = strcmp (a->place, b->place);

  return order ? order : a->kind < b->kind ? -1 : a->kind > b->kind;
}

void
findings_sort (struct findings *findings)
{
  if (findings->count > 0)
    qsort (findings->list, findings->count, sizeof *findings->list, compare_places);
}

void
findings_free (struct findings *findings)
{
  array_free (findings->list, findings->count, free_finding);
  memset (findings, 0, sizeof *findings);
}
