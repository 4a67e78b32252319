/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "tests/unit/replay/search/reader.h"

/* Sectors FIRST to FIRST + COUNT - 1 of a block. */
static unsigned
sector_bits (unsigned first, unsigned count)
{
  return ((1u << count) - 1) << first;
}

/* What the plugin crashstate tells of a read. */
static void
note_read (struct guest *guest, unsigned device, unsigned block, unsigned sectors)
{
  sectors &= ~guest->noted[device][block];
  if (sectors == 0)
    return;
  guest->noted[device][block] |= sectors;
  guest->seen[guest->seen_count++] = (struct control_seen) { .block = block, .device = device, .sectors = sectors };
}

/* All sectors are in one block. */
static void
read_part (struct guest *guest, unsigned device, unsigned first, unsigned count, char *letters)
{
  unsigned block = first / BLOCK_SECTORS, skip = first % BLOCK_SECTORS;
  unsigned missing = sector_bits (skip, count) & ~guest->written[device][block];
  char bytes[BLOCK_SIZE];

  if (guest->state && missing)
    crash_state_read_block (guest->state, device, block, missing, bytes);
  for (unsigned i = 0; i < count; i++)
    if (!(missing & 1u << (skip + i)))
      letters[i] = guest->written_letters[device][first + i];
    else
      letters[i] = guest->state ? sector_letter (bytes + (skip + i) * LOG_SECTOR) : guest->letters[device][first + i];
  note_read (guest, device, block, missing);
}

static void
read_sectors (struct guest *guest, unsigned device, unsigned first, unsigned count, char *letters)
{
  while (count > 0) {
    unsigned room = BLOCK_SECTORS - first % BLOCK_SECTORS, part = count < room ? count : room;

    read_part (guest, device, first, part, letters);
    first += part;
    letters += part;
    count -= part;
  }
}

/* Put an operation on the guest's tape, a write of COUNT times LETTER, some with FUA, or without COUNT a flush. */
static void
tape (const struct guest *guest, unsigned device, unsigned first, unsigned count, char letter)
{
  char bytes[SECTORS * LOG_SECTOR];
  const struct log_operation operation = {
    .kind = count > 0 ? LOG_WRITE : LOG_FLUSH, .device = (uint16_t) device,
    .flags = count > 0 && letter % 4 == 0 ? LOG_FLAG_FUA : 0, .offset_bytes = (uint64_t) first * LOG_SECTOR,
    .length_bytes = count * LOG_SECTOR
  };

  for (unsigned i = 0; guest->tape && i < count; i++)
    fill_sector (letter, bytes + i * LOG_SECTOR);
  if (guest->tape)
    ASSERT_QUICKLY (log_tape_add (guest->tape, &operation, bytes) == 0);
}

static void
write_sectors (struct guest *guest, unsigned device, unsigned first, unsigned count, char letter)
{
  tape (guest, device, first, count, letter);
  for (unsigned sector = first; sector < first + count; sector++) {
    guest->written[device][sector / BLOCK_SECTORS] |= 1u << sector % BLOCK_SECTORS;
    guest->written_letters[device][sector] = letter;
  }
}

uint64_t
wander (const struct reader *reader, struct guest *guest)
{
  struct dice dice = { reader->seed };
  char letters[3];

  for (unsigned step = 0; step < reader->steps && roll (&dice, 24) != 0; step++) {
    unsigned device = roll (&dice, DEVICES), first = roll (&dice, SECTORS), room = SECTORS - first;
    unsigned count = 1 + roll (&dice, room < sizeof letters ? room : sizeof letters);

    if (reader->writes && roll (&dice, 4) == 0) {
      write_sectors (guest, device, first, count, "xyz"[roll (&dice, 3)]);
      continue;
    }
    if (reader->writes && reader->flushes && roll (&dice, 6) == 0) {
      tape (guest, device, 0, 0, '.');
      continue;
    }
    read_sectors (guest, device, first, count, letters);
    for (unsigned i = 0; i < count; i++)
      dice.state = dice.state * 31 + (unsigned char) letters[i];
  }
  return (uint64_t) roll (&dice, UINT32_MAX) << 32 | roll (&dice, UINT32_MAX);
}

uint64_t
read_in_order (const struct reader *reader, struct guest *guest)
{
  uint64_t there = 0;
  char letter;

  (void) reader;
  for (unsigned sector = 0; sector < SECTORS; sector++) {
    read_sectors (guest, 0, sector, 1, &letter);
    there |= (uint64_t) (letter != '.') << sector;
  }
  return there;
}

uint64_t
write_and_read (const struct reader *reader, struct guest *guest)
{
  write_sectors (guest, 0, 0, SECTORS - 1, 'b');
  return read_in_order (reader, guest);
}

uint64_t
read_nothing (const struct reader *reader, struct guest *guest)
{
  (void) guest;
  return reader->seed;
}
