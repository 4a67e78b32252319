/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <linux/fs.h>

#include "checker/workload/flags.h"
#include "checker/workload/names.h"
#include "checker/workload/needs.h"
#include "checker/workload/subvolumes.h"
#include "common/text.h"

/* What an operation does to what a path names, as far as flags may forbid it. */
enum deed {
  DEED_NONE,
  DEED_WRITE,                   /* its data, or opens it to write them; it may be made */
  DEED_GROW,                    /* the same at its end alone */
  DEED_SET_FLAGS,               /* which no flags forbid */
  DEED_CHANGE,                  /* something else of it */
  DEED_MAKE,                    /* it */
  DEED_REMOVE,                  /* the name, or gives it to something else */
};

static const struct {
  enum deed path, other;
} deeds[] = {
  [WORKLOAD_APPEND] = { DEED_GROW, DEED_NONE },
  [WORKLOAD_CHATTR] = { DEED_SET_FLAGS, DEED_NONE },
  [WORKLOAD_CHMOD] = { DEED_CHANGE, DEED_NONE },
  [WORKLOAD_CHOWN] = { DEED_CHANGE, DEED_NONE },
  [WORKLOAD_CLONE] = { DEED_NONE, DEED_WRITE },
  [WORKLOAD_COPYRANGE] = { DEED_NONE, DEED_WRITE },
  [WORKLOAD_CREAT] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_DEDUPE] = { DEED_NONE, DEED_WRITE },
  [WORKLOAD_DELETE_SUBVOLUME] = { DEED_REMOVE, DEED_NONE },
  [WORKLOAD_DWRITE] = { DEED_WRITE, DEED_NONE },
  [WORKLOAD_EXCHANGE] = { DEED_REMOVE, DEED_REMOVE },
  [WORKLOAD_FALLOC] = { DEED_WRITE, DEED_NONE },
  [WORKLOAD_LINK] = { DEED_CHANGE, DEED_MAKE },
  [WORKLOAD_LINKTMP] = { DEED_CHANGE, DEED_MAKE },
  [WORKLOAD_MKDIR] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_MKFIFO] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_MKNOD] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_MMAPWRITE] = { DEED_WRITE, DEED_NONE },
  [WORKLOAD_MSYNC] = { DEED_WRITE, DEED_NONE },
  [WORKLOAD_OPEN] = { DEED_NONE, DEED_WRITE },
  [WORKLOAD_PROJECT] = { DEED_CHANGE, DEED_NONE },
  [WORKLOAD_REFLINK] = { DEED_NONE, DEED_MAKE },
  [WORKLOAD_REMOVEXATTR] = { DEED_CHANGE, DEED_NONE },
  [WORKLOAD_RENAME] = { DEED_REMOVE, DEED_REMOVE },
  [WORKLOAD_RMDIR] = { DEED_REMOVE, DEED_NONE },
  [WORKLOAD_SETXATTR] = { DEED_CHANGE, DEED_NONE },
  [WORKLOAD_SNAPSHOT] = { DEED_NONE, DEED_MAKE },
  [WORKLOAD_SUBVOLUME] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_SYMLINK] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_SYNC_FILE_RANGE] = { DEED_WRITE, DEED_NONE },
  [WORKLOAD_TMPFILE] = { DEED_MAKE, DEED_NONE },
  [WORKLOAD_TRUNCATE] = { DEED_WRITE, DEED_NONE },
  [WORKLOAD_UNLINK] = { DEED_REMOVE, DEED_NONE },
  [WORKLOAD_UTIMES] = { DEED_CHANGE, DEED_NONE },
  [WORKLOAD_WRITE] = { DEED_WRITE, DEED_NONE },
};

/* The flags of INODE that forbid DEED, if there is one. */
static uint32_t
forbidding (const struct sim_inode *inode, enum deed deed)
{
  const uint32_t flags = deed == DEED_NONE || deed == DEED_MAKE || deed == DEED_SET_FLAGS ? 0
    : deed == DEED_GROW ? FS_IMMUTABLE_FL : FS_IMMUTABLE_FL | FS_APPEND_FL;

  return inode && inode->type != 'l' ? inode->flags & flags : 0;
}

/* The flags of FOLDER that forbid a DEED to what is in it, INODE, or NULL. */
static uint32_t
forbidding_in (const struct sim_inode *folder, const struct sim_inode *inode, enum deed deed)
{
  if (folder == NULL || deed == DEED_CHANGE || (deed < DEED_CHANGE && inode))
    return 0;
  return folder->flags & (deed == DEED_REMOVE && inode ? FS_IMMUTABLE_FL | FS_APPEND_FL : FS_IMMUTABLE_FL);
}

/* The folder that must be in a writable subvolume for DEED to be done to INODE, or NULL, in FOLDER; NULL: none must. */
static const struct sim_inode *
changed_folder (const struct sim_inode *inode, const struct sim_inode *folder, enum deed deed)
{
  return deed == DEED_NONE ? NULL : inode && inode->type == 'd' && deed != DEED_REMOVE ? inode : folder;
}

/* Whether DEED may be done to PATH of OPERATION, or -1 after a message. */
static int
check_deed (const struct simulation *simulation, const struct workload_operation *operation, const char *path,
            enum deed deed)
{
  const struct sim_inode *inode = path && deed != DEED_NONE ? simulation_find (simulation, path) : NULL;
  const char *name;
  const struct sim_inode *folder = path && deed != DEED_NONE ? sim_find_folder (simulation, path, &name) : NULL;
  const uint32_t flags = forbidding (inode, deed), flags_of_folder = forbidding_in (folder, inode, deed);

  if (check_writable (simulation, operation, path, changed_folder (inode, folder, deed)) == -1)
    return -1;
  if (flags | flags_of_folder)
    return cannot (simulation, operation, "%s: %s %s: see chattr", path, flags ? "is" : "its folder is",
                   (flags | flags_of_folder) & FS_IMMUTABLE_FL ? "immutable" : "one that may only grow");
  return 0;
}

/* Whether an operation can be done on what is mounted read-only. */
static bool
only_reads (enum workload_verb verb)
{
  switch (verb) {
  case WORKLOAD_CHECKPOINT:
  case WORKLOAD_CLOSE:
  case WORKLOAD_DROPCACHES:
  case WORKLOAD_FDATASYNC:
  case WORKLOAD_FSYNC:
  case WORKLOAD_REMOUNT:
  case WORKLOAD_SYNC:
  case WORKLOAD_SYNCFS: return true;
  default: return false;
  }
}

int
simulate_protection (const struct simulation *simulation, const struct workload_operation *operation)
{
  if (simulation->read_only && !only_reads (operation->verb))
    return cannot (simulation, operation, "cannot be done: the file system is mounted read-only, see remount");
  if (operation->verb >= sizeof deeds / sizeof deeds[0])
    return 0;
  if (check_deed (simulation, operation, operation->path, deeds[operation->verb].path) == -1)
    return -1;
  return check_deed (simulation, operation, operation->other, deeds[operation->verb].other);
}

/* Why INODE cannot be given FLAGS, as OPERATION asks; NULL: it can. */
static const char *
refusal (const struct sim_inode *inode, uint32_t flags, const struct workload_operation *operation)
{
  const uint32_t opposite = FS_COMPR_FL | FS_NOCOW_FL;

  if (inode->flags & flags & FS_IMMUTABLE_FL && flags != inode->flags)
    return "is immutable: take `i' off it first";
  if (operation->set & FS_DIRSYNC_FL && inode->type != 'd')
    return "is no folder: `D' is for one";
  if ((operation->set | operation->clear) & FS_NOCOW_FL && inode->type == 'f' && inode->data.size > 0)
    return "is not empty: `C' is for a file that is";
  if (flags & opposite && ((flags | inode->flags) & opposite) == opposite)
    return "cannot have both `c' and `C', nor one right after the other";
  return NULL;
}

int
simulate_chattr (struct simulation *simulation, const struct workload_operation *operation)
{
  struct sim_inode *inode = need_object (simulation, operation);

  if (inode == NULL)
    return -1;
  const uint32_t flags = (inode->flags | operation->set) & ~operation->clear;
  const char *why = refusal (inode, flags, operation);
  if (why)
    return cannot (simulation, operation, "%s: %s", operation->path, why);
  simulation->effect.facts = inode;
  inode->flags = flags;
  inode->flags_known |= operation->set | operation->clear;
  inode->xattrs_unknown |= (operation->set | operation->clear) & FS_COMPR_FL;
  return 0;
}

/* What is open was opened to be written, too. */
int
simulate_remount (struct simulation *simulation, const struct workload_operation *operation)
{
  const bool read_only = text_lists (operation->other, ',', "ro");

  if (read_only && simulation->open_count > 0)
    return cannot (simulation, operation, "%s: %s is open: close it first", operation->other,
                   simulation->opens[0].name);
  simulation->read_only = read_only;
  return 0;
}
