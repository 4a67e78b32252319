/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "log/state-id.h"
#include "replay/explain/minimal.h"
#include "replay/explain/reason.h"
#include "replay/search/ddmin.h"

/* A state that is being reduced. */
struct reduction {
  const struct minimal_config *config;
  uint32_t position;
  struct dropped_write *dropped;        /* those that the state began with */
  size_t count;
  bool *picked;                 /* which of them are missing */
};

static void
free_dropped (struct dropped_write *dropped, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    free (dropped[i].choices);
    free (dropped[i].what);
    free (dropped[i].why);
  }
  free (dropped);
}

void
minimal_free (struct minimal *minimal)
{
  if (minimal == NULL)
    return;
  free_dropped (minimal->dropped, minimal->count);
  free (minimal->state);
  free (minimal->detail);
  free (minimal->note);
  free (minimal);
}

/* Let *DROPPED be the write that CHOICES, COUNT of them, are all about.  Returns -1 with errno ENOMEM. */
static int
make_dropped (const struct choice *choices, size_t count, struct dropped_write *dropped)
{
  *dropped = (struct dropped_write) {
    .write = choices[0].write, .choices = calloc (count, sizeof *choices), .choice_count = count
  };
  if (dropped->choices == NULL)
    return -1;
  memcpy (dropped->choices, choices, count * sizeof *choices);
  return 0;
}

/* What CHOICES leave missing, in order, to free with free_dropped; NULL with errno ENOMEM. */
static struct dropped_write *
find_dropped (const struct write_log *log, const struct choice *choices, size_t count, size_t *dropped_count)
{
  struct dropped_write *dropped = calloc (count + 1, sizeof *dropped);
  size_t absent_count = 0;
  CLEANUP_FREE struct choice *absent = choices_unusual (log, choices, count, &absent_count);

  *dropped_count = 0;
  for (size_t first = 0, next; dropped && absent && first < absent_count; first = next) {
    for (next = first + 1; next < absent_count && absent[next].write == absent[first].write
         && absent[next].kind == CHOICE_ABSENT; next++) {
      /* to the end of what is missing of this write */
    }
    if (make_dropped (&absent[first], next - first, &dropped[(*dropped_count)++]) == -1) {
      free_dropped (dropped, *dropped_count);
      return NULL;
    }
  }
  if (dropped && absent == NULL) {
    free (dropped);
    return NULL;
  }
  return dropped;
}

/* The choices of those of DROPPED that are PICKED (all, if it is NULL), to free. */
static struct choice *
join_dropped (const struct dropped_write *dropped, size_t dropped_count, const bool *picked, size_t *count)
{
  size_t room = 1;
  struct choice *choices;

  for (size_t i = 0; i < dropped_count; i++)
    room += dropped[i].choice_count;
  choices = calloc (room, sizeof *choices);
  *count = 0;
  for (size_t i = 0; choices && i < dropped_count; i++)
    for (size_t j = 0; (picked == NULL || picked[i]) && j < dropped[i].choice_count; j++)
      choices[(*count)++] = dropped[i].choices[j];
  return choices;
}

/* Whether number I of the dropped ones is missing where those of PICKED are: what must stay as it is, in any case. */
static bool
is_missing (const struct reduction *reduction, const bool *picked, size_t i)
{
  const struct minimal_config *config = reduction->config;

  return picked[i] || config->log->writes[reduction->dropped[i].write].issue < config->first;
}

/* Whether the state without those that are picked fails as is wanted; its detail then goes into *detail, unless that
 * is NULL.
 */
static int
fails_at (const struct reduction *reduction, uint32_t position, const bool *picked, char **detail)
{
  const struct minimal_config *config = reduction->config;
  CLEANUP_FREE bool *missing = malloc (reduction->count + 1);
  size_t count;
  struct verdict verdict;

  for (size_t i = 0; missing && i < reduction->count; i++)
    missing[i] = is_missing (reduction, picked, i);
  CLEANUP_FREE struct choice *choices = missing
    ? join_dropped (reduction->dropped, reduction->count, missing, &count) : NULL;
  if (choices == NULL)
    return out_of_memory ();
  if (config->probe (config->opaque, position, choices, count, &verdict) == -1)
    return -1;
  bool same = verdict.kind == config->kind;
  if (same && detail) {
    free (*detail);
    *detail = verdict.detail;
  }
  else
    free (verdict.detail);
  return same;
}

static int
test_picked (void *opaque, const bool *picked)
{
  const struct reduction *reduction = opaque;

  return fails_at (reduction, reduction->position, picked, NULL);
}

/* The position from which on all that is picked is issued. */
static uint32_t
last_issue (const struct reduction *reduction)
{
  const struct log_write *writes = reduction->config->log->writes;
  uint32_t last = reduction->config->first;

  for (size_t i = 0; i < reduction->count; i++)
    if (reduction->picked[i]) {
      const struct choice *choice = reduction->dropped[i].choices;
      uint32_t issue = writes[choice->kind == CHOICE_OVER ? choice->first : choice->write].issue;

      last = issue > last ? issue : last;
    }
  return last;
}

/* Go to the earliest crash point at which what is picked is pending and fails; what is pending later was so at any
 * point since its issue.  Returns 1 if there is one before the reduction's, 0 if not, or -1.
 */
static int
go_back (struct reduction *reduction)
{
  const struct crash_points *points = reduction->config->points;
  uint32_t first = last_issue (reduction);

  for (size_t i = 0; i < points->count && points->points[i].position < reduction->position; i++) {
    uint32_t position = points->points[i].position;
    int r = position < first ? 0 : fails_at (reduction, position, reduction->picked, NULL);

    if (r == 1)
      reduction->position = position;
    if (r != 0)
      return r;
  }
  return 0;
}

/* Give MINIMAL, which has its position and what is dropped, the state's id.  Frees it when that fails. */
static struct minimal *
add_state (struct minimal *minimal, const struct write_log *log)
{
  size_t count;
  CLEANUP_FREE struct choice *choices = minimal->dropped ? minimal_choices (minimal, &count) : NULL;

  minimal->state = choices ? state_id_format (log, minimal->position, choices, count) : NULL;
  if (minimal->state)
    return minimal;
  minimal_free (minimal);
  return NULL;
}

/* Take over what is left of REDUCTION. */
static struct minimal *
make_minimal (struct reduction *reduction, char *detail)
{
  struct minimal *minimal = calloc (1, sizeof *minimal);

  if (minimal == NULL) {
    free (detail);
    return NULL;
  }
  minimal->position = reduction->position;
  minimal->detail = detail;
  minimal->dropped = calloc (reduction->count + 1, sizeof *minimal->dropped);
  for (size_t i = 0; minimal->dropped && i < reduction->count; i++)
    if (is_missing (reduction, reduction->picked, i)) {
      minimal->dropped[minimal->count++] = reduction->dropped[i];
      reduction->dropped[i].choices = NULL;
    }
  return add_state (minimal, reduction->config->log);
}

struct minimal *
minimal_as_is (const struct write_log *log, uint32_t position, const struct choice *choices, size_t count)
{
  struct minimal *minimal = calloc (1, sizeof *minimal);

  if (minimal == NULL)
    return NULL;
  minimal->position = position;
  minimal->dropped = find_dropped (log, choices, count, &minimal->count);
  return add_state (minimal, log);
}

/* Fewer writes and an earlier crash point, until there is neither. */
static int
reduce (struct reduction *reduction)
{
  int moved;

  do {
    if (minimize (reduction->picked, reduction->count, test_picked, reduction) == -1)
      return -1;
    moved = go_back (reduction);
  } while (moved == 1);
  return moved;
}

struct minimal *
minimal_find (const struct minimal_config *config, uint32_t position, const struct choice *choices, size_t count)
{
  struct reduction reduction = { .config = config, .position = position };
  CLEANUP_FREE bool *picked = NULL;
  struct minimal *minimal = NULL;
  char *detail = NULL;

  reduction.dropped = find_dropped (config->log, choices, count, &reduction.count);
  picked = malloc (reduction.count + 1);
  if (reduction.dropped == NULL || picked == NULL)
    out_of_memory ();
  else {
    memset (picked, true, reduction.count + 1);
    reduction.picked = picked;
    int r = reduce (&reduction) == -1 ? -1 : fails_at (&reduction, reduction.position, picked, &detail);
    minimal = r == 1 ? make_minimal (&reduction, detail) : NULL;
    if (r == 0)
      error_message ("a state at %u fails in one run and not in the next: it cannot be minimized", reduction.position);
    else if (r == 1 && minimal == NULL)
      out_of_memory ();
  }
  free_dropped (reduction.dropped, reduction.dropped ? reduction.count : 0);
  return minimal;
}

struct choice *
minimal_choices (const struct minimal *minimal, size_t *count)
{
  return join_dropped (minimal->dropped, minimal->count, NULL, count);
}

/* The last write issued at POSITION or before, described, to free; an empty text if there is none. */
static char *
describe_last (const struct write_log *log, struct blame *blame, uint32_t position)
{
  uint32_t issued = log_writes_until (log, position);
  CLEANUP_FREE char *what = issued > 0 ? blame_write (blame, issued - 1, position) : NULL;

  return issued > 0 ? reason_describe (log, issued - 1, what, NULL, 0) : strdup ("");
}

static int
add_note (struct minimal *minimal, const struct write_log *log, struct blame *blame)
{
  CLEANUP_FREE char *last = describe_last (log, blame, minimal->position);
  int r = -1;

  if (last && minimal->count == 0)
    r = asprintf (&minimal->note, "no write is missing: all that was issued is there, the last of it %s", last);
  else if (last)
    r = asprintf (&minimal->note, "%zu write%s missing%s; the last issued was %s", minimal->count,
                  minimal->count == 1 ? " is" : "s are",
                  minimal->dropped[minimal->count - 1].choices->kind == CHOICE_OVER ? " or over others" : "", last);
  if (r == -1)
    minimal->note = NULL;
  return minimal->note ? 0 : -1;
}

int
minimal_describe (struct minimal *minimal, const struct write_log *log, struct blame *blame)
{
  for (size_t i = 0; i < minimal->count; i++) {
    struct dropped_write *dropped = &minimal->dropped[i];

    dropped->what = blame_write (blame, dropped->write, minimal->position);
    dropped->why = reason_of_choice (log, dropped->choices, minimal->position);
    if (dropped->why == NULL)
      return -1;
  }
  return add_note (minimal, log, blame);
}

char *
minimal_line (const struct minimal *minimal, const struct write_log *log, size_t i)
{
  const struct dropped_write *dropped = &minimal->dropped[i];
  CLEANUP_FREE char *write = reason_describe (log, dropped->write, dropped->what, dropped->choices,
                                              dropped->choice_count);
  char *line;

  return write == NULL || asprintf (&line, "%s %s", write, dropped->why) == -1 ? NULL : line;
}

void
minimal_print (const struct minimal *minimal, const struct write_log *log, const char *detail, FILE *file)
{
  fprintf (file, "    minimal %s: %s\n", minimal->state, minimal->note);
  if (strcmp (minimal->detail, detail) != 0) {
    fputs ("        there: ", file);
    print_names_safely (minimal->detail, strlen (minimal->detail), file);
    putc ('\n', file);
  }
  for (size_t i = 0; i < minimal->count; i++) {
    CLEANUP_FREE char *line = minimal_line (minimal, log, i);

    fprintf (file, "        %s\n", line ? line : "out of memory");
  }
}
