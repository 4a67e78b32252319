/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking the kernel where the data of a file are. */
#include <config.h>

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "checker/observe/layout.h"

#define EXTENTS_AT_ONCE 128
#define RUNS_MAX 8192           /* of a file; one in more pieces is read */
#define BLOCKS_MAX (1 << 16)    /* of a file that is asked for block by block */

/* What an extent may be for its data to be just what is there, or zeros. */
#define EXTENT_FLAGS_PLAIN (FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_MERGED | FIEMAP_EXTENT_SHARED | FIEMAP_EXTENT_UNWRITTEN)

/* Attributes of a file whose data are not just what is there. */
#define ATTRIBUTES_NOT_PLAIN (STATX_ATTR_COMPRESSED | STATX_ATTR_ENCRYPTED | STATX_ATTR_VERITY | STATX_ATTR_DAX)
#define FLAGS_NOT_PLAIN \
  (FS_COMPR_FL | FS_ENCRYPT_FL | FS_VERITY_FL | FS_INLINE_DATA_FL | FS_JOURNAL_DATA_FL | FS_DAX_FL)

/* A file whose layout is being found. */
struct finding_layout {
  struct file_layout *layout;
  uint64_t sectors;             /* of the file */
};

/* Whether nothing is known that stands between the file and its data on the device. */
static bool
is_plain (int fd, const struct statx *status)
{
  struct fsxattr attributes;
  unsigned flags = 0;

  if (status->stx_attributes & ATTRIBUTES_NOT_PLAIN)
    return false;
  if (ioctl (fd, FS_IOC_GETFLAGS, &flags) == 0 && flags & FLAGS_NOT_PLAIN)
    return false;
  /* The realtime part of an XFS is another device. */
  return ioctl (fd, FS_IOC_FSGETXATTR, &attributes) == -1 || !(attributes.fsx_xflags & FS_XFLAG_REALTIME);
}

/* Add what lies before sector END of the file and in no extent: zeros. */
static int
add_zeros (struct finding_layout *finding, uint64_t end)
{
  if (end > finding->sectors)
    end = finding->sectors;
  return end > finding->layout->sectors
    ? layout_add (finding->layout, LAYOUT_ZEROS, end - finding->layout->sectors) : 0;
}

/* Add BYTES of the file at LOGICAL that are at PHYSICAL on the device; what is after its end is left out. */
static bool
add_part (struct finding_layout *finding, uint64_t logical, uint64_t physical, uint64_t bytes)
{
  uint64_t first = logical / LAYOUT_SECTOR, count = bytes / LAYOUT_SECTOR;

  if ((logical | bytes | (physical == LAYOUT_ZEROS ? 0 : physical)) % LAYOUT_SECTOR || add_zeros (finding, first) == -1
      || finding->layout->run_count > RUNS_MAX)
    return false;
  if (first >= finding->sectors)
    return true;
  if (first != finding->layout->sectors)
    return false;               /* it overlaps the one before */
  if (count > finding->sectors - first)
    count = finding->sectors - first;
  return layout_add (finding->layout, physical == LAYOUT_ZEROS ? LAYOUT_ZEROS : physical / LAYOUT_SECTOR, count) == 0;
}

bool
layout_add_extent (struct file_layout *layout, uint64_t sectors, const struct fiemap_extent *extent)
{
  struct finding_layout finding = { layout, sectors };
  bool zeros = extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN;

  return !(extent->fe_flags & ~EXTENT_FLAGS_PLAIN)
    && add_part (&finding, extent->fe_logical, zeros ? LAYOUT_ZEROS : extent->fe_physical, extent->fe_length);
}

/* Add the extents of MAP; *next is where they end in the file, *last whether there are no more. */
static bool
add_extents (struct finding_layout *finding, const struct fiemap *map, uint64_t *next, bool *last)
{
  *last = map->fm_mapped_extents == 0;
  for (unsigned i = 0; i < map->fm_mapped_extents; i++) {
    const struct fiemap_extent *extent = &map->fm_extents[i];

    if (!layout_add_extent (finding->layout, finding->sectors, extent))
      return false;
    *next = extent->fe_logical + extent->fe_length;
    *last |= (extent->fe_flags & FIEMAP_EXTENT_LAST) != 0;
  }
  return true;
}

/* Ask for the extents, as many as there are.  Returns 1, 0 if they are not plain, or -1 with errno. */
static int
map_extents (int fd, struct finding_layout *finding)
{
  struct fiemap *map = malloc (sizeof *map + EXTENTS_AT_ONCE * sizeof map->fm_extents[0]);
  uint64_t next = 0;
  bool last = false;
  int r = 1;

  if (map == NULL)
    return 0;
  while (r == 1 && !last && next < finding->sectors * LAYOUT_SECTOR) {
    memset (map, 0, sizeof *map);
    map->fm_start = next;
    map->fm_length = FIEMAP_MAX_OFFSET - next;
    map->fm_flags = FIEMAP_FLAG_SYNC;
    map->fm_extent_count = EXTENTS_AT_ONCE;
    r = ioctl (fd, FS_IOC_FIEMAP, map) == -1 ? -1 : add_extents (finding, map, &next, &last);
  }
  free (map);
  return r;
}

/* Ask block by block, where a file system does not know of extents. */
static bool
map_blocks (int fd, struct finding_layout *finding)
{
  int block_bytes = 0;

  if (ioctl (fd, FIGETBSZ, &block_bytes) == -1 || block_bytes < LAYOUT_SECTOR
      || finding->sectors / ((unsigned) block_bytes / LAYOUT_SECTOR) > BLOCKS_MAX)
    return false;
  for (uint64_t at = 0; at < finding->sectors * LAYOUT_SECTOR; at += (uint64_t) block_bytes) {
    int block = (int) (at / (uint64_t) block_bytes);

    if (ioctl (fd, FIBMAP, &block) == -1 || block < 0
        || !add_part (finding, at, block == 0 ? LAYOUT_ZEROS : (uint64_t) block * (uint64_t) block_bytes,
                      (uint64_t) block_bytes))
      return false;
  }
  return true;
}

bool
layout_find (int fd, const struct statx *status, struct file_layout *layout)
{
  struct finding_layout finding = {
    .layout = layout, .sectors = status->stx_size / LAYOUT_SECTOR + (status->stx_size % LAYOUT_SECTOR != 0)
  };
  int r;

  *layout = (struct file_layout) { .runs = NULL };
  if (finding.sectors > LAYOUT_SECTORS_MAX || !is_plain (fd, status))
    return false;
  r = map_extents (fd, &finding);
  if (r == -1 && (errno == EOPNOTSUPP || errno == ENOTTY))
    r = map_blocks (fd, &finding);
  if (r == 1 && add_zeros (&finding, finding.sectors) == 0 && layout->run_count > 0)
    return true;
  layout_free (layout);
  return false;
}
