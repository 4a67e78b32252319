/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "log/format.h"
#include "nbd-plugin/sector-map.h"

int
sector_map_make (struct sector_map *map, uint64_t sectors)
{
  void *entries = mmap (NULL, sectors * sizeof *map->entries, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (entries == MAP_FAILED)
    return -1;
  map->entries = entries;
  map->sectors = sectors;
  return 0;
}

void
sector_map_release (struct sector_map *map)
{
  if (map->entries)
    munmap (map->entries, map->sectors * sizeof *map->entries);
  map->entries = NULL;
}

void
sector_map_enter (struct sector_map *map, uint64_t sector, uint64_t count, uint64_t entry)
{
  for (; count > 0; sector++, count--) {
    uint64_t old = atomic_load_explicit (&map->entries[sector], memory_order_relaxed);

    while (old < entry
           && !atomic_compare_exchange_weak_explicit (&map->entries[sector], &old, entry, memory_order_release,
                                                      memory_order_relaxed)) {
      /* Another thread changed it: old is what it put there. */
    }
    if (!(entry & SECTOR_MAP_ZERO))
      entry += LOG_SECTOR;
  }
}

uint64_t
sector_map_run (const struct sector_map *map, uint64_t sector, uint64_t count, uint64_t *offset_bytes)
{
  uint64_t first = atomic_load_explicit (&map->entries[sector], memory_order_acquire), run = 1;
  bool zeros = first == 0 || first & SECTOR_MAP_ZERO;

  for (; run < count; run++) {
    uint64_t next = atomic_load_explicit (&map->entries[sector + run], memory_order_acquire);

    if (zeros ? next != 0 && !(next & SECTOR_MAP_ZERO) : next != first + run * LOG_SECTOR)
      break;
  }
  *offset_bytes = zeros ? 0 : first;
  return run;
}
