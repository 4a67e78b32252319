/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "replay/search/crash-points.h"

#define WORD_BITS 64

/* The part of a log in which crash points are looked for. */
struct range {
  const struct write_log *log;
  unsigned which;               /* enum point_set */
  uint32_t first, last;
};

static void
add_position (struct position_set *set, uint32_t position)
{
  set->bits[position / WORD_BITS] |= UINT64_C (1) << position % WORD_BITS;
}

/* How many of SET are before POSITION. */
static size_t
count_before (const struct position_set *set, uint32_t position)
{
  const uint64_t below = (UINT64_C (1) << position % WORD_BITS) - 1;

  return set->before[position / WORD_BITS] + (size_t) __builtin_popcountll (set->bits[position / WORD_BITS] & below);
}

/* Number what is in SET, in which positions below COUNT may be.  Returns how many there are. */
static size_t
number_positions (struct position_set *set, uint32_t count)
{
  size_t found = 0;

  for (uint32_t word = 0; word <= count / WORD_BITS; word++) {
    set->before[word] = (uint32_t) found;
    found += (size_t) __builtin_popcountll (set->bits[word]);
  }
  return found;
}

/* A point before the event at POSITION. */
static void
add_before (const struct range *range, struct position_set *set, uint32_t position)
{
  if (position > range->first && position <= range->last)
    add_position (set, position - 1);
}

/* The points before something becomes durable; of prefixes, at each issue. */
static void
add_writes (const struct range *range, const uint32_t *durable, struct position_set *set)
{
  for (uint32_t i = 0; i < range->log->write_count; i++) {
    const uint32_t issue = range->log->writes[i].issue;

    if (!(range->which & POINTS_PREFIXES))
      add_before (range, set, durable[i]);
    else if (issue >= range->first && issue <= range->last)
      add_position (set, issue);
  }
}

/* The points before marks that change what is expected; with POINTS_TOLD, before the other public ones, too.  Prefixes
 * are cut after such marks instead, and at `begin` not at all.
 */
static void
add_marks (const struct range *range, struct position_set *set)
{
  struct passed passed = passed_begin (range->log);

  for (uint32_t i = 0; i < range->log->mark_count; i++) {
    const struct log_mark *mark = &range->log->marks[i];
    const uint32_t position = mark->position;

    if (!passed_mark (&passed, mark) && !(range->which & POINTS_TOLD && log_mark_is_public (mark)))
      continue;
    if (!(range->which & POINTS_PREFIXES))
      add_before (range, set, position);
    else if (position > 0 && position >= range->first && position <= range->last
             && !log_mark_is (mark, "begin", NULL, NULL))
      add_position (set, position);
  }
}

/* Find the positions of POINTS, and number them. */
static int
find_positions (const struct range *range, struct crash_points *points)
{
  struct position_set *set = &points->positions;
  const size_t words = range->log->event_count / WORD_BITS + 1;

  set->bits = calloc (words, sizeof *set->bits);
  set->before = calloc (words, sizeof *set->before);
  if (set->bits == NULL || set->before == NULL)
    return -1;
  add_writes (range, pending_index_durable (&points->pending), set);
  add_marks (range, set);
  add_position (set, range->last);
  points->count = number_positions (set, range->log->event_count);
  points->points = calloc (points->count, sizeof *points->points);
  return points->points ? 0 : -1;
}

static void
fill_points (const struct write_log *log, struct crash_points *points)
{
  struct passed passed = passed_begin (log);
  size_t next = 0;

  for (uint32_t word = 0; next < points->count; word++)
    for (uint64_t bits = points->positions.bits[word]; bits; bits &= bits - 1) {
      struct crash_point *point = &points->points[next++];

      point->position = word * WORD_BITS + (uint32_t) __builtin_ctzll (bits);
      point->moment = passed_until (&passed, point->position);
    }
}

/* Count what is pending at each point: each write from the first point at which it is issued to the one before the
 * first at which it is durable.
 */
static void
count_pending (const struct write_log *log, struct crash_points *points)
{
  const uint32_t *durable = pending_index_durable (&points->pending);
  uint32_t pending = 0;

  for (uint32_t i = 0; i < log->write_count; i++) {
    const size_t from = crash_points_from (points, log->writes[i].issue);
    const size_t to = crash_points_from (points, durable[i]);

    if (from < points->count)
      points->points[from].pending_count++;
    if (to < points->count)
      points->points[to].pending_count--;       /* below zero for a while: it wraps */
  }
  for (size_t i = 0; i < points->count; i++) {
    points->points[i].pending_count = pending += points->points[i].pending_count;
    if (points->pending_max < pending)
      points->pending_max = pending;
  }
}

int
model_crash_points (const struct write_log *log, unsigned which, struct crash_points *points)
{
  struct range range = { .log = log, .which = which };

  memset (points, 0, sizeof *points);
  if (model_range (log, &range.first, &range.last) == -1)
    return 0;
  if (pending_index_build (&points->pending, log) == -1 || find_positions (&range, points) == -1) {
    crash_points_free (points);
    return -1;
  }
  fill_points (log, points);
  count_pending (log, points);
  return 0;
}

void
crash_points_free (struct crash_points *points)
{
  pending_index_free (&points->pending);
  free (points->positions.bits);
  free (points->positions.before);
  free (points->points);
  memset (points, 0, sizeof *points);
}

size_t
crash_points_from (const struct crash_points *points, uint32_t position)
{
  return position == LOG_NEVER ? points->count : count_before (&points->positions, position);
}

uint32_t *
crash_point_pending (const struct crash_points *points, const struct crash_point *point)
{
  uint32_t *pending = calloc (point->pending_count ? point->pending_count : 1, sizeof *pending);

  if (pending)
    for (uint32_t i = 0, write = 0; pending_index_next (&points->pending, point->position, &write); write++)
      pending[i++] = write;
  return pending;
}
