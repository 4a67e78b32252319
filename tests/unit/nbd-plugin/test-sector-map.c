/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "log/format.h"
#include "nbd-plugin/sector-map.h"
#include "tests/unit/unit.h"

#define SECTORS 16

static struct sector_map map;

static void
make_map (void)
{
  ck_assert_int_eq (sector_map_make (&map, SECTORS), 0);
}

static void
release_map (void)
{
  sector_map_release (&map);
}

/* That COUNT sectors from SECTOR on begin with RUN that stand together, from OFFSET_BYTES on. */
static void
assert_run (uint64_t sector, uint64_t count, uint64_t run, uint64_t offset_bytes)
{
  uint64_t found;

  ck_assert_uint_eq (sector_map_run (&map, sector, count, &found), run);
  ck_assert_uint_eq (found, offset_bytes);
}

START_TEST (what_was_never_written_is_zeros)
{
  assert_run (0, SECTORS, SECTORS, 0);
}
END_TEST

START_TEST (sectors_of_one_write_stand_together)
{
  sector_map_enter (&map, 4, 3, 1000);
  sector_map_enter (&map, 7, 2, 1000 + 3 * LOG_SECTOR);
  sector_map_enter (&map, 9, 1, 8000);
  assert_run (0, SECTORS, 4, 0);
  assert_run (4, SECTORS - 4, 5, 1000);
  assert_run (4, 2, 2, 1000);
  assert_run (5, 4, 4, 1000 + LOG_SECTOR);
  assert_run (9, SECTORS - 9, 1, 8000);
}
END_TEST

START_TEST (zeros_are_zeros_written_or_not)
{
  sector_map_enter (&map, 2, 2, 1000 | SECTOR_MAP_ZERO);
  assert_run (0, SECTORS, SECTORS, 0);
  sector_map_enter (&map, 3, 1, 2000);
  assert_run (0, SECTORS, 3, 0);
}
END_TEST

START_TEST (the_later_record_wins_whoever_comes_last)
{
  sector_map_enter (&map, 0, 4, 50000);
  sector_map_enter (&map, 1, 2, 1000);
  assert_run (0, 4, 4, 50000);
  sector_map_enter (&map, 2, 1, 60000 | SECTOR_MAP_ZERO);
  sector_map_enter (&map, 2, 1, 55000);
  assert_run (0, 4, 2, 50000);
  assert_run (2, 1, 1, 0);
}
END_TEST

UNIT_TEST_MAIN_WITH ("sector-map", make_map, release_map, what_was_never_written_is_zeros,
                     sectors_of_one_write_stand_together, zeros_are_zeros_written_or_not,
                     the_later_record_wins_whoever_comes_last)
