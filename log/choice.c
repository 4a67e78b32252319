/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "common/cleanup.h"
#include "log/choice.h"
#include "log/chosen-orders.h"

uint32_t
write_last_sector (const struct log_write *write)
{
  return write->length_bytes / LOG_SECTOR - 1;
}

/* How many log sectors lie between the device's sector boundary at or before WRITE and the write's start. */
static uint32_t
lead_sectors (const struct tear *tear, const struct log_write *write)
{
  return (uint32_t) (write->offset_bytes % tear->atomic_bytes) / LOG_SECTOR;
}

uint32_t
tear_pieces (const struct tear *tear, const struct log_write *write)
{
  uint64_t sectors = write->length_bytes / LOG_SECTOR, unit = tear->atomic_bytes / LOG_SECTOR;

  return tear->mode == TEAR_NONE ? 1 : (uint32_t) ((lead_sectors (tear, write) + sectors + unit - 1) / unit);
}

struct choice
tear_choice (const struct tear *tear, const struct write_log *log, uint32_t number, uint32_t sector,
             enum choice_kind kind)
{
  const struct log_write *write = &log->writes[number];
  uint64_t lead, unit, piece;
  struct choice choice = choice_whole (number, kind);

  if (tear->mode == TEAR_NONE)
    return choice;
  lead = lead_sectors (tear, write);
  unit = tear->atomic_bytes / LOG_SECTOR;
  piece = (lead + sector) / unit;
  if (piece > 0 && (tear->mode == TEAR_ANY || kind == CHOICE_ABSENT))
    choice.first = (uint32_t) (piece * unit - lead);
  if (tear->mode == TEAR_ANY || kind == CHOICE_PRESENT)
    choice.last = (uint32_t) ((piece + 1) * unit - lead - 1);
  if (choice.last > write_last_sector (write))
    choice.last = write_last_sector (write);
  return choice;
}

struct choice
tear_turned (const struct tear *tear, const struct write_log *log, struct choice choice)
{
  if (choice_kind_is_of_order (choice.kind))
    return (struct choice) { choice.write, choice.first, 0, choice.kind == CHOICE_OVER ? CHOICE_UNDER : CHOICE_OVER };
  return choice.kind == CHOICE_PRESENT ? tear_choice (tear, log, choice.write, choice.last, CHOICE_ABSENT)
    : tear_choice (tear, log, choice.write, choice.first, CHOICE_PRESENT);
}

/* By write; among those of one write the order is kept, as the later one counts. */
static int
compare_choices (const void *left, const void *right)
{
  const struct choice *a = *(const struct choice *const *) left, *b = *(const struct choice *const *) right;

  if (a->write != b->write)
    return a->write < b->write ? -1 : 1;
  return a < b ? -1 : a > b;
}

/* Add what CHOICES, COUNT of them and all about one write, leave missing to ABSENT.  Returns its new end, or NULL. */
static struct choice *
add_absent (const struct write_log *log, const struct choice *const *choices, size_t count, struct choice *absent)
{
  uint32_t number = choices[0]->write, last = write_last_sector (&log->writes[number]);
  CLEANUP_FREE bool *missing = calloc ((size_t) last + 1, sizeof *missing);

  if (missing == NULL)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    uint32_t end = choices[i]->last < last ? choices[i]->last : last;

    if (choices[i]->first <= end)
      memset (missing + choices[i]->first, choices[i]->kind == CHOICE_ABSENT, (size_t) end - choices[i]->first + 1);
  }
  for (uint32_t first = 0, end; first <= last; first = end + 1) {
    for (end = first; end < last && missing[end + 1] == missing[first]; end++) {
      /* to the end of the stretch */
    }
    if (missing[first])
      *absent++ = (struct choice) { number, first, end == last ? CHOICE_END : end, CHOICE_ABSENT };
  }
  return absent;
}

/* What CHOICES leave missing, to free. */
static struct choice *
find_absent (const struct write_log *log, const struct choice *choices, size_t count, size_t *absent_count)
{
  /* Each choice begins at most one stretch, or cuts one in two. */
  struct choice *absent = calloc (count + 1, sizeof *absent), *end = absent;
  CLEANUP_FREE const struct choice **sorted = calloc (count + 1, sizeof *sorted);
  size_t sorted_count = 0;

  for (size_t i = 0; sorted && i < count; i++)
    if (choices[i].kind < CHOICE_UNDECIDED)
      sorted[sorted_count++] = &choices[i];
  if (sorted_count > 0)
    qsort (sorted, sorted_count, sizeof *sorted, compare_choices);
  for (size_t first = 0, next; end && first < sorted_count; first = next) {
    for (next = first + 1; next < sorted_count && sorted[next]->write == sorted[first]->write; next++) {
      /* to the end of what is about this write */
    }
    end = add_absent (log, sorted + first, next - first, end);
  }
  if (sorted == NULL || end == NULL) {
    free (absent);
    return NULL;
  }
  *absent_count = (size_t) (end - absent);
  return absent;
}

struct choice *
choices_unusual (const struct write_log *log, const struct choice *choices, size_t count, size_t *unusual_count)
{
  struct choice *unusual = find_absent (log, choices, count, unusual_count);

  if (unusual && log->orders.count > 0 && chosen_orders_turned (log, choices, count, &unusual, unusual_count) == -1) {
    free (unusual);
    return NULL;
  }
  return unusual;
}

enum choice_kind
rule_prefers (const struct decision_rule *rule, uint32_t write, uint32_t sector)
{
  uint32_t place[2] = { write, sector };

  switch (rule->preference) {
  case PREFER_ABSENT:
    return CHOICE_ABSENT;
  case PREFER_RANDOM:
    return XXH3_64bits_withSeed (place, sizeof place, rule->seed) & 1 ? CHOICE_ABSENT : CHOICE_PRESENT;
  default:
    return CHOICE_PRESENT;
  }
}
