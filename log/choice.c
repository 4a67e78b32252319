/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <xxhash.h>

#include "log/choice.h"

uint32_t
write_last_sector (const struct log_write *write)
{
  return write->length_bytes / LOG_SECTOR - 1;
}

/* How many log sectors lie between the device's sector boundary at or before WRITE and the write's start. */
static uint32_t
lead_sectors (const struct tear *tear, const struct log_write *write)
{
  return (uint32_t) (write->offset_bytes % tear->sector_bytes) / LOG_SECTOR;
}

uint32_t
tear_pieces (const struct tear *tear, const struct log_write *write)
{
  uint64_t sectors = write->length_bytes / LOG_SECTOR, unit = tear->sector_bytes / LOG_SECTOR;

  return tear->mode == TEAR_NONE ? 1 : (uint32_t) ((lead_sectors (tear, write) + sectors + unit - 1) / unit);
}

struct choice
tear_choice (const struct tear *tear, const struct write_log *log, uint32_t number, uint32_t sector, enum choice_kind kind)
{
  const struct log_write *write = &log->writes[number];
  uint64_t lead, unit, piece;
  struct choice choice = choice_whole (number, kind);

  if (tear->mode == TEAR_NONE)
    return choice;
  lead = lead_sectors (tear, write);
  unit = tear->sector_bytes / LOG_SECTOR;
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
  return choice.kind == CHOICE_PRESENT ? tear_choice (tear, log, choice.write, choice.last, CHOICE_ABSENT)
    : tear_choice (tear, log, choice.write, choice.first, CHOICE_PRESENT);
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
