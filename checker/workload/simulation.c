/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/workload/acl.h"
#include "checker/workload/allocation.h"
#include "checker/workload/attributes.h"
#include "checker/workload/flags.h"
#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/opens.h"
#include "checker/workload/processes.h"
#include "checker/workload/sharing.h"
#include "checker/workload/simulation.h"
#include "checker/workload/subvolumes.h"
#include "common/array.h"
#include "common/message.h"
#include "common/text.h"

static int
write_data (struct simulation *simulation, struct sim_inode *inode, uint64_t offset, uint64_t length, uint32_t number)
{
  const struct sim_extent extent = { offset, length, offset, number };

  sim_touch_range (simulation, inode, offset, offset + length);
  return sim_data_replace (&inode->data, offset, offset + length, 0, &extent);
}

static int
set_size (struct simulation *simulation, struct sim_inode *inode, uint64_t size)
{
  struct sim_data *data = &inode->data;

  if (size != data->size)
    sim_touch_data (simulation, inode, size < data->size ? size : data->size, UINT64_MAX);
  data->size = size;
  return sim_data_replace (data, size, UINT64_MAX, 0, NULL);
}

/* Operations.  Each returns 0, or -1 after a message. */

static int
do_write (struct simulation *simulation, const struct workload_operation *operation, uint32_t number)
{
  struct sim_inode *inode = operation->verb == WORKLOAD_MMAPWRITE ? need_file (simulation, operation)
    : need_or_make_file (simulation, operation, operation->path);

  if (inode == NULL)
    return -1;
  uint64_t offset = operation->verb == WORKLOAD_APPEND ? inode->data.size : operation->offset;
  if (offset + operation->length > WORKLOAD_FILE_MAX)
    return cannot (simulation, operation, "%s: files have at most 1G here", operation->path);
  if (operation->verb == WORKLOAD_MMAPWRITE && offset + operation->length > inode->data.size)
    return cannot (simulation, operation, "%s: the file ends before that: make it large enough first", operation->path);
  return sim_allocation_write (simulation, operation, inode, offset, inode->data.size) == -1 ? -1
    : write_data (simulation, inode, offset, operation->length, number);
}

static int
do_msync (struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_inode *inode = need_file (simulation, operation);

  if (inode == NULL)
    return -1;
  if (operation->offset >= inode->data.size)
    return cannot (simulation, operation, "%s: the file ends before that", operation->path);
  return 0;
}

/* Take a range out, or put one in. */
static int
shift_data (struct simulation *simulation, const struct workload_operation *operation, struct sim_inode *inode)
{
  struct sim_data *data = &inode->data;
  uint64_t offset = operation->offset, length = operation->length;

  if (operation->falloc == FALLOC_COLLAPSE ? offset + length >= data->size : offset >= data->size)
    return cannot (simulation, operation, "%s: the range must end before the file does", operation->path);
  sim_touch_data (simulation, inode, offset, UINT64_MAX);
  if (operation->falloc == FALLOC_COLLAPSE) {
    data->size -= length;
    return sim_data_replace (data, offset, offset + length, -length, NULL);
  }
  if (data->size + length > WORKLOAD_FILE_MAX)
    return cannot (simulation, operation, "%s: files have at most 1G here", operation->path);
  data->size += length;
  return sim_data_replace (data, offset, offset, length, NULL);
}

static int
do_falloc (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_file (simulation, operation);
  uint64_t end = operation->offset + operation->length;

  if (inode == NULL || sim_allocation_falloc (simulation, operation, inode, inode->data.size) == -1)
    return -1;
  if (operation->falloc >= FALLOC_COLLAPSE)
    return shift_data (simulation, operation, inode);
  struct sim_data *data = &inode->data;
  bool grows = end > data->size && !(operation->falloc & (FALLOC_KEEP | FALLOC_PUNCH));
  bool zeroes = operation->falloc & (FALLOC_PUNCH | FALLOC_ZERO) && operation->offset < data->size;
  if (!grows && !zeroes)
    return 0;
  sim_touch_data (simulation, inode, zeroes ? operation->offset : data->size, grows ? UINT64_MAX : end);
  if (grows)
    data->size = end;
  return zeroes ? sim_data_replace (data, operation->offset, end, 0, NULL) : 0;
}

static int
do_symlink (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = make_object (simulation, operation, operation->path, 'l');

  if (inode == NULL)
    return -1;
  inode->target = strdup (operation->other);
  return inode->target ? 0 : out_of_memory ();
}

static int
do_mknod (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = make_object (simulation, operation, operation->path, operation->device);

  if (inode == NULL)
    return -1;
  inode->target = text_format ("%u:%u", operation->numbers[0], operation->numbers[1]);
  return inode->target ? 0 : -1;
}

static int
do_link (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *old = need_entry (simulation, operation, operation->path);
  struct sim_entry *entry = old ? need_free_place (simulation, operation, operation->other) : NULL;

  if (entry == NULL)
    return -1;
  if (old->inode->type == 'd')
    return cannot (simulation, operation, "%s: folders have one name only", operation->path);
  if (check_same_subvolume (simulation, operation, old->folder, entry->folder) == -1)
    return -1;
  sim_lead (simulation, entry, old->inode);
  return 0;
}

static int
do_remove (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *entry = need_entry (simulation, operation, operation->path);
  bool folder = operation->verb == WORKLOAD_RMDIR;

  if (entry == NULL)
    return -1;
  if (folder != (entry->inode->type == 'd'))
    return cannot (simulation, operation, "%s: is %s", operation->path,
                   folder ? "no folder: see unlink" : "a folder: see rmdir");
  if (folder && !sim_is_empty (entry->inode))
    return cannot (simulation, operation, "%s: the folder is not empty", operation->path);
  sim_lead (simulation, entry, NULL);
  return 0;
}

static int
do_exchange (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *one = need_entry (simulation, operation, operation->path);
  struct sim_entry *other = one ? need_entry (simulation, operation, operation->other) : NULL;

  if (other == NULL)
    return -1;
  struct sim_inode *first = one->inode, *second = other->inode;
  if (first == second)
    return 0;
  if (sim_is_above (first, other->folder) || sim_is_above (second, one->folder))
    return cannot (simulation, operation, "%s: a folder cannot be exchanged with what is below it", operation->path);
  if (check_exchange (simulation, operation, one, other) == -1)
    return -1;
  sim_lead (simulation, one, second);
  sim_lead (simulation, other, first);
  return 0;
}

/* What the kernel leaves in FOLDER in place of what was renamed, for overlayfs: a device of characters, 0:0, without
 * permissions.
 */
static struct sim_inode *
make_whiteout (struct simulation *simulation, const struct sim_inode *folder)
{
  struct sim_inode *inode = sim_make_inode (simulation, 'c');

  if (inode == NULL)
    return NULL;
  inode->mode = 0;
  inode->target = text_format ("0:0");
  return inode->target && simulate_inheritance (inode, folder) == 0 ? inode : NULL;
}

static int
do_rename (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_entry *old = need_entry (simulation, operation, operation->path);
  struct sim_entry *entry = old == NULL ? NULL
    : operation->rename == RENAME_NOT_OVER ? need_free_place (simulation, operation, operation->other)
    : need_place (simulation, operation, operation->other);

  if (entry == NULL)
    return -1;
  struct sim_inode *inode = old->inode;
  if (entry->inode == inode)
    return 0;                   /* two names of one file: rename(2) does nothing */
  if (sim_is_above (inode, entry->folder))
    return cannot (simulation, operation, "%s: a folder cannot be moved below itself", operation->path);
  if (entry->inode && (entry->inode->type == 'd') != (inode->type == 'd'))
    return cannot (simulation, operation, "%s: a folder and what is none cannot replace one another", operation->other);
  if (entry->inode && entry->inode->type == 'd' && !sim_is_empty (entry->inode))
    return cannot (simulation, operation, "%s: the folder is not empty", operation->other);
  if (check_rename (simulation, operation, old, entry) == -1)
    return -1;
  if (operation->rename == RENAME_LEAVING_WHITEOUT && acl_is_inherited (old->folder))
    return cannot (simulation, operation, "%s: its folder has a default ACL, and file systems differ in whether the "
                   "whiteout gets one", operation->path);
  struct sim_inode *whiteout = NULL;
  if (operation->rename == RENAME_LEAVING_WHITEOUT && (whiteout = make_whiteout (simulation, old->folder)) == NULL)
    return -1;
  sim_lead (simulation, old, whiteout);
  sim_lead (simulation, entry, inode);
  return 0;
}

static int
do_truncate (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_file (simulation, operation);
  const uint64_t size = inode ? inode->data.size : 0;

  return inode == NULL || set_size (simulation, inode, operation->length) == -1 ? -1
    : sim_allocation_truncate (simulation, inode, size);
}

static int
do_operation (struct simulation *simulation, const struct workload_operation *operation, size_t index)
{
  switch (operation->verb) {
  case WORKLOAD_APPEND:
  case WORKLOAD_DWRITE:
  case WORKLOAD_MMAPWRITE:
  case WORKLOAD_WRITE: return do_write (simulation, operation, (uint32_t) index + 1);
  case WORKLOAD_CHATTR: return simulate_chattr (simulation, operation);
  case WORKLOAD_CHMOD: return simulate_chmod (simulation, operation);
  case WORKLOAD_CHOWN: return simulate_chown (simulation, operation);
  case WORKLOAD_CLONE: return simulate_clone (simulation, operation);
  case WORKLOAD_CLOSE: return simulate_close (simulation, operation);
  case WORKLOAD_COPYRANGE: return simulate_clone (simulation, operation);
  case WORKLOAD_CREAT: return make_object (simulation, operation, operation->path, 'f') ? 0 : -1;
  case WORKLOAD_DEDUPE: return simulate_dedupe (simulation, operation);
  case WORKLOAD_DELETE_SUBVOLUME: return simulate_delete_subvolume (simulation, operation);
  case WORKLOAD_DROPCACHES: return sim_allocation_forget_ends (simulation);
  case WORKLOAD_EXCHANGE: return do_exchange (simulation, operation);
  case WORKLOAD_FALLOC: return do_falloc (simulation, operation);
  case WORKLOAD_FDATASYNC:
  case WORKLOAD_FSYNC: return need_object (simulation, operation) ? 0 : -1;
  case WORKLOAD_LINK: return do_link (simulation, operation);
  case WORKLOAD_LINKTMP: return simulate_linktmp (simulation, operation);
  case WORKLOAD_MKDIR: return make_object (simulation, operation, operation->path, 'd') ? 0 : -1;
  case WORKLOAD_MKFIFO: return make_object (simulation, operation, operation->path, 'p') ? 0 : -1;
  case WORKLOAD_MKNOD: return do_mknod (simulation, operation);
  case WORKLOAD_MSYNC: return do_msync (simulation, operation);
  case WORKLOAD_OPEN: return simulate_open (simulation, operation);
  case WORKLOAD_PROJECT: return simulate_project (simulation, operation);
  case WORKLOAD_REFLINK: return simulate_clone (simulation, operation);
  case WORKLOAD_RENAME: return do_rename (simulation, operation);
  case WORKLOAD_REMOUNT: return simulate_remount (simulation, operation);
  case WORKLOAD_REMOVEXATTR:
  case WORKLOAD_SETXATTR: return simulate_xattr (simulation, operation);
  case WORKLOAD_RMDIR:
  case WORKLOAD_UNLINK: return do_remove (simulation, operation);
  case WORKLOAD_UTIMES: return simulate_utimes (simulation, operation);
  case WORKLOAD_SNAPSHOT: return simulate_snapshot (simulation, operation);
  case WORKLOAD_SUBVOLUME: return simulate_subvolume (simulation, operation);
  case WORKLOAD_SYNC_FILE_RANGE: return need_file (simulation, operation) ? 0 : -1;
  case WORKLOAD_SYMLINK: return do_symlink (simulation, operation);
  case WORKLOAD_TMPFILE: return simulate_tmpfile (simulation, operation);
  case WORKLOAD_TRUNCATE: return do_truncate (simulation, operation);
  case WORKLOAD_CHECKPOINT:
  case WORKLOAD_SYNC:
  case WORKLOAD_SYNCFS: break;
  }
  return 0;
}

int
simulation_do (struct simulation *simulation, size_t index)
{
  const struct workload_operation *operation = &simulation->workload->operations[index];

  simulation->effect = (struct sim_effect) { .entry_count = 0 };
  if (index == simulation->workload->setup_count)
    simulation->open_count = 0; /* the setup is a process of its own, and closes them when it ends */
  if (simulate_protection (simulation, operation) == -1 || do_operation (simulation, operation, index) == -1)
    return -1;
  simulate_capabilities (simulation, operation);
  simulate_times (simulation, operation);
  return 0;
}

int
simulation_begin (struct simulation *simulation, const struct workload *workload)
{
  *simulation = (struct simulation) { .workload = workload };
  return sim_make_inode (simulation, 'd') ? 0 : -1;
}

void
simulation_free (struct simulation *simulation)
{
  for (size_t i = 0; i < simulation->inode_count; i++)
    sim_inode_free (simulation->inodes[i]);
  free (simulation->inodes);
  for (size_t i = 0; i < simulation->entry_count; i++) {
    free (simulation->entries[i]->name);
    free (simulation->entries[i]);
  }
  free (simulation->entries);
  free (simulation->opens);
  *simulation = (struct simulation) { .workload = simulation->workload };
}

/* Do all operations of WORKLOAD in SIMULATION, which has begun.  Returns 0, or -1 after a message, but if quiet. */
static int
do_all (struct simulation *simulation, const struct workload *workload)
{
  struct processes processes = { .entries = NULL };
  int r = 0;

  for (size_t i = 0; i < workload->count && r == 0; i++)
    if (processes_before (&processes, simulation, i) == -1 || simulation_do (simulation, i) == -1
        || processes_after (&processes, simulation, i) == -1)
      r = -1;
  processes_free (&processes);
  return r;
}

int
simulation_check (const struct workload *workload)
{
  struct simulation simulation;
  const int r = simulation_begin (&simulation, workload) == -1 ? -1 : do_all (&simulation, workload);

  simulation_free (&simulation);
  return r;
}

int
simulation_try (const struct workload *workload)
{
  struct simulation simulation;
  int r = simulation_begin (&simulation, workload);

  simulation.quiet = true;
  simulation.block_bytes = SIMULATION_BLOCK_MAX;
  if (r == 0)
    r = do_all (&simulation, workload) == 0;
  simulation_free (&simulation);
  return r;
}
