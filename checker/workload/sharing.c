/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/fs.h>

#include "checker/workload/allocation.h"
#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/sharing.h"

#define PIECES_MAX 100000       /* of all files: ten times what the most operations write without copies */

/* Whether FROM has the LENGTH bytes from OFFSET of OPERATION, and they are others than those of TO; if not, after a
 * message.
 */
static bool
is_range (const struct simulation *simulation, const struct workload_operation *operation,
          const struct sim_inode *from, const struct sim_inode *to, uint64_t length)
{
  const uint64_t one = operation->offset, other = operation->to_offset;

  if (one + length > from->data.size)
    cannot (simulation, operation, "%s: the file ends before that", operation->path);
  else if (from == to && one < other + length && other < one + length)
    cannot (simulation, operation, "%s: the two ranges overlap", operation->path);
  else
    return true;
  return false;
}

/* Whether the kernel shares the LENGTH bytes of OPERATION: whole blocks, but for the last one of FROM if TO, with which
 * it is shared, ends there, too (fs/remap_range.c of Linux); if not, after a message.
 */
static bool
is_of_blocks (const struct simulation *simulation, const struct workload_operation *operation,
              const struct sim_inode *from, const struct sim_inode *to, uint64_t length)
{
  const uint64_t block = simulation->block_bytes ? simulation->block_bytes : 1;
  const bool at_end = operation->offset + length == from->data.size && operation->to_offset + length >= to->data.size;

  if (operation->verb == WORKLOAD_COPYRANGE || ((operation->offset | operation->to_offset) % block == 0
                                                && (length % block == 0 || at_end)))
    return true;
  cannot (simulation, operation, "%s: is shared in whole blocks", operation->path);
  return false;
}

/* Whether FROM and TO can share blocks: btrfs has checksums of the data of all files but those that it writes over in
 * place, so that the two would be of one file; if not, after a message.
 */
static bool
is_alike (const struct simulation *simulation, const struct workload_operation *operation,
          const struct sim_inode *from, const struct sim_inode *to)
{
  if (operation->verb == WORKLOAD_COPYRANGE || !((from->flags ^ to->flags) & FS_NOCOW_FL))
    return true;
  cannot (simulation, operation, "%s: one of the two files has `C', see chattr", operation->path);
  return false;
}

int
check_pieces (const struct simulation *simulation, const struct workload_operation *operation)
{
  size_t pieces = 0, bytes = 0;

  for (size_t i = 0; i < simulation->inode_count; i++) {
    const struct sim_inode *inode = simulation->inodes[i];

    pieces += inode->data.count;
    for (size_t j = 0; j < inode->xattr_count; j++)
      bytes += inode->xattrs[j].length;
  }
  if (pieces > PIECES_MAX)
    return cannot (simulation, operation, "%s: with it the files are of more than %d pieces, each written by one "
                   "operation", operation->path, PIECES_MAX);
  return bytes <= WORKLOAD_REPEATED_MAX ? 0
    : cannot (simulation, operation, "%s: with it the extended attributes are more than %d bytes", operation->path,
              WORKLOAD_REPEATED_MAX);
}

int
simulate_clone (struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_inode *from = need_file (simulation, operation);
  struct sim_inode *to = from == NULL ? NULL
    : operation->verb == WORKLOAD_REFLINK ? make_object (simulation, operation, operation->other, 'f')
    : need_or_make_file (simulation, operation, operation->other);

  if (to == NULL)
    return -1;
  const uint64_t length = operation->length > 0 ? operation->length : from->data.size;
  if (!is_range (simulation, operation, from, to, length) || !is_of_blocks (simulation, operation, from, to, length)
      || !is_alike (simulation, operation, from, to))
    return -1;
  sim_allocation_forget (simulation, to);
  sim_touch_range (simulation, to, operation->to_offset, operation->to_offset + length);
  if (sim_data_copy_range (&from->data, operation->offset, length, &to->data, operation->to_offset) == -1)
    return -1;
  return check_pieces (simulation, operation);
}

/* What is shared then is what was there: nothing that is seen changes. */
int
simulate_dedupe (struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_inode *from = need_file (simulation, operation);
  struct sim_inode *to = from ? need_file_at (simulation, operation, operation->other) : NULL;

  if (to == NULL || !is_range (simulation, operation, from, to, operation->length)
      || !is_of_blocks (simulation, operation, from, to, operation->length)
      || !is_alike (simulation, operation, from, to))
    return -1;
  if (operation->to_offset + operation->length > to->data.size)
    return cannot (simulation, operation, "%s: the file ends before that", operation->other);
  if (!sim_data_same (&from->data, operation->offset, &to->data, operation->to_offset, operation->length))
    return cannot (simulation, operation, "%s: the two ranges do not hold the same", operation->path);
  sim_allocation_forget (simulation, to);
  return 0;
}
