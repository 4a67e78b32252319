/* SPDX-License-Identifier: BSD-3-Clause */
/* A rule that is off promises nothing. */
#include <config.h>

#include "checker/persistence/promises.h"

#define PAGE_BYTES 4096

static bool
is_on (const struct promiser *promiser, enum persistence_rule rule)
{
  return promiser->rules & RULE_BIT (rule);
}

static struct promise
promise (const struct promiser *promiser, enum persistence_rule rule)
{
  return (struct promise) { true, rule, promiser->operation };
}

/* Whether another process of the promiser's block has touched something last: what that was may have come before or
 * after what promises here, so that nothing is promised of it.
 */
static bool
is_beside (const struct promiser *promiser, const struct last_touch *touched)
{
  return touched->block != 0 && touched->block == promiser->by.block && touched->process != promiser->by.process;
}

static void
promise_data (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (inode->type != 'f' || !is_on (promiser, rule) || is_beside (promiser, &state->touched))
    return;
  state->data = promise (promiser, rule);
  state->data_touched = false;
  state->size_min = state->size_max = inode->data.size;
  state->dirty.count = 0;
}

static int
promise_xattrs (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (!is_on (promiser, rule) || is_beside (promiser, &state->touched))
    return 0;
  state->xattrs = promise (promiser, rule);
  return attributes_promise (&state->attributes, inode);
}

/* What is allocated of INODE now, and what is free. */
static int
promise_allocation (const struct promiser *promiser, const struct sim_inode *inode)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (inode->type != 'f' || !is_on (promiser, RULE_ALLOCATED) || is_beside (promiser, &state->touched))
    return 0;
  state->allocation = promise (promiser, RULE_ALLOCATED);
  return ranges_copy (&state->reserved, &inode->reserved) == -1 ? -1 : ranges_copy (&state->freed, &inode->freed);
}

/* Some name of INODE is durable. */
static void
promise_some_name (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];

  if (inode->name_count == 0)
    return;
  state->name = promise (promiser, rule);
  state->renamed = state->gone = false;
}

/* ENTRY, if its folder is there, leads where it does now, and nowhere else.  False: that is not promised. */
static bool
promise_lead (const struct promiser *promiser, const struct sim_entry *entry, enum persistence_rule rule)
{
  struct entry_state *state = &promiser->state->entries[entry->number];

  if (!is_on (promiser, rule) || is_beside (promiser, &state->touched))
    return false;
  entry_settle (state);
  state->exchanged = false;
  state->promise = promise (promiser, rule);
  return true;
}

/* The same of one whose folder is there. */
static void
promise_entry (const struct promiser *promiser, const struct sim_entry *entry, enum persistence_rule rule)
{
  if (promise_lead (promiser, entry, rule) && entry->inode)
    promise_some_name (promiser, entry->inode, rule);
}

/* Whether the folder that ABOVE leads to may be found under another name, too: it was moved, which the fsync of
 * something in it that was clean does not write.
 */
static bool
was_moved (const struct promiser *promiser, const struct sim_entry *above)
{
  for (size_t i = 0; i < promiser->state->simulation.entry_count; i++)
    if (i != above->number && entry_may_lead (&promiser->state->entries[i], above->inode->number))
      return true;
  return false;
}

/* ENTRY, and the folders above it up to one that was promised or moved before. */
static void
promise_path (const struct promiser *promiser, const struct sim_entry *entry, enum persistence_rule rule)
{
  const struct sim_entry *above = entry->folder->above;

  promise_entry (promiser, entry, rule);
  while (above && !promiser->state->inodes[above->inode->number].name.made && !was_moved (promiser, above)) {
    promise_entry (promiser, above, rule);
    above = above->folder->above;
  }
}

/* Whether the fsync of a file or folder says something about ENTRY, which leads to it or did.  The names of a subvolume
 * are in the trees of others: as long as it is new, all is committed (fs/btrfs/tree-log.c, btrfs_log_inode_parent); a
 * move does not change it, so that there may be nothing to write.
 */
static bool
fsync_covers (const struct promiser *promiser, const struct sim_entry *entry, const struct sim_inode *inode)
{
  if (inode->subvolume != SUBVOLUME_NONE
      && (entry->inode != inode || promiser->state->inodes[inode->number].name.made || was_moved (promiser, entry)))
    return false;
  return !promiser->state->entries[entry->number].exchanged || is_on (promiser, RULE_FSYNC_EXCHANGE);
}

/* Whatever does not lead to INODE now will not lead to it again. */
static void
promise_gone (const struct promiser *promiser, const struct sim_inode *inode, enum persistence_rule rule)
{
  const struct simulation *simulation = &promiser->state->simulation;

  if (!is_on (promiser, rule))
    return;
  for (size_t i = 0; i < simulation->entry_count; i++) {
    struct entry_state *entry = &promiser->state->entries[i];

    if (simulation->entries[i]->inode == inode || !entry_may_lead (entry, inode->number)
        || !fsync_covers (promiser, simulation->entries[i], inode) || is_beside (promiser, &entry->touched))
      continue;
    entry_rule_out (entry, inode->number);
    entry->promise = promise (promiser, rule);
  }
}

/* All names of INODE: OWN is the one by which it was synced, NULL if it was by none. */
static void
promise_names (const struct promiser *promiser, const struct sim_inode *inode, const struct sim_entry *own)
{
  const struct simulation *simulation = &promiser->state->simulation;

  for (size_t i = 0; i < simulation->entry_count; i++) {
    const struct sim_entry *entry = simulation->entries[i];

    if (entry->inode == inode && fsync_covers (promiser, entry, inode))
      promise_path (promiser, entry, own == NULL || own == entry ? RULE_FSYNC_NAME : RULE_FSYNC_LINKS);
  }
  promise_gone (promiser, inode, RULE_FSYNC_GONE);
}

static void
promise_folder (const struct promiser *promiser, const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++)
    promise_entry (promiser, folder->entries[i], folder->entries[i]->inode ? RULE_DIR_NAME : RULE_DIR_GONE);
}

/* Attributes and names of INODE, which was synced by PATH. */
static int
promise_metadata (const struct promiser *promiser, const struct sim_inode *inode, const char *path)
{
  const struct sim_entry *own = simulation_find_entry (&promiser->state->simulation, path);

  if (promise_xattrs (promiser, inode, RULE_FSYNC_XATTR) == -1)
    return -1;
  promise_names (promiser, inode, own && own->inode == inode ? own : NULL);
  return 0;
}

static int
promise_fsync (const struct promiser *promiser, const struct sim_inode *inode, const char *path)
{
  promise_data (promiser, inode, RULE_FSYNC_DATA);
  if (promise_allocation (promiser, inode) == -1 || promise_metadata (promiser, inode, path) == -1)
    return -1;
  if (inode->type == 'd')
    promise_folder (promiser, inode);
  return 0;
}

/* A file of which no name was promised yet has one, if what is written of it is the first.  Of one that was synced
 * before it had any, the name alone may be new, for which ext4's fdatasync waits as little as for a rename
 * (fs/ext4/fsync.c, i_datasync_tid).
 */
static void
promise_first_name (const struct promiser *promiser, const struct sim_inode *inode)
{
  const struct inode_state *state = &promiser->state->inodes[inode->number];

  if (inode->type == 'f' && is_on (promiser, RULE_FSYNC_NAME) && !state->name.made && !state->data.made)
    promise_some_name (promiser, inode, RULE_FSYNC_NAME);
}

static int
promise_fdatasync (const struct promiser *promiser, const struct sim_inode *inode)
{
  promise_first_name (promiser, inode);
  promise_data (promiser, inode, RULE_FSYNC_DATA);
  return promise_allocation (promiser, inode);
}

/* Where the last byte of DATA that was written ends in RANGE, or 0: there is none, so that nothing is written back. */
static uint64_t
end_of_bytes (const struct sim_data *data, struct byte_range range)
{
  uint64_t last = 0;

  for (size_t i = 0; i < data->count; i++) {
    const uint64_t start = data->extents[i].start, end = start + data->extents[i].length;
    const uint64_t inside = end < range.to ? end : range.to;

    if (start < range.to && end > range.from && inside > last)
      last = inside;
  }
  return last;
}

/* The bytes of RANGE are as they are now, and the file is at least so large as is needed to read them.  Once nothing
 * else of it was touched, it is promised as a whole.
 */
static int
promise_range (const struct promiser *promiser, const struct sim_inode *inode, struct byte_range range)
{
  struct inode_state *state = &promiser->state->inodes[inode->number];
  const uint64_t size = inode->data.size, needed = end_of_bytes (&inode->data, range);
  const struct byte_range all = { 0, size };

  if (!is_on (promiser, RULE_FSYNC_DATA) || is_beside (promiser, &state->touched))
    return 0;
  if (ranges_remove (&state->dirty, range) == -1)
    return -1;
  promise_first_name (promiser, inode);
  state->data = promise (promiser, RULE_FSYNC_DATA);
  state->size_min = needed > state->size_min ? needed : state->size_min;
  if (state->size_min == size && state->size_max == size && !ranges_meet (&state->dirty, all))
    promise_data (promiser, inode, RULE_FSYNC_DATA);
  return 0;
}

/* The pages that the LENGTH bytes from OFFSET are in. */
static struct byte_range
pages_of (uint64_t offset, uint64_t length)
{
  return (struct byte_range) { offset / PAGE_BYTES * PAGE_BYTES,
                               (offset + length + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES };
}

/* What O_DIRECT has written need not take along the rest of its pages. */
static int
promise_write (const struct promiser *promiser, const struct workload_operation *operation,
               const struct sim_inode *inode)
{
  const uint64_t length = operation->length;
  const uint64_t offset = operation->verb == WORKLOAD_APPEND ? inode->data.size - length : operation->offset;
  const struct byte_range exact = { offset, offset + length };

  if (promise_range (promiser, inode, operation->verb == WORKLOAD_DWRITE ? exact : pages_of (offset, length)) == -1)
    return -1;
  return operation->sync == SYNC_ALL ? promise_metadata (promiser, inode, operation->path) : 0;
}

int
promise_whole (const struct promiser *promiser, const struct sim_inode *top)
{
  promise_data (promiser, top, RULE_SNAPSHOT);
  if (promise_xattrs (promiser, top, RULE_SNAPSHOT) == -1)
    return -1;
  for (size_t i = 0; i < top->entry_count; i++) {
    promise_lead (promiser, top->entries[i], RULE_SNAPSHOT);
    if (promise_whole (promiser, top->entries[i]->inode) == -1)
      return -1;
  }
  return 0;
}

/* What is in FOLDER, which is there, is there. */
static void
promise_names_below (const struct promiser *promiser, const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++) {
    promise_entry (promiser, folder->entries[i], RULE_SNAPSHOT);
    promise_names_below (promiser, folder->entries[i]->inode);
  }
}

/* The kernel has committed all when a snapshot returns (fs/btrfs/ioctl.c, create_snapshot), but what is said of it is
 * that it is there then.
 */
static void
promise_snapshot (const struct promiser *promiser, const struct workload_operation *operation)
{
  const struct sim_entry *entry = simulation_find_entry (&promiser->state->simulation, operation->other);

  promise_path (promiser, entry, RULE_SNAPSHOT);
  promise_names_below (promiser, entry->inode);
}

int
promise_all (const struct promiser *promiser)
{
  const struct simulation *simulation = &promiser->state->simulation;

  for (size_t i = 0; i < simulation->inode_count; i++) {
    promise_data (promiser, simulation->inodes[i], RULE_SYNC_DATA);
    if (promise_xattrs (promiser, simulation->inodes[i], RULE_SYNC_XATTR) == -1
        || promise_allocation (promiser, simulation->inodes[i]) == -1)
      return -1;
  }
  for (size_t i = 0; i < simulation->entry_count; i++)
    promise_entry (promiser, simulation->entries[i],
                   simulation->entries[i]->inode ? RULE_SYNC_NAME : RULE_SYNC_GONE);
  return 0;
}

/* What OPERATION, of one file or folder, promises. */
static int
promise_object (const struct promiser *promiser, const struct workload_operation *operation,
                const struct sim_inode *inode)
{
  switch (operation->verb) {
  case WORKLOAD_FSYNC:
    return promise_fsync (promiser, inode, operation->path);
  case WORKLOAD_FDATASYNC:
    return promise_fdatasync (promiser, inode);
  case WORKLOAD_MSYNC:
    return promise_range (promiser, inode, pages_of (operation->offset, operation->length));
  default:
    return promise_write (promiser, operation, inode);
  }
}

int
promise_by (const struct promiser *promiser, const struct workload_operation *operation)
{
  if (operation->path == NULL)
    return promise_all (promiser);
  if (operation->verb == WORKLOAD_SNAPSHOT) {
    promise_snapshot (promiser, operation);
    return 0;
  }
  const struct sim_inode *inode = simulation_find (&promiser->state->simulation, operation->path);
  if (inode->name_count > 0 || !promiser->state->inodes[inode->number].gone)
    return promise_object (promiser, operation, inode);
  /* Whoever has lost its names is found only by what it was when it had them. */
  if (operation->verb == WORKLOAD_FSYNC || operation->sync == SYNC_ALL)
    promise_gone (promiser, inode, RULE_FSYNC_UNLINKED);
  return 0;
}
