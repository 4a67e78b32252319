/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "replay/explain/blame-layout.h"

/* Fields of the superblock (Linux fs/xfs/libxfs/xfs_format.h, struct xfs_dsb), all big-endian. */
enum {
  XSB_MAGIC = 0, XSB_BLOCK_SIZE = 4, XSB_LOG_START = 48, XSB_GROUP_BLOCKS = 84, XSB_GROUPS = 88, XSB_LOG_BLOCKS = 96,
  XSB_SECTOR_SIZE = 102, XSB_GROUP_LOG = 124,
};

#define SECTOR 512

struct geometry {
  uint64_t block_size, group_blocks, sector_size, log_offset, log_bytes;
};

static uint64_t
number (const unsigned char *from, unsigned offset, unsigned size)
{
  uint64_t value = 0;

  for (unsigned i = 0; i < size; i++)
    value = value << 8 | from[offset + i];
  return value;
}

static bool
read_geometry (const unsigned char *superblock, struct geometry *geometry)
{
  uint64_t log_start = number (superblock, XSB_LOG_START, 8), group_log = superblock[XSB_GROUP_LOG];

  *geometry = (struct geometry) {
    .block_size = number (superblock, XSB_BLOCK_SIZE, 4), .group_blocks = number (superblock, XSB_GROUP_BLOCKS, 4),
    .sector_size = number (superblock, XSB_SECTOR_SIZE, 2),
  };
  if (memcmp (superblock + XSB_MAGIC, "XFSB", 4) != 0 || geometry->block_size < SECTOR || geometry->block_size > 65536
      || geometry->group_blocks == 0 || geometry->sector_size < SECTOR || group_log > 31)
    return false;
  /* A number of a block has that of its group in its upper bits. */
  uint64_t in_group = log_start & ((UINT64_C (1) << group_log) - 1);
  geometry->log_offset = ((log_start >> group_log) * geometry->group_blocks + in_group) * geometry->block_size;
  geometry->log_bytes = log_start == 0 ? 0 : number (superblock, XSB_LOG_BLOCKS, 4) * geometry->block_size;
  return true;
}

/* What the first bytes of a block of metadata say, or NULL. */
static const char *
find_magic (const unsigned char *block)
{
  static const struct {
    char magic[5];
    unsigned offset;            /* in the block */
    const char *name;
  } magics[] = {
    { "IN", 0, "inodes" },
    { "AB3B", 0, "free space by block" }, { "ABTB", 0, "free space by block" },
    { "AB3C", 0, "free space by size" }, { "ABTC", 0, "free space by size" },
    { "IAB3", 0, "inode btree" }, { "IABT", 0, "inode btree" },
    { "FIB3", 0, "free inode btree" }, { "FIBT", 0, "free inode btree" },
    { "R3FC", 0, "reference counts" }, { "RMB3", 0, "reverse mappings" },
    { "BMA3", 0, "block map of a file" }, { "BMAP", 0, "block map of a file" },
    { "XDB3", 0, "directory block" }, { "XD2B", 0, "directory block" },
    { "XDD3", 0, "directory block" }, { "XD2D", 0, "directory block" },
    { "XDF3", 0, "directory's free space" }, { "XD2F", 0, "directory's free space" },
    { "\x3d\xf1", 8, "directory index" }, { "\x3d\xff", 8, "directory index" }, { "\x3e\xbe", 8, "directory index" },
    { "\x3b\xee", 8, "attributes" }, { "XARM", 0, "attributes" },
    { "XSLM", 0, "target of a symbolic link" }, { "DQ", 0, "quota" },
  };

  for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
    if (memcmp (block + magics[i].offset, magics[i].magic, strlen (magics[i].magic)) == 0)
      return magics[i].name;
  return NULL;
}

/* Name what the sectors at the start of an allocation group are; false if OFFSET, of the device, is in none of them. */
static bool
name_header (const struct geometry *geometry, uint64_t offset, struct names *names)
{
  static const char *const headers[] = { "superblock", "free space of group", "inodes of group", "free list of group" };
  uint64_t group_bytes = geometry->group_blocks * geometry->block_size, group = offset / group_bytes;
  uint64_t sector = offset % group_bytes / geometry->sector_size;

  if (sector >= sizeof headers / sizeof headers[0])
    return false;
  if (sector > 0)
    names_add (names, "%s %ju", headers[sector], (uintmax_t) group);
  else if (group == 0)
    names_add (names, "superblock");
  else
    names_add (names, "superblock, the copy in group %ju", (uintmax_t) group);
  return true;
}

void
blame_xfs (const unsigned char *superblock, const struct written *written, struct names *names)
{
  struct geometry geometry;

  if (!read_geometry (superblock, &geometry))
    return;
  if (written->offset < geometry.log_offset + geometry.log_bytes
      && written->offset + written->length > geometry.log_offset) {
    names_add (names, "log");
    return;
  }
  for (uint64_t at = 0; at < written->length; at += SECTOR) {
    const char *name = written->data ? find_magic (written->data + at) : NULL;

    if (!name_header (&geometry, written->offset + at, names)
        && name && (written->offset + at) % geometry.block_size == 0)
      names_add (names, "%s", name);
  }
}
