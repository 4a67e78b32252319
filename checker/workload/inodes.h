/* SPDX-License-Identifier: BSD-3-Clause */
/* The files, folders and names of a simulation. */
#ifndef POWERCUT_CHECKER_WORKLOAD_INODES_H
#define POWERCUT_CHECKER_WORKLOAD_INODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "checker/observe/content.h"
#include "checker/workload/data.h"
#include "common/ranges.h"

struct sim_xattr {
  char *name, *value;
  size_t length;
};

/* Whether a folder is the top of a subvolume of btrfs.  In place of one that is in another, a snapshot of that has a
 * stub: an empty folder in which nothing can be made.
 */
enum sim_subvolume { SUBVOLUME_NONE, SUBVOLUME_WRITABLE, SUBVOLUME_READ_ONLY, SUBVOLUME_STUB };

struct sim_inode {
  uint32_t number;              /* from 0, the root */
  char type;                    /* f d l p b c, as in checker/observe/tree.h */
  int mode;                     /* what a chmod or an ACL has set, or -1: it has the one that it was made with */
  int64_t owner;                /* sim_owner, or -1: neither a chown nor the folder that it was made in has set it */
  uint32_t flags, flags_known;  /* of linux/fs.h; most that nothing has set are not known */
  bool xattrs_unknown;          /* some flags are kept as attributes by some file systems */
  uint32_t project;
  enum sim_subvolume subvolume; /* the root is none here */
  int64_t mtime;                /* that utimes has set, in seconds, or -1: it was changed since then */
  uint32_t name_count;          /* entries that lead here; 0: it is gone, or has no name yet */
  struct sim_data data;
  struct byte_ranges reserved, freed;   /* checker/workload/allocation.h */
  struct sim_xattr *xattrs;     /* by name */
  size_t xattr_count;
  char *target;                 /* of a link; of a device MAJOR:MINOR; or NULL */
  struct sim_entry **entries;   /* of a folder, by name: those that ever were there */
  size_t entry_count;
  struct sim_entry *above;      /* the entry of a folder that leads to it; NULL for the root, and when it is gone */
};

/* A name in a folder.  It stays when the name is removed, and leads nowhere then. */
struct sim_entry {
  uint32_t number;              /* from 0 */
  char *name;
  struct sim_inode *folder, *inode;
};

/* A user and a group as one number. */
static inline int64_t
sim_owner (uint64_t user, uint64_t group)
{
  return (int64_t) (user << 32 | group);
}

static inline unsigned
sim_owner_user (int64_t owner)
{
  return (unsigned) (owner >> 32);
}

static inline unsigned
sim_owner_group (int64_t owner)
{
  return (unsigned) owner;
}

extern void sim_inode_free (struct sim_inode *inode);

/* The mode of INODE, where nothing has set one that of what is made. */
extern int sim_inode_mode (const struct sim_inode *inode);

/* The place of the first name in FOLDER that is not below NAME. */
extern size_t sim_entry_place (const struct sim_inode *folder, const char *name);

/* The entry NAME of FOLDER, which may lead nowhere; NULL if there never was one. */
extern struct sim_entry *sim_find_in (const struct sim_inode *folder, const char *name);

/* Whether no entry of FOLDER leads anywhere. */
extern bool sim_is_empty (const struct sim_inode *folder);

/* Whether INODE is FOLDER or above it. */
extern bool sim_is_above (const struct sim_inode *inode, const struct sim_inode *folder);

/* The subvolume that FOLDER is in or is: its top; the root, or the last folder that has a name. */
extern const struct sim_inode *sim_subvolume_of (const struct sim_inode *folder);

/* The path of ENTRY, as long as the folders above it have names, to free; NULL if out of memory. */
extern char *sim_entry_path (const struct sim_entry *entry);

/* The attribute NAME, or NULL. */
extern struct sim_xattr *sim_xattr_find (const struct sim_inode *inode, const char *name);

/* Give INODE the attribute NAME with the LENGTH bytes of VALUE, in place of the one that it has.  Returns 0, or -1
 * after a message.
 */
extern int sim_xattr_set (struct sim_inode *inode, const char *name, const char *value, size_t length);

/* Take the attribute NAME away.  False if there is none. */
extern bool sim_xattr_forget (struct sim_inode *inode, const char *name);

/* The word that an observation has for the attributes of INODE.  HASH is the caller's. */
extern void sim_xattrs_word (const struct sim_inode *inode, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE]);

#endif
