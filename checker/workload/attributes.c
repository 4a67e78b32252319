/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/fs.h>
#include <linux/xattr.h>
#include <sys/stat.h>

#include "checker/workload/acl.h"
#include "checker/workload/attributes.h"
#include "checker/workload/needs.h"

int
simulate_inheritance (struct sim_inode *inode, const struct sim_inode *folder)
{
  if (sim_inode_mode (folder) & S_ISGID) {
    if (inode->type == 'd')
      inode->mode = sim_inode_mode (inode) | S_ISGID;
    if (folder->owner != -1)
      inode->owner = sim_owner (0, sim_owner_group (folder->owner));
  }
  inode->xattrs_unknown = folder->xattrs_unknown;
  inode->flags |= folder->flags & (FS_COMPR_FL | FS_NOCOW_FL);  /* as on btrfs: nobody else has both */
  return acl_inherit (inode, folder);
}

/* Set the ACL of INODE or take it away, which the kernel does also where there is none. */
static int
change_acl (struct simulation *simulation, const struct workload_operation *operation, struct sim_inode *inode)
{
  const int mode = inode->mode;

  if (operation->verb == WORKLOAD_REMOVEXATTR)
    sim_xattr_forget (inode, operation->other);
  else {
    const char *problem = acl_problem (inode, operation->other, operation->value, operation->value_length);

    if (problem)
      return cannot (simulation, operation, "%s: %s: %s", operation->path, operation->other, problem);
    if (acl_set (inode, operation->other, operation->value, operation->value_length) == -1)
      return -1;
  }
  if (inode->mode != mode)
    simulation->effect.mode = inode;
  return 0;
}

int
simulate_xattr (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.xattrs = inode;
  if (acl_is (operation->other))
    return change_acl (simulation, operation, inode);
  if (operation->verb == WORKLOAD_SETXATTR)
    return sim_xattr_set (inode, operation->other, operation->value, operation->value_length);
  if (!sim_xattr_forget (inode, operation->other))
    return cannot (simulation, operation, "%s: has no attribute %s", operation->path, operation->other);
  return 0;
}

int
simulate_chmod (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.mode = inode;
  inode->mode = (int) operation->length;
  if (acl_follow_mode (inode))
    simulation->effect.xattrs = inode;
  return 0;
}

/* The capabilities that INODE gives to who runs it are gone, if it has any. */
static void
drop_capabilities (struct simulation *simulation, struct sim_inode *inode)
{
  if (sim_xattr_forget (inode, XATTR_NAME_CAPS))
    simulation->effect.xattrs = inode;
}

/* The rights that a file gives to who runs it are gone with its owner. */
static void
drop_rights (struct simulation *simulation, struct sim_inode *inode)
{
  const int group = S_ISGID | S_IXGRP;
  int mode = sim_inode_mode (inode) & ~S_ISUID;

  if ((mode & group) == group)
    mode &= ~S_ISGID;
  if (mode != sim_inode_mode (inode)) {
    simulation->effect.mode = inode;
    inode->mode = mode;
  }
  drop_capabilities (simulation, inode);
}

int
simulate_chown (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.owner = inode;
  inode->owner = sim_owner (operation->numbers[0], operation->numbers[1]);
  if (inode->type != 'd')
    drop_rights (simulation, inode);
  return 0;
}

/* The file that OPERATION writes, or NULL; a mapping is none of the kernel's business. */
static struct sim_inode *
written_file (const struct simulation *simulation, const struct workload_operation *operation)
{
  switch (operation->verb) {
  case WORKLOAD_APPEND:
  case WORKLOAD_DWRITE:
  case WORKLOAD_FALLOC:
  case WORKLOAD_TRUNCATE:
  case WORKLOAD_WRITE: return simulation_find (simulation, operation->path);
  case WORKLOAD_CLONE:
  case WORKLOAD_COPYRANGE: return simulation_find (simulation, operation->other);
  default: return NULL;
  }
}

void
simulate_capabilities (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = written_file (simulation, operation);

  if (inode)
    drop_capabilities (simulation, inode);
}

int
simulate_project (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.facts = inode;
  inode->project = operation->numbers[0];
  return 0;
}

int
simulate_utimes (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  simulation->effect.facts = inode;
  inode->mtime = operation->numbers[1];
  return 0;
}

/* The time of INODE is another now, if there is one. */
static void
forget_time (struct simulation *simulation, struct sim_inode *inode)
{
  if (inode == NULL || inode->mtime == -1)
    return;
  inode->mtime = -1;
  simulation->effect.times[simulation->effect.time_count++] = inode;
}

void
simulate_times (struct simulation *simulation, const struct workload_operation *operation)
{
  const struct sim_effect *effect = &simulation->effect;

  /* These change it also where they leave the data as they were. */
  if (operation->verb == WORKLOAD_FALLOC || operation->verb == WORKLOAD_TRUNCATE)
    forget_time (simulation, simulation_find (simulation, operation->path));
  forget_time (simulation, effect->data);
  for (size_t i = 0; i < effect->entry_count; i++) {
    forget_time (simulation, effect->entries[i]->folder);
    /* A folder that is moved has another `..`. */
    if (effect->entries[i]->inode && effect->entries[i]->inode->type == 'd')
      forget_time (simulation, effect->entries[i]->inode);
  }
}
