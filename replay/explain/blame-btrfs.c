/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "replay/explain/blame-layout.h"

/* Fields of a superblock and of a tree block (Linux include/uapi/linux/btrfs_tree.h), all little-endian. */
enum {
  FSID = 32, FSID_SIZE = 16,    /* of both */
  SB_MAGIC = 64, SB_GENERATION = 72, SB_LOG_ROOT = 96, SB_NODE_SIZE = 148,
  NODE_GENERATION = 80, NODE_OWNER = 88, NODE_LEVEL = 100, NODE_HEADER = 101,
};

#define SECTOR 4096
static const char magic[] = "_BHRfS_M";

static uint64_t
number (const unsigned char *from, unsigned offset, unsigned size)
{
  uint64_t value = 0;

  memcpy (&value, from + offset, size);
  return le64toh (value);
}

static const char *
tree_name (uint64_t owner, char buffer[32])
{
  static const char *const names[] = {
    [1] = "root tree", [2] = "extent tree", [3] = "chunk tree", [4] = "device tree", [5] = "file system tree",
    [7] = "checksum tree", [8] = "quota tree", [9] = "UUID tree", [10] = "free space tree",
    [11] = "block group tree",
  };

  if (owner < sizeof names / sizeof names[0] && names[owner])
    return names[owner];
  if (owner == (uint64_t) -6)
    return "log tree";
  if (owner == (uint64_t) -9)
    return "data relocation tree";
  snprintf (buffer, 32, "tree %ju", (uintmax_t) owner);
  return buffer;
}

/* Name the superblock of which SECTOR bytes are at BLOCK. */
static void
name_superblock (const unsigned char *block, uint64_t offset, struct names *names)
{
  const char *log = number (block, SB_LOG_ROOT, 8) ? ", with a log tree" : "";

  names_add (names, "%s, generation %ju%s", offset == BTRFS_SUPERBLOCK ? "superblock" : "copy of the superblock",
             (uintmax_t) number (block, SB_GENERATION, 8), log);
}

static void
name_node (const unsigned char *node, struct names *names)
{
  char buffer[32];

  names_add (names, "%s, %s, generation %ju", tree_name (number (node, NODE_OWNER, 8), buffer),
             node[NODE_LEVEL] ? "a node" : "a leaf", (uintmax_t) number (node, NODE_GENERATION, 8));
}

void
blame_btrfs (const unsigned char *superblock, const struct written *written, struct names *names)
{
  uint64_t node_size = number (superblock, SB_NODE_SIZE, 4), step;

  if (written->data == NULL || memcmp (superblock + SB_MAGIC, magic, sizeof magic - 1) != 0
      || node_size < SECTOR || node_size > 65536)
    return;
  for (uint64_t at = 0; at + SECTOR <= written->length; at += step) {
    const unsigned char *block = written->data + at;

    step = SECTOR;
    if (memcmp (block + FSID, superblock + FSID, FSID_SIZE) != 0)
      continue;
    if (memcmp (block + SB_MAGIC, magic, sizeof magic - 1) == 0)
      name_superblock (block, written->offset + at, names);
    else {
      name_node (block, names);
      step = node_size;
    }
  }
}
