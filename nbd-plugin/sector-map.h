/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the content of each sector of a device is in its log.
 *
 * An entry is 0 for a sector that was never written, the file offset of its 512 bytes in the log, or for zeros the
 * offset of the record with SECTOR_MAP_ZERO set (offsets are multiples of 8).  Records of later issues stand at higher
 * offsets, so the higher entry is the newer one, whichever thread comes last: what the device shows is what the log
 * says.
 */
#ifndef POWERCUT_NBD_PLUGIN_SECTOR_MAP_H
#define POWERCUT_NBD_PLUGIN_SECTOR_MAP_H

#include <stdatomic.h>
#include <stdint.h>

#define SECTOR_MAP_ZERO 1

struct sector_map {
  _Atomic uint64_t *entries;    /* by sector; NULL: there is no map */
  uint64_t sectors;
};

/* Make the map of a device of so many SECTORS, none of which was written.  Returns 0, or -1 with errno. */
extern int sector_map_make (struct sector_map *map, uint64_t sectors);
extern void sector_map_release (struct sector_map *map);

/* Enter ENTRY for COUNT sectors from SECTOR on; data stand one sector after the other in the log.  From any thread. */
extern void sector_map_enter (struct sector_map *map, uint64_t sector, uint64_t count, uint64_t entry);

/* How many of COUNT sectors, from SECTOR on, stand one after the other in the log; the file offset of the first in
 * *offset_bytes, or 0 if they are all zeros.
 */
extern uint64_t sector_map_run (const struct sector_map *map, uint64_t sector, uint64_t count, uint64_t *offset_bytes);

#endif
