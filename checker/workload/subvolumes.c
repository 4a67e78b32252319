/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel allows stands in fs/btrfs/ioctl.c and fs/btrfs/inode.c of Linux (btrfs_rename, btrfs_link). */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/workload/acl.h"
#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/sharing.h"
#include "checker/workload/subvolumes.h"
#include "common/cleanup.h"
#include "common/message.h"

/* Before a snapshot.  There is a simulation for each operation that persists, and without snapshots it has not more. */
#define INODES_MAX WORKLOAD_OPERATIONS_MAX

int
check_writable (const struct simulation *simulation, const struct workload_operation *operation, const char *path,
                const struct sim_inode *folder)
{
  if (folder == NULL)
    return 0;
  if (folder->subvolume == SUBVOLUME_STUB)
    return cannot (simulation, operation, "%s: is in place of a subvolume, which a snapshot does not take along", path);
  if (sim_subvolume_of (folder)->subvolume == SUBVOLUME_READ_ONLY)
    return cannot (simulation, operation, "%s: is in a read-only snapshot", path);
  return 0;
}

int
check_same_subvolume (const struct simulation *simulation, const struct workload_operation *operation,
                      const struct sim_inode *from, const struct sim_inode *to)
{
  return sim_subvolume_of (from) == sim_subvolume_of (to) ? 0
    : cannot (simulation, operation, "%s: is in another subvolume than %s", operation->path, operation->other);
}

static bool
is_subvolume (const struct sim_inode *inode)
{
  return inode->subvolume == SUBVOLUME_WRITABLE || inode->subvolume == SUBVOLUME_READ_ONLY;
}

/* A stub stays where it is, as does a read-only snapshot in its folder, FROM, as long as it is moved to TO, since its
 * `..` would change.
 */
static int
check_move (const struct simulation *simulation, const struct workload_operation *operation,
            const struct sim_inode *inode, const struct sim_inode *from, const struct sim_inode *to)
{
  if (inode->subvolume == SUBVOLUME_STUB || (inode->subvolume == SUBVOLUME_READ_ONLY && from != to))
    return cannot (simulation, operation, "%s: %s cannot be moved", operation->path,
                   inode->subvolume == SUBVOLUME_STUB ? "what is in place of a subvolume" : "a read-only snapshot");
  return 0;
}

int
check_rename (const struct simulation *simulation, const struct workload_operation *operation,
              const struct sim_entry *from, const struct sim_entry *to)
{
  if (to->inode && to->inode->subvolume != SUBVOLUME_NONE)
    return cannot (simulation, operation, "%s: a subvolume cannot be replaced: see delete-subvolume", operation->other);
  if (!is_subvolume (from->inode) && check_same_subvolume (simulation, operation, from->folder, to->folder) == -1)
    return -1;
  return check_move (simulation, operation, from->inode, from->folder, to->folder);
}

int
check_exchange (const struct simulation *simulation, const struct workload_operation *operation,
                const struct sim_entry *one, const struct sim_entry *other)
{
  if (!(is_subvolume (one->inode) && is_subvolume (other->inode))
      && check_same_subvolume (simulation, operation, one->folder, other->folder) == -1)
    return -1;
  if (check_move (simulation, operation, one->inode, one->folder, other->folder) == -1)
    return -1;
  return check_move (simulation, operation, other->inode, other->folder, one->folder);
}

/* Where a new subvolume can be at PATH.  A default ACL makes of it what one kernel or another does. */
static struct sim_entry *
need_place_of_subvolume (struct simulation *simulation, const struct workload_operation *operation, const char *path)
{
  struct sim_entry *entry = need_free_place (simulation, operation, path);

  if (entry == NULL || !acl_is_inherited (entry->folder))
    return entry;
  cannot (simulation, operation, "%s: its folder has a default ACL, and kernels differ in whether a subvolume gets one",
          path);
  return NULL;
}

/* A new subvolume, which has no name yet; NULL after a message. */
static struct sim_inode *
make_subvolume (struct simulation *simulation, enum sim_subvolume kind)
{
  struct sim_inode *inode = sim_make_inode (simulation, 'd');

  if (inode)
    inode->subvolume = kind;
  return inode;
}

int
simulate_subvolume (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *entry = need_place_of_subvolume (simulation, operation, operation->path);
  struct sim_inode *inode = entry ? make_subvolume (simulation, SUBVOLUME_WRITABLE) : NULL;

  if (inode == NULL)
    return -1;
  inode->xattrs_unknown = entry->folder->xattrs_unknown;
  sim_lead (simulation, entry, inode);
  return 0;
}

/* Give INODE, which is new, what FROM has besides its names.  Returns 0, or -1 after a message. */
static int
copy_contents (const struct sim_inode *from, struct sim_inode *inode)
{
  inode->mode = from->mode;
  inode->owner = from->owner;
  inode->flags = from->flags;
  inode->flags_known = from->flags_known;
  inode->xattrs_unknown = from->xattrs_unknown;
  inode->project = from->project;
  inode->mtime = from->mtime;
  if (from->target && (inode->target = strdup (from->target)) == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < from->xattr_count; i++)
    if (sim_xattr_set (inode, from->xattrs[i].name, from->xattrs[i].value, from->xattrs[i].length) == -1)
      return -1;
  inode->data.size = from->data.size;
  return sim_data_copy_range (&from->data, 0, from->data.size, &inode->data, 0);
}

/* A new inode that is as INODE is; of a subvolume a stub, of which nothing is known.  NULL after a message. */
static struct sim_inode *
copy_inode (struct simulation *simulation, const struct sim_inode *inode)
{
  struct sim_inode *copy = sim_make_inode (simulation, inode->type);

  if (copy && inode->subvolume != SUBVOLUME_NONE) {
    copy->subvolume = SUBVOLUME_STUB;
    copy->xattrs_unknown = true;
    return copy;
  }
  return copy && copy_contents (inode, copy) == 0 ? copy : NULL;
}

/* Let TO have what is in FROM; COPIES has for each number of an inode the copy that was made of it, or NULL.  Returns
 * 0, or -1 after a message.
 */
static int
copy_folder (struct simulation *simulation, const struct sim_inode *from, struct sim_inode *to,
             struct sim_inode **copies)
{
  for (size_t i = 0; i < from->entry_count; i++) {
    const struct sim_inode *inode = from->entries[i]->inode;

    if (inode == NULL)
      continue;
    struct sim_inode *copy = copies[inode->number] ? copies[inode->number] : copy_inode (simulation, inode);
    struct sim_entry *entry = copy ? sim_make_entry (simulation, to, from->entries[i]->name) : NULL;
    if (entry == NULL)
      return -1;
    copies[inode->number] = copy;
    entry->inode = copy;
    copy->name_count++;
    if (copy->type != 'd')
      continue;
    copy->above = entry;
    if (copy->subvolume == SUBVOLUME_NONE && copy_folder (simulation, inode, copy, copies) == -1)
      return -1;
  }
  return 0;
}

/* The subvolume or root of which OPERATION makes a snapshot; NULL after a message. */
static const struct sim_inode *
need_source (const struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_inode *from = need_object (simulation, operation);

  if (from && from != simulation->inodes[0] && (!is_subvolume (from) || from->name_count == 0))
    cannot (simulation, operation, "%s: is no subvolume, nor the root", operation->path);
  else if (simulation->inode_count > INODES_MAX)
    cannot (simulation, operation, "%s: there are more than %d files already", operation->path, INODES_MAX);
  else
    return from;
  return NULL;
}

int
simulate_snapshot (struct simulation *simulation, const struct workload_operation *operation)
{
  if (operation->block)
    return cannot (simulation, operation, "%s: cannot be done beside another process: what is in it then is not known",
                   operation->other);
  const struct sim_inode *from = need_source (simulation, operation);
  struct sim_entry *entry = from ? need_place_of_subvolume (simulation, operation, operation->other) : NULL;
  CLEANUP_FREE struct sim_inode **copies = calloc (simulation->inode_count, sizeof *copies);
  if (entry == NULL || copies == NULL)
    return entry ? out_of_memory () : -1;
  struct sim_inode *top = make_subvolume (simulation, operation->read_only ? SUBVOLUME_READ_ONLY : SUBVOLUME_WRITABLE);
  if (top == NULL || copy_contents (from, top) == -1 || copy_folder (simulation, from, top, copies) == -1)
    return -1;
  sim_lead (simulation, entry, top);
  simulation->effect.snapshot = top;
  return check_pieces (simulation, operation);
}

/* Whether there is a subvolume in FOLDER or below. */
static bool
has_subvolume (const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++) {
    const struct sim_inode *inode = folder->entries[i]->inode;

    if (inode && inode->type == 'd' && (is_subvolume (inode) || has_subvolume (inode)))
      return true;
  }
  return false;
}

/* What is in FOLDER has no name any more that could be found. */
static void
forget_names (const struct sim_inode *folder)
{
  for (size_t i = 0; i < folder->entry_count; i++) {
    struct sim_inode *inode = folder->entries[i]->inode;

    if (inode == NULL)
      continue;
    inode->name_count = 0;
    forget_names (inode);
  }
}

int
simulate_delete_subvolume (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *entry = need_entry (simulation, operation, operation->path);

  if (entry == NULL)
    return -1;
  struct sim_inode *top = entry->inode;
  if (!is_subvolume (top))
    return cannot (simulation, operation, "%s: is no subvolume: see unlink and rmdir", operation->path);
  if (has_subvolume (top))
    return cannot (simulation, operation, "%s: has a subvolume in it: delete that first", operation->path);
  sim_lead (simulation, entry, NULL);
  forget_names (top);
  simulation->effect.deleted = top;
  return 0;
}
