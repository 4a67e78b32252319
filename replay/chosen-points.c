/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "replay/chosen-points.h"
#include "replay/search/random.h"

/* Read FIRST, up to the character BETWEEN, and what comes after it.  Returns 0, or -1 with errno. */
static int
parse_two (const char *text, char between, uint64_t *first, uint64_t *second)
{
  const char *end = strchr (text, between);
  CLEANUP_FREE char *before = end ? strndup (text, (size_t) (end - text)) : NULL;

  return before && parse_unsigned (before, UINT64_MAX, first) == 0 ? parse_unsigned (end + 1, UINT64_MAX, second) : -1;
}

int
chosen_points_parse (const char *text, struct chosen_points *chosen)
{
  *chosen = (struct chosen_points) { CHOSEN_ALL, 1, 0 };
  int r = 0;

  if (text == NULL)
    return 0;
  if (strcmp (text, "near-marks") == 0)
    chosen->kind = CHOSEN_NEAR_MARKS;
  else if (strncmp (text, "every:", 6) == 0) {
    chosen->kind = CHOSEN_EVERY;
    r = parse_unsigned (text + 6, UINT64_MAX, &chosen->number);
  }
  else if (strncmp (text, "sample:", 7) == 0) {
    chosen->kind = CHOSEN_SAMPLE;
    r = parse_two (text + 7, ':', &chosen->number, &chosen->other);
  }
  else {
    chosen->kind = CHOSEN_RANGE;
    r = parse_two (text, '-', &chosen->number, &chosen->other);
  }
  if (r == 0 && (chosen->kind == CHOSEN_RANGE ? chosen->number <= chosen->other : chosen->number > 0))
    return 0;
  error_message ("--points=%s: every:N, near-marks, sample:N:SEED or FROM-TO, positions of the log", text);
  return -1;
}

static void
choose_near_marks (const struct write_log *log, const struct crash_points *points, bool *is_chosen)
{
  for (uint32_t i = 0; i < log->mark_count; i++) {
    const size_t next = crash_points_from (points, log->marks[i].position);

    if (!log_mark_is_public (&log->marks[i]))
      continue;
    if (next > 0)
      is_chosen[next - 1] = true;
    if (next < points->count)
      is_chosen[next] = true;
  }
}

/* Each of COUNT with the same chance. */
static void
choose_sample (uint64_t wanted, uint64_t seed, size_t count, bool *is_chosen)
{
  for (size_t i = 0; i < count && wanted > 0; i++)
    if (random_next (&seed) % (count - i) < wanted) {
      is_chosen[i] = true;
      wanted--;
    }
}

bool *
chosen_points_find (const struct chosen_points *chosen, const struct write_log *log, const struct crash_points *points)
{
  bool *is_chosen = calloc (points->count + 1, sizeof *is_chosen);

  if (is_chosen == NULL)
    return NULL;
  if (chosen->kind == CHOSEN_NEAR_MARKS)
    choose_near_marks (log, points, is_chosen);
  else if (chosen->kind == CHOSEN_SAMPLE)
    choose_sample (chosen->number, chosen->other, points->count, is_chosen);
  else
    for (size_t i = 0; i < points->count; i++)
      is_chosen[i] = chosen->kind == CHOSEN_RANGE
        ? points->points[i].position >= chosen->number && points->points[i].position <= chosen->other
        : chosen->kind == CHOSEN_ALL || i % chosen->number == 0;
  return is_chosen;
}
