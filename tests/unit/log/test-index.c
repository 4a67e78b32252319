/* SPDX-License-Identifier: BSD-3-Clause */
/* The index is held against a look at every write. */
#include <config.h>

#include "common/cleanup.h"
#include "log/index.h"
#include "log/reader.h"
#include "tests/unit/make-log.h"

#define WRITES_MAX 400
#define BLOCK_SECTORS (1u << INDEX_BLOCK_LEVEL)

static struct log_write
write_to (unsigned device, uint64_t sector, uint32_t count)
{
  return (struct log_write) {
    .kind = LOG_WRITE, .device = (uint16_t) device, .offset_bytes = sector * LOG_SECTOR,
    .length_bytes = count * LOG_SECTOR,
  };
}

static bool
touches (const struct log_write *write, unsigned device, uint64_t block)
{
  uint64_t from = write->offset_bytes / LOG_SECTOR, to = from + write->length_bytes / LOG_SECTOR;

  return write->device == device && from < (block + 1) * BLOCK_SECTORS && to > block * BLOCK_SECTORS;
}

static void
assert_same_as_scan (const struct log_index *index, const struct log_write *writes, unsigned device, uint64_t block,
                     uint32_t limit)
{
  struct index_walk walk;
  uint32_t number;

  index_walk_begin (&walk, index, device, block, limit);
  for (uint32_t i = limit; i-- > 0;)
    if (touches (&writes[i], device, block)) {
      ck_assert_msg (index_walk_next (&walk, &number), "device %u, block %ju, limit %u: write %u is missing", device,
                     (uintmax_t) block, limit, i);
      ck_assert_msg (number == i, "device %u, block %ju, limit %u: write %u in place of %u", device, (uintmax_t) block,
                     limit, number, i);
    }
  ck_assert_msg (!index_walk_next (&walk, &number), "device %u, block %ju, limit %u: write %u is too much", device,
                 (uintmax_t) block, limit, number);
  ck_assert (!index_walk_next (&walk, &number));
}

/* A range as file systems write them, or as they should not, at the device's start or at BASE. */
static struct log_write
random_write (struct dice *dice, unsigned devices, uint64_t base, uint32_t sectors)
{
  uint64_t start = roll (dice, 2) ? base : 0, sector = roll (dice, sectors);
  uint32_t count = 1 + roll (dice, BLOCK_SECTORS);

  switch (roll (dice, 4)) {
  case 0:                       /* whole blocks */
    sector &= ~(uint64_t) (BLOCK_SECTORS - 1);
    count = BLOCK_SECTORS << roll (dice, 4);
    break;
  case 1:                       /* large, crossing many nodes */
    count = 1 + roll (dice, sectors);
    break;
  case 2:                       /* one sector */
    count = 1;
    break;
  default:                      /* small and crossing blocks */
    break;
  }
  if (count > sectors - sector)
    count = (uint32_t) (sectors - sector);
  struct log_write write = write_to (roll (dice, devices), start + sector, count);
  if (roll (dice, 4) == 0)
    write.kind = LOG_ZERO;
  return write;
}

/* Which sectors hold data: those from 0 on, then those from BASE on. */
struct map {
  uint64_t base, end;           /* what was handed over last ended there */
  uint32_t sectors;
  uint8_t *data;
};

static uint8_t *
map_sector (const struct map *map, uint64_t sector)
{
  return &map->data[sector < map->sectors ? sector : map->sectors + (sector - map->base)];
}

static int
put_range (void *opaque, uint64_t from, uint64_t to)
{
  struct map *map = opaque;

  ck_assert_uint_ge (from, map->end);
  ck_assert_uint_lt (from, to);
  map->end = to;
  for (; from < to; from++)
    *map_sector (map, from) |= 2;
  return 0;
}

/* The ranges of DEVICE are what the writes with data touch, in order. */
static void
assert_ranges (const struct log_index *index, const struct log_write *writes, uint32_t count, unsigned device,
               uint64_t base, uint32_t sectors)
{
  CLEANUP_FREE uint8_t *data = calloc (2, sectors);
  struct map map = { .base = base, .sectors = sectors, .data = data };

  for (uint32_t i = 0; i < count; i++)
    for (uint32_t j = 0; j < writes[i].length_bytes / LOG_SECTOR; j++)
      if (writes[i].device == device && writes[i].kind == LOG_WRITE)
        *map_sector (&map, writes[i].offset_bytes / LOG_SECTOR + j) |= 1;
  ck_assert_int_eq (log_index_ranges (index, writes, device, put_range, &map), 0);
  for (uint32_t i = 0; i < 2 * sectors; i++)
    if (data[i] != 0 && data[i] != 3)
      ck_abort_msg ("device %u, sector %u after %ju: %s", device, i, (uintmax_t) base,
                    data[i] == 1 ? "missing" : "no data");
}

static void
compare_random (struct dice *dice, unsigned devices, uint64_t base, uint32_t sectors, unsigned asks)
{
  struct log_write writes[WRITES_MAX];
  uint32_t count = 1 + roll (dice, WRITES_MAX);
  struct log_index index;

  for (uint32_t i = 0; i < count; i++)
    writes[i] = random_write (dice, devices, base, sectors);
  ck_assert_int_eq (log_index_build (&index, writes, count), 0);
  for (unsigned i = 0; i < asks; i++) {
    uint64_t block = (roll (dice, 2) ? base / BLOCK_SECTORS : 0) + roll (dice, sectors / BLOCK_SECTORS + 1);

    assert_same_as_scan (&index, writes, roll (dice, devices), block, i % 2 ? count : roll (dice, count + 1));
  }
  for (unsigned device = 0; device < devices; device++)
    assert_ranges (&index, writes, count, device, base, sectors);
  log_index_free (&index);
}

START_TEST (every_block_has_its_writes_newest_first_and_once)
{
  struct dice dice = { 1 };

  for (unsigned round = 0; round < unit_rounds (100); round++)
    compare_random (&dice, 1 + roll (&dice, 4), 0, 8 << roll (&dice, 12), 200);
}
END_TEST

START_TEST (devices_do_not_mix)
{
  struct dice dice = { 2 };

  for (unsigned round = 0; round < unit_rounds (20); round++)
    compare_random (&dice, LOG_DEVICES_MAX, 0, 64, 400);
}
END_TEST

START_TEST (the_ends_of_the_largest_device_do_not_mix)
{
  struct dice dice = { 3 };

  for (unsigned bit = 20; bit < 54; bit++)
    for (unsigned round = 0; round < unit_rounds (4); round++) {
      compare_random (&dice, 2, UINT64_C (1) << bit, 128, 50);
      compare_random (&dice, 2, (UINT64_C (1) << (bit + 1)) - 128, 120, 50);
    }
}
END_TEST

START_TEST (a_write_of_the_greatest_length_is_in_all_its_blocks)
{
  const uint32_t length = UINT32_MAX / LOG_SECTOR;
  const struct log_write writes[] = { write_to (0, 3, length), write_to (0, 0, length), write_to (0, length, 8) };
  const uint64_t last = length / BLOCK_SECTORS + 4;
  struct log_index index;

  ck_assert_int_eq (log_index_build (&index, writes, 3), 0);
  for (uint64_t block = 0; block < last; block += block < 10 || block > last - 20 ? 1 : 997)
    assert_same_as_scan (&index, writes, 0, block, 3);
  log_index_free (&index);
}
END_TEST

START_TEST (no_writes_are_no_entries)
{
  struct log_index index;

  ck_assert_int_eq (log_index_build (&index, NULL, 0), 0);
  assert_same_as_scan (&index, NULL, 0, 0, 0);
  assert_ranges (&index, NULL, 0, 0, 0, 8);
  assert_same_as_scan (&index, NULL, LOG_DEVICES_MAX - 1, 12345, 0);
  log_index_free (&index);
}
END_TEST

UNIT_TEST_MAIN ("index", every_block_has_its_writes_newest_first_and_once, devices_do_not_mix,
                the_ends_of_the_largest_device_do_not_mix, a_write_of_the_greatest_length_is_in_all_its_blocks,
                no_writes_are_no_entries)
